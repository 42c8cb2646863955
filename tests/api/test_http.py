"""GraphQL over HTTP, edition of September 2026, row by row; and what the hub adds for pages of other origins."""

import asyncio
import gzip
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard
from starlette.applications import Starlette

from connectors.generic.csv import Sheet
from hub.api import pages
from hub.api.compression import encoding
from hub.api.http import routes
from hub.api.media_types import preferred
from hub.api.pages import ASSETS
from hub.ingest.uploads import Uploads
from hub.settings import Settings
from tests.api.conftest import Served, served

with warnings.catch_warnings():
    # Starlette's client prefers a newer httpx than the hub uses; it works with ours.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

JSON = "application/json; charset=utf-8"
GRAPHQL = "application/graphql-response+json; charset=utf-8"
NAME = "{ hub { name } }"
PARTLY = "{ sources(first: 1) { nodes { name settings } } }"
"""A token that may only read is refused one field of it."""
BOTH = "application/graphql-response+json, application/json;q=0.9"


def send(service: Served, body: Any = None, method: str = "POST", query: str = NAME, **headers: str | None) -> Any:
    """One request; a header that is None is not sent."""
    given: dict[str, str | None] = {"authorization": f"Bearer {service.token}", "content-type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if body is not None else json.dumps({"query": query})
    kept = {name: value for name, value in given.items() if value is not None}
    request = service.client.build_request(method, "/graphql", content=content, headers=kept)
    for name, value in given.items():
        if value is None:
            request.headers.pop(name, None)
    return service.client.send(request)


def get(service: Served, accept: str = BOTH, **parameters: str) -> Any:
    headers = {"authorization": f"Bearer {service.token}", "accept": accept}
    return service.client.get("/graphql", params=parameters, headers=headers)


def told(answer: Any) -> tuple[int, str]:
    """Status and code of the one error; the body is a well-formed answer without data."""
    content = answer.json()
    assert set(content) == {"errors"}
    (error,) = content["errors"]
    assert error["message"].endswith("."), error
    return answer.status_code, error["extensions"]["code"]


@pytest.fixture
def legacy(lite: Served) -> Iterator[Served]:
    """The same hub with the statuses of before."""
    with TestClient(Starlette(routes=routes(lite.hub, legacy_statuses=True))) as client:
        yield Served(client, lite.hub, lite.token)


# Types and what is acceptable (rows 1 to 4) ----------------------------------------------------------------------


def test_json_in_utf_8_is_taken_whether_the_charset_is_named_or_not(lite: Served) -> None:
    for kind in ("application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"'):
        answer = send(lite, query='{ hub { name } __type(name: "Run🏃Swim🏊") { name } }', content_type=kind)
        assert (answer.status_code, answer.json()["data"]["__type"]) == (200, None), kind


def test_the_type_is_the_one_that_the_client_ranks_highest() -> None:
    graphql, plain = "application/graphql-response+json", "application/json"
    for accept, expected in {
        "": plain,
        "*/*": plain,
        "application/*": plain,
        plain: plain,
        graphql: graphql,
        f"{graphql}; charset=utf-8, {plain}; charset=utf-8": graphql,
        f"{plain}, {graphql}": plain,
        f"{plain};q=0.5, {graphql};q=0.6": graphql,
        f"{graphql};q=0.1, */*;q=0.2": plain,
        f"{plain};q=0, */*": graphql,
        f"{graphql}, */*;q=0.1": graphql,
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8": plain,
        f"{graphql};Q=0.000, {plain};q=0": None,
        "text/html": None,
        "application/graphql-response": None,
        "*/*;q=0": None,
        f"{graphql};q=nonsense": graphql,
    }.items():
        assert preferred(accept) == expected, accept


def test_every_answer_names_type_and_charset(lite: Served) -> None:
    assert send(lite, accept=BOTH).headers["content-type"] == GRAPHQL
    assert send(lite, accept="application/json").headers["content-type"] == JSON
    assert send(lite, accept=None).headers["content-type"] == JSON
    assert send(lite, query="{ nothing }", accept=BOTH).headers["content-type"] == GRAPHQL
    assert send(lite, query="{ nothing }", accept="application/json").headers["content-type"] == JSON


def test_who_takes_neither_type_gets_406_and_nothing_is_run(lite: Served) -> None:
    answer = send(lite, accept="text/html, image/png")
    assert (told(answer), answer.headers["content-type"]) == ((406, "NOT_ACCEPTABLE"), JSON)


# Statuses (rows 5 to 11) -------------------------------------------------------------------------------------------


def test_data_without_errors_is_200_in_either_type(lite: Served) -> None:
    for accept in (BOTH, "application/json"):
        answer = send(lite, accept=accept)
        assert (answer.status_code, answer.json()["data"]) == (200, {"hub": {"name": "My company"}})


def test_data_beside_errors_is_294_for_who_knows_it_and_200_for_others(lite: Served) -> None:
    reader = lite.new_token("read")
    for accept, status in ((BOTH, 294), ("application/json", 200)):
        answer = send(lite, query=PARTLY, accept=accept, authorization=f"Bearer {reader}")
        assert answer.status_code == status
        assert answer.json()["data"] == {"sources": {"nodes": [{"name": "Desk", "settings": None}]}}
        assert [error["extensions"]["code"] for error in answer.json()["errors"]] == ["FORBIDDEN"]


def test_data_that_is_null_beside_errors_is_294_too(lite: Served) -> None:
    answer = send(lite, query="mutation { logTouchpoint(input: {}) { receipt { sequence } } }", accept=BOTH)
    assert (answer.status_code, "data" in answer.json()) == (422, False)
    reader = lite.new_token("read")
    answer = send(
        lite,
        query='mutation { syncSource(input: {source: "x"}) { receipt { sequence } } }',
        accept=BOTH,
        authorization=f"Bearer {reader}",
    )
    assert (answer.status_code, answer.json()["data"]) == (294, None)


def test_what_is_no_json_or_no_document_is_400(lite: Served) -> None:
    for body in (b"", b"NONSENSE", b'{"query":', b"\xff\xfe", b'"\xed\xa0\x80"', b'{"query": NaN}', b"[" * 5000):
        assert told(send(lite, body, accept=BOTH)) == (400, "BAD_USER_INPUT"), body
    for document in ("{", "query {", "{ hub(first: ) { name } }", "🏃"):
        assert told(send(lite, query=document, accept=BOTH)) == (400, "GRAPHQL_PARSE_FAILED"), document


def test_what_is_no_graphql_request_is_422(lite: Served) -> None:
    bodies: list[Any] = [{}, [], None, "x", {"qeury": NAME}]
    bodies += [{"query": value} for value in (0, False, ["array"], {"a": 1}, "")]
    wrong = ("x", 0, False, ["array"])
    for name in ("variables", "extensions"):
        bodies += [{"query": NAME, name: value} for value in wrong]
    bodies += [{"query": NAME, "operationName": value} for value in (0, False, ["array"], {"a": 1})]
    for body in bodies:
        assert told(send(lite, json.dumps(body), accept=BOTH)) == (422, "BAD_USER_INPUT"), body


def test_what_is_not_valid_is_422_and_nothing_of_it_is_run(lite: Served) -> None:
    assert told(send(lite, query="{ hub { name } nothing }", accept=BOTH)) == (422, "GRAPHQL_VALIDATION_FAILED")


def test_an_operation_that_cannot_be_told_is_422(lite: Served) -> None:
    two = "query A { hub { name } } query B { hub { name } }"
    for body in (
        {"query": two},
        {"query": two, "operationName": "C"},
        {"query": NAME, "operationName": "A"},
        {"query": "fragment F on Hub { name }"},
    ):
        assert told(send(lite, json.dumps(body), accept=BOTH))[0] == 422, body
    assert send(lite, json.dumps({"query": two, "operationName": "B"}), accept=BOTH).status_code == 200


def test_variables_that_do_not_fit_are_422(lite: Served) -> None:
    document = "query ($id: ID!) { node(id: $id) { id } }"
    for variables in ({}, {"id": None}, {"id": [1]}, {"id": {"a": 1}}):
        body = json.dumps({"query": document, "variables": variables})
        assert told(send(lite, body, accept=BOTH))[0] == 422, variables


# Requests (rows 12 to 15) ------------------------------------------------------------------------------------------


def test_members_that_are_not_known_are_passed_over(lite: Served) -> None:
    body = {"query": NAME, "id": 1, "batch": [], "onError": "NULL", "extensions": {"some": {"value": 1}}}
    assert send(lite, json.dumps(body)).status_code == 200


def test_null_for_an_optional_member_is_as_if_it_were_not_there(lite: Served) -> None:
    body = {"query": NAME, "variables": None, "operationName": None, "extensions": None}
    assert send(lite, json.dumps(body)).status_code == 200


def test_parameters_of_get_are_in_the_query_string_with_json_for_objects(lite: Served) -> None:
    document = "query A($id: ID!) { node(id: $id) { id } } query null { hub { name } }"
    got = get(lite, query=document, variables='{"id": "x"}', operationName="A", extensions='{"some": 1}', other="1")
    assert (got.status_code, got.json()["data"]) == (200, {"node": None})
    # `null` is a name in an address; only what is empty is not there.
    assert get(lite, query=document, operationName="null").json()["data"] == {"hub": {"name": "My company"}}
    assert get(lite, query=NAME, operationName="", variables="", extensions="").status_code == 200
    assert get(lite, query=NAME, variables="null", extensions="null").status_code == 200
    assert told(get(lite, query=document, operationName=""))[0] == 422
    for name in ("variables", "extensions"):
        assert told(get(lite, query=NAME, **{name: "{"})) == (400, "BAD_USER_INPUT")
        assert told(get(lite, query=NAME, **{name: "[]"})) == (422, "BAD_USER_INPUT")
    assert told(get(lite, query="")) == (422, "BAD_USER_INPUT")
    assert told(get(lite, query="{")) == (400, "GRAPHQL_PARSE_FAILED")


def test_a_mutation_by_get_is_405_and_changes_nothing(lite: Served) -> None:
    document = (
        'query A { hub { name } } mutation B { createSource(input: {name: "X", connector: "test.sheet"}) '
        "{ source { id } } }"
    )
    answer = get(lite, query=document, operationName="B")
    assert (told(answer)[0], answer.headers["allow"]) == (405, "POST")
    head = lite.client.head(
        "/graphql",
        params={"query": document, "operationName": "B"},
        headers={"authorization": f"Bearer {lite.token}"},
    )
    assert head.status_code == 405
    assert [node["name"] for node in lite.ask("{ sources { nodes { name } } }")["sources"]["nodes"]] == [
        "Desk",
        "Books",
    ]
    assert get(lite, query=document, operationName="A").status_code == 200


# What is refused before (rows 16 to 21) ----------------------------------------------------------------------------


def test_another_method_is_405_with_those_that_are_allowed(lite: Served) -> None:
    for method in ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"):
        answer = send(lite, method=method)
        assert (told(answer), answer.headers["allow"]) == ((405, "METHOD_NOT_ALLOWED"), "GET, HEAD, POST"), method
    assert lite.client.put("/upload").headers["allow"] == "POST"


def test_another_type_of_body_is_415_so_that_no_form_elsewhere_can_ask(lite: Served) -> None:
    for kind in (
        *("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""),
        *("application/graphql", "application/json; charset=utf-16", "text/plain; application/json", None),
    ):
        assert told(send(lite, content_type=kind)) == (415, "UNSUPPORTED_MEDIA_TYPE"), kind
    packed = gzip.compress(json.dumps({"query": NAME}).encode())
    assert told(send(lite, packed, content_encoding="gzip")) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_who_is_not_known_gets_401_before_anything_is_read(lite: Served) -> None:
    for header in (None, "Bearer nonsense", "Basic eDp5", "Bearer"):
        answer = send(lite, b"x" * 2_000_000, accept=BOTH, authorization=header)
        assert told(answer) == (401, "UNAUTHENTICATED")
        assert answer.headers["www-authenticate"] == 'Bearer realm="hub"'


def test_answers_that_are_not_of_graphql_never_say_so(lite: Served) -> None:
    """Deliveries, files, the health check, and refusals of the type itself."""
    for method, path in (("POST", "/in/src_x/rows"), ("POST", "/upload"), ("GET", "/health"), ("GET", "/nowhere")):
        answer = lite.client.request(method, path, headers={"accept": "application/graphql-response+json"})
        assert "graphql" not in answer.headers["content-type"], path
    assert "graphql" not in send(lite, accept="text/html").headers["content-type"]


# The statuses of before (row 22) -----------------------------------------------------------------------------------


def test_the_statuses_of_before_are_there_by_a_setting(legacy: Served) -> None:
    document = "query ($id: ID!) { node(id: $id) { id } }"
    for body, graphql, plain in (
        ("{", 400, 400),
        ("{}", 400, 400),
        (json.dumps({"query": NAME, "variables": 1}), 400, 400),
        (json.dumps({"query": "{"}), 400, 200),
        (json.dumps({"query": "{ nothing }"}), 400, 200),
        (json.dumps({"query": document}), 400, 200),
        (json.dumps({"query": "query A { hub { name } } query B { hub { name } }"}), 400, 200),
        (json.dumps({"query": NAME}), 200, 200),
    ):
        assert send(legacy, body, accept=BOTH).status_code == graphql, body
        assert send(legacy, body, accept="application/json").status_code == plain, body
    reader = legacy.new_token("read")
    partly = send(legacy, query=PARTLY, accept=BOTH, authorization=f"Bearer {reader}")
    assert (partly.status_code, len(partly.json()["errors"])) == (200, 1)
    assert send(legacy, content_type="text/plain").status_code == 415


# Pages of other origins --------------------------------------------------------------------------------------------


@pytest.fixture
def open_to_pages(lite: Served) -> Iterator[Served]:
    """The same hub, and pages of one other origin may ask it."""
    with TestClient(Starlette(routes=routes(lite.hub, allowed_origins=["https://app.example.com"]))) as client:
        yield Served(client, lite.hub, lite.token)


def preflight(service: Served, origin: str, headers: str = "authorization,content-type", method: str = "POST") -> Any:
    asked = {"origin": origin, "access-control-request-method": method, "access-control-request-headers": headers}
    return service.client.options("/graphql", headers=asked)


def test_pages_of_an_origin_that_is_named_may_ask(open_to_pages: Served) -> None:
    allowed = preflight(open_to_pages, "https://app.example.com", "authorization, content-type, hub-after")
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == "https://app.example.com"
    assert allowed.headers["access-control-allow-methods"] == "GET, HEAD, POST"
    assert "access-control-allow-credentials" not in allowed.headers
    answer = send(open_to_pages, origin="https://app.example.com")
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    assert "Origin" in answer.headers["vary"]
    assert "Retry-After" in answer.headers["access-control-expose-headers"]
    refused = send(open_to_pages, authorization=None, origin="https://app.example.com")
    assert refused.headers["access-control-allow-origin"] == "https://app.example.com"


def test_pages_of_other_origins_may_not(open_to_pages: Served, lite: Served) -> None:
    for origin in (
        *("https://app.example.com.evil.example", "http://app.example.com", "https://app.example.com:8443", "null"),
        *("https://evil.example", "https://APP.example.com", ""),
    ):
        refused = preflight(open_to_pages, origin)
        assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (400, False), origin
        assert "access-control-allow-origin" not in send(open_to_pages, origin=origin).headers
    assert preflight(open_to_pages, "https://app.example.com", "x-other").status_code == 400
    assert preflight(open_to_pages, "https://app.example.com", method="DELETE").status_code == 400
    unset = preflight(lite, "https://app.example.com")
    assert (unset.status_code, "access-control-allow-origin" in unset.headers) == (405, False)


def test_origins_are_given_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_ALLOWED_ORIGINS", "https://app.example.com, http://localhost:3000,capacitor://localhost")
    assert Settings().allowed_origins == (
        *("https://app.example.com", "http://localhost:3000", "capacitor://localhost"),
    )
    for wrong in ("*", "null", "https://app.example.com/", "https://*.example.com", "app.example.com", "HTTPS://A.B"):
        monkeypatch.setenv("HUB_ALLOWED_ORIGINS", wrong)
        with pytest.raises(ValueError, match="is no origin, like https://app"):
            Settings()


# What nobody keeps, and what is compressed -------------------------------------------------------------------------


def test_nobody_keeps_an_answer_and_no_page_shows_it_as_its_own(lite: Served) -> None:
    for answer in (send(lite), send(lite, query="{"), send(lite, authorization=None), get(lite, query=NAME)):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"


LARGE = "{ __schema { types { name description fields { name description } } } }"


def raw(service: Served, document: str, accepted: str) -> tuple[Any, bytes]:
    """An answer, and its body as it was on the wire."""
    headers = {"authorization": f"Bearer {service.token}", "accept-encoding": accepted}
    with service.client.stream("POST", "/graphql", json={"query": document}, headers=headers) as answer:
        return answer, b"".join(answer.iter_raw())


def test_large_answers_are_compressed_for_who_takes_it(lite: Served) -> None:
    _, whole = raw(lite, LARGE, "identity")
    assert len(whole) > 100_000
    packed, body = raw(lite, LARGE, "gzip, deflate, br")
    assert (packed.headers["content-encoding"], gzip.decompress(body)) == ("gzip", whole)
    assert packed.headers["content-length"] == str(len(body))
    assert packed.headers["vary"] == "Accept-Encoding"
    assert len(body) < len(whole) / 4
    packed, body = raw(lite, LARGE, "gzip, deflate, br, zstd")
    assert packed.headers["content-encoding"] == "zstd"
    assert unpacked(body) == whole
    for accepted, expected in {
        "zstd;q=0, *": "gzip", "*": "zstd", "gzip;q=0.000": None, "br": None, "": None, "GZIP": "gzip",
        "x-gzip": None, "gzip ; q=0.5": "gzip",
    }.items():  # fmt: skip
        assert encoding(accepted) == expected, accepted


def test_small_answers_and_those_of_writes_are_not_compressed(lite: Served) -> None:
    small, _ = raw(lite, NAME, "gzip, zstd")
    assert ("content-encoding" in small.headers, small.headers["vary"]) == (False, "Accept-Encoding")
    # A new token beside text that somebody chose: the size of what is compressed would tell of it.
    scope = "x" * 3000
    document = (
        'mutation { createToken(input: {name: "a", scopes: ["read"]}) { secret } '
        f'b: createToken(input: {{name: "b", scopes: ["{scope}"]}}) {{ userErrors {{ message }} }} }}'
    )
    written, body = raw(lite, document, "gzip, zstd")
    assert (written.status_code, len(body) > 1000) == (200, True), body
    assert "content-encoding" not in written.headers
    assert written.headers["cache-control"] == "no-store, no-transform"


def test_scripts_of_pages_are_compressed_as_they_are_sent() -> None:
    script = max((ASSETS / "vendor").glob("*.js"), key=lambda file: file.stat().st_size)
    with TestClient(Starlette(routes=pages.routes())) as client:
        for accepted, opened in (("gzip", gzip.decompress), ("zstd", unpacked)):
            headers = {"accept-encoding": accepted}
            with client.stream("GET", f"/assets/vendor/{script.name}", headers=headers) as answer:
                body = b"".join(answer.iter_raw())
            assert (answer.headers["content-encoding"], "content-length" in answer.headers) == (accepted, False)
            assert answer.headers["etag"].startswith('W/"')
            assert opened(body) == script.read_bytes()
            assert len(body) < script.stat().st_size / 2
            again = client.get(f"/assets/vendor/{script.name}", headers={"if-none-match": answer.headers["etag"]})
            assert again.status_code == 304
        part = client.get(f"/assets/vendor/{script.name}", headers={"range": "bytes=0-1999", "accept-encoding": "gzip"})
        assert (part.status_code, "content-encoding" in part.headers, len(part.content)) == (206, False, 2000)


def unpacked(body: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompressobj().decompress(body)


def test_a_body_that_stops_in_the_middle_is_408_wherever_it_was_sent(tmp_path: Path) -> None:
    with served(str(tmp_path / "hub"), others={"generic.csv": Sheet}) as service:
        service.hub.uploads = Uploads(tmp_path / "uploads")
        app = Starlette(routes=routes(service.hub, body_seconds=0.05))
        assert service.client.portal is not None
        for path, kind in (("/graphql", b"application/json"), ("/upload?name=a.csv", b"text/csv")):
            start, content = service.client.portal.call(half_sent, app, path, kind, service.token)
            error = json.loads(content["body"])["errors"][0]
            assert (start["status"], error["extensions"]["code"]) == (408, "TOO_SLOW"), (path, error)
            assert (b"connection", b"close") in start["headers"]
        # Nothing of what began is left.
        assert list((tmp_path / "uploads").iterdir()) == []


async def half_sent(app: Starlette, address: str, kind: bytes, token: str) -> list[Any]:
    """Send half of a body, and then nothing; what is said."""
    path, _, query = address.partition("?")
    headers = [(b"authorization", f"Bearer {token}".encode()), (b"content-type", kind), (b"content-length", b"9")]
    scope = {
        "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "root_path": "", "headers": headers, "scheme": "http", "server": ("hub", 80), "client": ("a", 1),
    }  # fmt: skip
    heard = [{"type": "http.request", "body": b"{", "more_body": True}]
    said: list[Any] = []

    async def receive() -> Any:
        return heard.pop() if heard else await asyncio.sleep(60)

    async def send(message: Any) -> None:
        said.append(message)

    await app(scope, receive, send)
    return said
