"""Requests as clients really send them: wrong, large, deep, late; each gets one clear sentence."""

import asyncio
import json
import logging
import time
from typing import Any

import pytest

from hub.limits import Limits
from tests.api.conftest import Served


def send(service: Served, body: Any, **headers: str) -> Any:
    given = {"Authorization": f"Bearer {service.token}", "Content-Type": "application/json", **headers}
    return service.client.post("/graphql", content=body, headers=given)


def refusal(answer: Any) -> tuple[int, str, str]:
    (error,) = answer.json()["errors"]
    return answer.status_code, error["extensions"]["code"], error["message"]


def test_what_is_no_graphql_request_is_told_so(lite: Served) -> None:
    for body, expected in (
        (b"{", (400, "BAD_USER_INPUT", "The body is not JSON.")),
        (b"\xff\xfe", (400, "BAD_USER_INPUT", "The body is not JSON.")),
        (b"[]", (422, "BAD_USER_INPUT", "A GraphQL request is a JSON object.")),
        (b"{}", (422, "BAD_USER_INPUT", "query is missing: send the GraphQL document as text.")),
        (b'{"query": " "}', (422, "BAD_USER_INPUT", "query is missing: send the GraphQL document as text.")),
        (b'{"query": 1}', (422, "BAD_USER_INPUT", "query is missing: send the GraphQL document as text.")),
        (b'{"query": "{hub{name}}", "variables": []}', (422, "BAD_USER_INPUT", "variables is a JSON object.")),
        (b'{"query": "{hub{name}}", "operationName": 1}', (422, "BAD_USER_INPUT", "operationName is text.")),
        (b'{"query": "{hub{name}}", "extensions": 1}', (422, "BAD_USER_INPUT", "extensions is a JSON object.")),
    ):
        assert refusal(send(lite, body)) == expected, body


def test_a_document_that_is_wrong_is_told_so(lite: Served) -> None:
    for document, status, code in (
        ("{", 400, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($id: ID!) { node(id: $id) { id } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hub { name } } query B { hub { name } }", 422, "GRAPHQL_VALIDATION_FAILED"),
        ("fragment F on Hub { name }", 422, "BAD_USER_INPUT"),
    ):
        answer = lite.post(document)
        assert (answer.status_code, answer.json()["errors"][0]["extensions"]["code"]) == (status, code), document
        assert "data" not in answer.json()


def test_scalars_say_what_they_want(lite: Served) -> None:
    for argument, message in (
        ('occurred: {from: "yesterday"}', "'yesterday' is not a time; write it like 2026-01-31T09:05:00Z."),
        ('occurred: {from: "2026-01-31T09:05:00"}', "names no time zone"),
        ('occurred: {last: "1 day"}', "'1 day' is not a duration; write it like P90D or PT12H."),
        ('amount: {min: 1.5}', "so that no digit is lost"),
        ('amount: {min: "a lot"}', "'a lot' is not an amount."),
        ('amount: {min: "1", currency: "taka"}', "'taka' is not a currency"),
    ):  # fmt: skip
        answer = lite.post(f"{{ touchpoints(filter: {{{argument}}}) {{ nodes {{ id }} }} }}")
        assert answer.status_code == 422
        assert message in answer.json()["errors"][0]["message"]


def test_a_body_of_another_type_is_refused(lite: Served) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        status, code, _ = refusal(send(lite, b'{"query": "{hub{name}}"}', **{"Content-Type": kind}))
        assert (status, code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    answer = send(lite, b'{"query": "{hub{name}}"}', **{"Content-Type": "application/json; charset=utf-16"})
    assert answer.status_code == 415


def test_a_body_that_is_too_large_is_refused_before_it_is_kept(lite: Served) -> None:
    large = json.dumps({"query": "{ hub { name } }", "padding": "x" * 1_000_001}).encode()
    expected = (413, "TOO_LARGE", "This request is larger than 1,000,000 bytes.")
    assert refusal(send(lite, large)) == expected

    def in_parts() -> Any:
        for _ in range(12):
            yield b" " * 100_000

    assert refusal(send(lite, in_parts())) == expected


def test_documents_have_limits(lite: Served) -> None:
    deep = "{ customers { nodes " + "{ organisation " * 12 + "{ id }" + " }" * 12 + " } }"
    wide = "{ " + " ".join(f"a{n}: hub {{ name }}" for n in range(31)) + " }"
    long = "{ " + " ".join("hub { name }" for _ in range(400)) + " }"
    for document, word in ((deep, "depth"), (wide, "aliases"), (long, "tokens")):
        answer = lite.post(document)
        assert answer.status_code in {400, 422}
        assert word in answer.json()["errors"][0]["message"], document


def test_a_filter_has_limits(lite: Served) -> None:
    nested: dict[str, Any] = {"kinds": ["call"]}
    document = "query ($filter: TouchpointFilter) { touchpoints(filter: $filter) { nodes { id } } }"
    wide = {"and": [nested] * 201}
    assert lite.refusal(document, filter=wide) == ("BAD_USER_INPUT", "The filter has more than 200 conditions.")
    many = {"kinds": ["call"] * 501}
    assert lite.refusal(document, filter=many) == ("BAD_USER_INPUT", "A filter takes at most 500 values.")
    doubled: dict[str, Any] = {"kinds": ["call"]}
    for _ in range(9):
        doubled = {"and": [doubled, doubled]}
    assert lite.refusal(document, filter=doubled) == ("BAD_USER_INPUT", "The filter has more than 200 conditions.")
    for deep in (11, 100, 900):
        nested = {"kinds": ["call"]}
        for _ in range(deep):
            nested = {"not": nested}
        code, message = lite.refusal(document, filter=nested)
        assert code in {"BAD_USER_INPUT", "LIMIT_EXCEEDED"}
        assert "nested" in message


def test_queries_may_be_sent_by_get_mutations_never(lite: Served) -> None:
    headers = {"Authorization": f"Bearer {lite.token}"}
    got = lite.client.get(
        "/graphql",
        params={"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": '{"id": "x"}'},
        headers=headers,
    )
    assert got.json() == {"data": {"node": None}}
    written = lite.client.get(
        "/graphql",
        params={"query": 'mutation { syncSource(input: {source: "x"}) { receipt { sequence } } }'},
        headers=headers,
    )
    assert (written.status_code, written.headers["allow"]) == (405, "POST")
    assert lite.client.get("/graphql", headers=headers).status_code == 422


def test_answers_have_the_type_that_was_asked_for(lite: Served) -> None:
    plain = lite.post("{ hub { name } }")
    assert plain.headers["content-type"] == "application/json; charset=utf-8"
    own = lite.post("{ hub { name } }", Accept="application/graphql-response+json, application/json;q=0.9")
    assert own.headers["content-type"] == "application/graphql-response+json; charset=utf-8"


def test_a_read_waits_for_the_write_it_wants_to_see(service: Served) -> None:
    service.tell({"kind": "call", "who": {"email": "a@example.com"}})
    answer = service.post("{ customers { totalCount } }", None, None, **{"Hub-After": service.sequence})
    assert answer.json()["data"]["customers"]["totalCount"] == 1
    assert int(answer.json()["extensions"]["processed"]) >= int(service.sequence)
    late = service.post("{ customers { totalCount } }", None, None, **{"Hub-After": "999999"})
    assert refusal(late) == (503, "RETRY_LATER", "That write is not shown yet.")
    assert late.headers["retry-after"] == "1"
    assert refusal(service.post("{ hub { name } }", None, None, **{"Hub-After": "soon"}))[0] == 400


def test_what_goes_wrong_inside_stays_inside(
    lite: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(_: object) -> int:
        raise RuntimeError("password=hunter2 in SELECT * FROM secret")

    monkeypatch.setattr("hub.store.ledger.processed", broken)
    with caplog.at_level(logging.ERROR):
        answer = lite.post("{ customers { totalCount } }")
    (error,) = answer.json()["errors"]
    assert error["message"].startswith("Something went wrong here; reference ")
    reference = error["message"].removesuffix(".").rpartition(" ")[2]
    assert error["extensions"] == {"code": "INTERNAL", "reference": reference}
    assert reference in caplog.text
    assert "hunter2" in caplog.text
    assert "hunter2" not in answer.text


def test_health_needs_no_token(lite: Served) -> None:
    answer = lite.client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_a_delivery_is_stored_before_it_is_answered(service: Served) -> None:
    row = json.dumps(
        {"key": "d1", "kind": "call", "title": "ফোন", "who": {"email": "d@example.com"}}, ensure_ascii=False
    ).encode()
    answer = service.client.post(f"/in/{service.source}/rows", content=row)
    assert (answer.status_code, answer.text) == (202, "thanks")
    record = 'query ($source: ID!) { record(source: $source, stream: "rows", key: "d1") { version payload } }'
    assert "ফোন" in service.ask(record, source=service.source)["record"]["payload"]
    status, code, _ = refusal(service.client.post("/in/src_nobody/rows", content=row))
    assert (status, code) == (404, "NOT_FOUND")
    status, code, message = refusal(service.client.post(f"/in/{service.source}/rows", content=b"x" * 5_000_001))
    assert (status, code, message) == (413, "TOO_LARGE", "This request is larger than 5,000,000 bytes.")


def test_an_operation_that_takes_too_long_is_stopped(lite: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(_: object) -> int:
        await asyncio.sleep(30)
        return 0

    monkeypatch.setattr("hub.store.ledger.processed", slow)
    lite.hub.limits = Limits(request_seconds=0.1)
    began = time.monotonic()
    answer = lite.post("{ customers { totalCount } }")
    assert refusal(answer) == (503, "RETRY_LATER", "This took too long. Ask for less at once.")
    with lite.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"token": lite.token}})
        socket.receive_json()
        socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": "{ customers { totalCount } }"}})
        assert socket.receive_json()["payload"][0]["extensions"]["code"] == "RETRY_LATER"
    assert time.monotonic() - began < 5


def test_text_with_a_nul_is_refused_on_both_databases(service: Served) -> None:
    document = "query ($text: String!) { customers(filter: {search: $text}) { nodes { id } } }"
    written = '{ customers(filter: {search: "a\\u0000b"}) { nodes { id } } }'
    braced = written.replace("\\u0000", "\\u{0}")
    for answer in (service.post(document, {"text": "a\0b"}), service.post(written), service.post(braced)):
        assert refusal(answer) == (422, "GRAPHQL_VALIDATION_FAILED", "Text may not have the character U+0000 in it.")
    (row,) = service.tell({"kind": "call", "title": "a\0b", "who": {"email": "a@example.com"}})
    assert row["outcome"] == "NEW"
