"""What one client may ask: every limit refuses with one clear error before anything runs, on every transport alike."""

import gc
import json
from typing import Any

import pytest
from graphql import get_introspection_query

from hub.api.rates import RateLimited, Rates
from hub.limits import Limits
from tests.api.conftest import Served

HUB = "{ hub { name } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"


def refused(service: Served, document: str, variables: Any = None, token: str | None = None) -> tuple[int, str, str]:
    """Status, the limit or the code, and the message of the one error."""
    answer = service.post(document, variables, token)
    (error,) = answer.json()["errors"]
    assert "data" not in answer.json()
    return answer.status_code, error["extensions"].get("limit") or error["extensions"]["code"], error["message"]


def test_each_limit_is_refused_by_its_name(lite: Served) -> None:
    repeated = "{ hub {" + " name" * 51 + "} }"
    spread = "".join(f" fragment F{n} on Hub {{ a{n}: name ...F{n + 1} }}" for n in range(31))
    for document, limit, sentence in (
        ("{ hub {" + " name" * 999 + "} }", "HUB_MAX_TOKENS", "A document has at most 1,000 tokens."),
        (HUB + "#" * 50_000, "HUB_MAX_CHARACTERS", "A document has at most 50,000 characters."),
        ("{ customers { nodes" + " { organisation" * 12 + " { id }" + " }" * 13 + " }", "HUB_MAX_DEPTH",
         "The depth of a document is at most 12 levels."),
        ("{ hub { ...F0 } }" + spread + " fragment F31 on Hub { name }", "HUB_MAX_ALIASES",
         "A document has at most 30 aliases."),
        ("{" + " ".join(f"a{n}: __typename" for n in range(21)) + "}", "HUB_MAX_ROOT_FIELDS",
         "An operation has at most 20 root fields."),
        ("{ hub { name @skip(if: true) @skip(if: true) @skip(if: true) @skip(if: true) } }",
         "HUB_MAX_FIELD_DIRECTIVES", "There are at most 3 directives at one place."),
        ("{ hub {" + " name @skip(if: false) @include(if: true)" * 26 + "} }", "HUB_MAX_DIRECTIVES",
         "A document has at most 50 directives."),
        (repeated, "HUB_MAX_REPEATS", "A field stands at one place at most 50 times."),
        ("{ customers(first: 500) { nodes { timeline(first: 500) { nodes { id } } } } }", "HUB_MAX_COST",
         ("This may come to 501,001 values, and at most 500,000 may be asked for at once. "
          "Ask for smaller pages, or for fewer fields.")),
    ):  # fmt: skip
        assert refused(lite, document) == (422, limit, sentence), document[:80]


def test_fragments_that_double_each_other_are_not_written_out(lite: Served) -> None:
    doubled = "".join(
        f" fragment F{n} on Customer {{ ...F{n + 1} ... on Customer {{ ...F{n + 1} }} }}" for n in range(40)
    )
    document = "{ customers { nodes { ...F0 } } }" + doubled + " fragment F40 on Customer { id }"
    assert lite.post(document).status_code == 200
    ring = "{ customers { nodes { ...A } } } fragment A on Customer { organisation { ...A } }"
    message = "Cannot spread fragment 'A' within itself."
    assert refused(lite, ring) == (422, "GRAPHQL_VALIDATION_FAILED", message)
    lite.hub.limits = Limits(max_selections=10)
    wide = "{ customers { nodes { id stage: id name: id kind: id other: id more: id last: id least: id end: id } } }"
    assert refused(lite, wide)[1] == "HUB_MAX_SELECTIONS"


def test_variables_have_limits_and_hold_text(lite: Served) -> None:
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    for variables, limit in (
        ({"ids": ["x"] * 5001}, "HUB_MAX_LIST"),
        ({"ids": [["x"] * 5000] * 11}, "HUB_MAX_VARIABLES"),
        ({"ids": deep}, "HUB_MAX_VARIABLE_DEPTH"),
    ):
        assert refused(lite, NODES, variables)[:2] == (422, limit)
    written = "{ customers(filter: {or: [" + "{}" * 201 + "]}) { totalCount } }"
    assert refused(lite, written)[1:] == ("BAD_USER_INPUT", "The filter has more than 200 conditions.")


def test_a_page_may_be_made_smaller_for_all(lite: Served) -> None:
    lite.hub.limits = Limits(page_size_limit=50)
    page = "query ($n: Int = 40) { customers(first: $n) { nodes { id } } }"
    assert lite.post(page).status_code == 200
    assert refused(lite, page, {"n": 51}) == (422, "BAD_USER_INPUT", "A page has at most 50 entries.")


def test_the_cost_is_told_when_asked_and_follows_the_variables(lite: Served) -> None:
    def cost(document: str, **variables: Any) -> int:
        body = {"query": document, "variables": variables, "extensions": {"cost": True}}
        answer = lite.client.post("/graphql", json=body, headers={"Authorization": f"Bearer {lite.token}"})
        return int(answer.json()["extensions"]["cost"])

    assert cost(HUB) == 2
    # customers, then for each of so many: the node, its id, its timeline, and for each of ten: the node and its id.
    page = "query ($n: Int) { customers(first: $n) { nodes { id timeline(first: 10) { nodes { id } } } } }"
    assert cost(page, n=20) == 1 + 20 * (1 + 1 + 1 + 10 * 2)
    assert cost(page) == 1 + 100 * 23
    assert cost(NODES, ids=["x", "y"]) == 2 * 2
    assert "cost" not in lite.post(HUB).json().get("extensions", {})


def test_introspection_is_for_tokens_that_may_and_deep_for_them(lite: Served) -> None:
    query = get_introspection_query()
    assert len(lite.post(query).json()["data"]["__schema"]["types"]) > 100
    partner = lite.new_token(f"ingest:{lite.source}")
    assert refused(lite, query, None, partner) == (422, "FORBIDDEN", "This token may not introspect.")
    assert lite.post("{ __typename }", None, partner).json()["data"] == {"__typename": "Query"}
    misspelt = "{ customers(filter: {relationships: [CUSTOMR]}) { totalCount } }"
    assert "Did you mean" in lite.post(misspelt).text
    assert "Did you mean" not in lite.post(misspelt, None, partner).text
    said = "Cannot query field 'displayname' on type 'Customer'."
    misspelt = "{ customers { nodes { displayname } } }"
    assert refused(lite, misspelt)[2] == f"{said} Did you mean 'displayName'?"
    assert refused(lite, misspelt, None, partner)[2] == said
    lite.hub.limits = Limits(introspection=())
    assert refused(lite, query)[1] == "FORBIDDEN"


def test_many_errors_are_told_in_part_each_with_a_code(lite: Served) -> None:
    errors = lite.post("{" + " ".join(f"a{n}" for n in range(20)) + "}").json()["errors"]
    assert len(errors) == 10
    assert {error["extensions"]["code"] for error in errors} == {"GRAPHQL_VALIDATION_FAILED"}


def test_a_token_asks_for_so_much_in_a_minute(lite: Served) -> None:
    lite.hub.limits = Limits(rate_limit=5)
    first = lite.post(HUB)
    assert first.headers["RateLimit-Policy"] == '"cost";q=5;w=60'
    assert first.headers["RateLimit"] == '"cost";r=3;t=24'
    assert lite.post(HUB).status_code == 200
    late = lite.post(HUB)
    (error,) = late.json()["errors"]
    assert (late.status_code, error["extensions"]["code"]) == (429, "RATE_LIMITED")
    assert 1 <= int(late.headers["Retry-After"]) <= 12
    assert lite.post(HUB, None, lite.new_token("read")).status_code == 200
    with lite.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"token": lite.token}})
        socket.receive_json()
        socket.send_json({"id": "1", "type": "subscribe", "payload": {"query": HUB}})
        assert socket.receive_json()["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


def test_a_bucket_fills_evenly_and_pays_for_what_is_larger() -> None:
    at = [0.0]
    rates = Rates(60, lambda: at[0])
    rates.take("t", 40)
    with pytest.raises(RateLimited) as refusal:
        rates.take("t", 30)
    assert refusal.value.after == 10
    at[0] = 10.0
    rates.take("t", 30)
    at[0] = 100.0
    rates.take("t", 90)
    with pytest.raises(RateLimited) as refusal:
        rates.demand("t")
    assert refusal.value.after == 30
    assert rates.headers("t") == {"RateLimit-Policy": '"cost";q=60;w=60', "RateLimit": '"cost";r=0;t=90'}


def test_limits_hold_over_a_socket_too(lite: Served) -> None:
    with lite.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
        socket.send_json({"type": "connection_init", "payload": {"token": lite.token}})
        socket.receive_json()
        for number, (document, variables) in enumerate(
            (("{" + " ".join(f"a{n}: hub {{ name }}" for n in range(25)) + "}", None), (NODES, {"ids": ["x"] * 5001}))
        ):
            payload = {"query": document, "variables": variables}
            socket.send_text(json.dumps({"id": str(number), "type": "subscribe", "payload": payload}))
            message = socket.receive_json()
            assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "LIMIT_EXCEEDED")


@pytest.mark.parametrize("number", ["9" * 30, "-" + "9" * 30, "1e999", "[[1, {a: 99999999999999999999}]]"])
def test_numbers_that_json_does_not_hold_are_refused_in_documents_too(lite: Served, number: str) -> None:
    for field, member in (("customers", "traits"), ("touchpoints", "properties")):
        code, said = lite.refusal(
            f'{{ {field}(filter: {{{member}: [{{name: "a", equals: {number}}}]}}) {{ nodes {{ id }} }} }}'
        )
        assert code == "BAD_USER_INPUT"
        assert "A number in JSON has at most 64 bits." in said


def test_what_was_refused_is_let_go_of_at_once(lite: Served) -> None:
    gc.collect()
    gc.disable()
    try:
        for document in ("{ hub { name } }", "{ nothing }", '{ customers(after: "x") { nodes { id } } }'):
            assert "errors" in lite.post(document, {f"held{n}": [n] for n in range(30_000)}).json()
        assert [held for held in gc.get_objects() if isinstance(held, dict) and "held29999" in held] == []
    finally:
        gc.enable()
