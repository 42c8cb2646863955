"""The hub as a subgraph of Apollo Federation: entities by their keys, with the scopes, masks and limits of any read."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from graphql import build_schema
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from hub import traces
from hub.api.schema import schema
from hub.api.subgraph import ENTITIES, print_subgraph_text, subgraph
from hub.limits import Limits
from tests.api.conftest import Served, served
from tests.npm.installed import HERE, installed

ENTITIES_ASKED = """query ($of: [_Any!]!) { _entities(representations: $of) { __typename
  ... on Customer { id email organisation { displayName } } ... on Touchpoint { title channel customer { email } }
  ... on Source { name } ... on Identifier { kind } ... on User { name } ... on Campaign { name }
  ... on Change { what: kind } ... on Record { key } } }"""
TOUCHED = 'query ($email: String!) { customer(by: {identifier: {kind: "email", value: $email}}) { id } }'


@pytest.fixture
def behind(service: Served) -> Served:
    """A hub behind a gateway, on each database."""
    service.hub.limits = Limits(federation=True)
    return service


@pytest.fixture
def lite_behind(lite: Served) -> Served:
    """The same on SQLite, for what does not touch the database."""
    lite.hub.limits = Limits(federation=True)
    return lite


def entities(service: Served, *of: object, token: str | None = None) -> list[Any]:
    """The entities that stand for these representations."""
    found: list[Any] = service.ask(ENTITIES_ASKED, token, of=of)["_entities"]
    return found


def call(email: str, **more: Any) -> dict[str, Any]:
    return {"kind": "call", "channel": "PHONE", "title": "Hello", "who": {"email": email}, **more}


def known_as(service: Served, email: str) -> str:
    """The id of the customer with an address."""
    return str(service.ask(TOUCHED, email=email)["customer"]["id"])


def customer(id_: object) -> dict[str, object]:
    return {"__typename": "Customer", "id": id_}


def test_entities_of_all_kinds_are_found_by_their_ids_in_the_order_asked(behind: Served) -> None:
    behind.tell(
        call("rahima@example.com", campaign="spring"),
        {"user": "u1", "name": "Selim", "email": "selim@example.com"},
        {"defines": "spring", "title": "Spring"},
    )
    held = behind.ask(
        "{ touchpoints { nodes { id campaign { id } } } changes { nodes { id kind } }"
        " customers { nodes { id identifiers { nodes { id } } } } }"
    )
    (touched,), (known,) = held["touchpoints"]["nodes"], held["customers"]["nodes"]
    assert entities(
        behind,
        {"__typename": "Campaign", "id": touched["campaign"]["id"]},
        {"__typename": "Touchpoint", "id": touched["id"]},
        {"__typename": "Call", "id": touched["id"]},
        {"__typename": "Source", "id": behind.source},
        {"__typename": "Identifier", "id": known["identifiers"]["nodes"][0]["id"]},
        {"__typename": "Change", "id": held["changes"]["nodes"][0]["id"]},
        customer(known["id"]),
    ) == [
        {"__typename": "Campaign", "name": "Spring"},
        {"__typename": "Call", "title": "Hello", "channel": "PHONE", "customer": {"email": "rahima@example.com"}},
        {"__typename": "Call", "title": "Hello", "channel": "PHONE", "customer": {"email": "rahima@example.com"}},
        {"__typename": "Source", "name": "Books"},
        {"__typename": "Identifier", "kind": "email"},
        {"__typename": "Change", "what": held["changes"]["nodes"][0]["kind"]},
        {"__typename": "Customer", "id": known["id"], "email": "rahima@example.com", "organisation": None},
    ]  # fmt: skip


def test_an_id_of_before_a_merge_is_the_living_customer(behind: Served) -> None:
    behind.tell(call("a@example.com"))
    behind.tell(call("b@example.com"))
    first, second = known_as(behind, "a@example.com"), known_as(behind, "b@example.com")
    behind.tell(call("a@example.com", who={"email": "a@example.com", "email.2": "b@example.com"}))
    found = entities(behind, customer(second), customer(first))
    assert [each["id"] for each in found] == [first, first]


def test_what_is_wrong_is_an_error_in_its_place_and_never_something_else(lite_behind: Served) -> None:
    lite_behind.tell(call("a@example.com"))
    id_ = known_as(lite_behind, "a@example.com")
    wrong = [
        {"__typename": "Nothing", "id": id_},
        {"__typename": "Node", "id": id_},
        {"id": id_},
        customer(7),
        {"__typename": "Customer", "email": "a@example.com"},
        "Customer",
        customer(id_ + "@when"),
    ]
    absent = [customer("cus_none"), customer("tp_" + id_[4:]), {"__typename": "Source", "id": id_}, customer(""),
              customer("x" * 5000)]  # fmt: skip
    answer = lite_behind.answer(ENTITIES_ASKED, of=[*wrong, *absent, customer(id_)])
    *nothing, found = answer["data"]["_entities"]
    assert nothing == [None] * 12
    assert found["id"] == id_
    told = [(each["path"], each["extensions"]["code"], each["message"]) for each in answer["errors"]]
    no_kind = ("BAD_USER_INPUT", "__typename is not that of an entity of the hub.")
    no_id = ("BAD_USER_INPUT", "An entity of the hub is named by its id, as text.")
    assert told == [
        (["_entities", place], *fault)
        for place, fault in enumerate([no_kind, no_kind, no_kind, no_id, no_id, no_kind])
    ]  # fmt: skip


def test_scopes_and_masks_are_those_of_any_read(lite_behind: Served) -> None:
    lite_behind.tell(call("rahima@example.com"))
    id_ = known_as(lite_behind, "rahima@example.com")
    source = {"__typename": "Source", "id": lite_behind.source}
    (masked,) = entities(lite_behind, customer(id_), token=lite_behind.new_token("read"))
    assert masked["email"] == "r•••@e•••"
    partner = lite_behind.new_token(f"ingest:{lite_behind.source}")
    assert entities(lite_behind, customer(id_), source, token=partner) == [
        None,
        {"__typename": "Source", "name": "Books"},
    ]
    stranger = lite_behind.new_token("ingest:src_other")
    assert entities(lite_behind, customer(id_), source, token=stranger) == [None, None]
    one = "query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }"
    assert lite_behind.refusal(one, lite_behind.new_token("analyse"), of=[customer(id_)])[0] == "FORBIDDEN"


def test_many_entities_are_read_together(behind: Served) -> None:
    behind.tell(*(call(f"a{number}@example.com") for number in range(30)))
    page = behind.ask("{ customers { nodes { id } } }")["customers"]["nodes"]
    ids = [each["id"] for each in page]
    assert len(set(ids)) == 30

    def statements(count: int) -> int:
        with told() as spans:
            found = entities(behind, *map(customer, ids[:count]))
            assert [each["id"] for each in found] == ids[:count]
            return sum(span.name.startswith("SQL ") for span in spans.get_finished_spans())

    assert statements(30) == statements(2)


@contextmanager
def told() -> Iterator[InMemorySpanExporter]:
    """Hears what a hub traces."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    traces.tell(provider)
    yield exporter
    traces.tell(None)
    provider.shutdown()


def test_entities_cost_what_their_number_says(lite: Served) -> None:
    lite.hub.limits = Limits(federation=True, max_cost=100, max_list=60)
    document = "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Customer { id displayName } } }"

    def refused(count: int) -> tuple[str, str]:
        error = lite.answer(document, of=[customer("cus_none")] * count)["errors"][0]
        return error["extensions"]["limit"], error["message"]

    assert lite.ask(document, of=[customer("cus_none")] * 33) == {"_entities": [None] * 33}
    assert refused(34)[0] == "HUB_MAX_COST"
    assert refused(61) == ("HUB_MAX_LIST", "A list in the variables has at most 60 entries.")
    written = "{ _entities(representations: [%s]) { ... on Customer { id displayName } } }"
    one = '{__typename: "Customer", id: "cus_none"}'
    assert lite.ask(written % (one * 33))["_entities"] == [None] * 33
    assert lite.answer(written % (one * 34))["errors"][0]["extensions"]["limit"] == "HUB_MAX_COST"


def test_an_id_that_carries_a_moment_is_the_customer_as_of_then(lite_behind: Served) -> None:
    lite_behind.tell(call("a@example.com", at="2026-01-01T09:00:00+00:00"))
    lite_behind.tell(call("a@example.com", at="2026-02-01T09:00:00+00:00", title="Later"))
    id_ = known_as(lite_behind, "a@example.com")
    then = lite_behind.ask(
        "query ($id: ID!, $at: DateTime!) { customer(by: {id: $id}, asOf: {occurredUntil: $at}) { id } }",
        id=id_, at="2026-01-15T00:00:00Z",
    )["customer"]["id"]  # fmt: skip
    document = (
        "query ($of: [_Any!]!) { _entities(representations: $of) { ... on Customer { timeline { nodes { title } } } } }"
    )
    assert lite_behind.ask(document, of=[customer(then), customer(id_)])["_entities"] == [
        {"timeline": {"nodes": [{"title": "Hello"}]}},
        {"timeline": {"nodes": [{"title": "Later"}, {"title": "Hello"}]}},
    ]  # fmt: skip


def test_the_schema_of_a_gateway_is_read_by_who_may_introspect(lite_behind: Served) -> None:
    assert (
        lite_behind.ask("{ _service { sdl } }", lite_behind.new_token("read"))["_service"]["sdl"]
        == print_subgraph_text()
    )
    refused = ("FORBIDDEN", "This token may not introspect.")
    assert lite_behind.refusal("{ _service { sdl } }", lite_behind.new_token("ingest:src_x")) == refused
    lite_behind.hub.limits = Limits(federation=True, introspection=("manage",))
    nested = '{ asOf(moment: {knownUntil: "1"}) { _service { sdl } } }'
    assert lite_behind.refusal(nested, lite_behind.new_token("read")) == refused


def test_other_clients_see_nothing_of_it(lite: Served) -> None:
    for document in ("{ _service { sdl } }", "{ _entities(representations: []) { __typename } }"):
        assert lite.refusal(document)[0] == "GRAPHQL_VALIDATION_FAILED"
    assert {"_Entity", "_Any", "_Service"}.isdisjoint(schema._schema.type_map)


def test_a_hub_behind_a_gateway_answers_everybody_else_as_before() -> None:
    plain, more = schema._schema, subgraph()._schema
    assert set(more.type_map) - set(plain.type_map) == {"_Entity", "_Any", "_Service"}
    for name, type_ in plain.type_map.items():
        fields, others = getattr(type_, "fields", {}), getattr(more.type_map[name], "fields", {})
        added = {"_service", "_entities"} if name == "Query" else set()
        assert set(others) - set(fields) == added
        assert {key: str(field.type) for key, field in fields.items()} == {key: str(others[key].type) for key in fields}


def test_a_socket_speaks_to_a_gateway_too(tmp_path: Any) -> None:
    with served(str(tmp_path / "hub"), limits=Limits(federation=True)) as hub:
        payload = {"query": ENTITIES_ASKED, "variables": {"of": [{"__typename": "Source", "id": hub.source}]}}
        with hub.client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as socket:
            socket.send_json({"type": "connection_init", "payload": {"token": hub.token}})
            assert socket.receive_json() == {"type": "connection_ack"}
            socket.send_json({"id": "1", "type": "subscribe", "payload": payload})
            assert socket.receive_json()["payload"]["data"] == {
                "_entities": [{"__typename": "Source", "name": "Books"}]
            }


def test_everything_with_a_global_id_is_an_entity_and_no_field_answers_a_whole_query() -> None:
    text = print_subgraph_text()
    keys = re.findall(r'(?:type|interface) (\w+)[\w &]* @key\(fields: "id"\)', text)
    nodes = [each.name for each in schema._schema.get_possible_types(schema._schema.type_map["Node"])]  # type: ignore[arg-type]
    assert keys == sorted(ENTITIES) == sorted([*nodes, "Touchpoint"])
    plain = build_schema(text, assume_valid_sdl=True)
    assert set(schema._schema.type_map["Query"].fields) - set(plain.type_map["Query"].fields) == {"asOf"}  # type: ignore[attr-defined]


def test_the_hub_composes_with_another_subgraph() -> None:
    tools = installed("federation")
    script = HERE / "federation" / "compose.mjs"
    done = subprocess.run(
        ["node", str(script), str(tools)], input=print_subgraph_text(), capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout) == {"customer": ["DESK", "HUB"], "ticketOfCall": "Ticket"}
