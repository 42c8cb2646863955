"""A token without the scope ``pii`` meets no contact data, whichever field of the schema it asks for."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    get_named_type,
    get_nullable_type,
)

from hub.api.schema import schema
from hub.api.shape import CONDITIONS
from hub.limits import Limits
from hub.work.posting import Answered
from hub.work.sending import Sender
from tests.api.conftest import Served
from tests.api.whole_graph import WholeGraph, within

SCHEMA = schema._schema
MARKS = (
    "zarqa", "qanawat", "8801719", "ophrynium", "brontops", "quixotry", "xanthippe", "zeugma", "pyknon",
)  # fmt: skip
"""Parts of names, addresses, titles, texts, properties and reasons of the people here, and of nothing else."""
REHEARSED = ("Rehears", "GuessReason")
"""Of an upload, which only managers bring; tested with uploads."""
UNLIMITED = Limits(
    max_tokens=200_000, max_characters=5_000_000, max_depth=60, max_aliases=100_000, max_selections=500_000,
    max_cost=10**15, max_errors=1000, request_seconds=120,
)  # fmt: skip
WITHOUT_PII = ("read", "analyse", "write", "manage")

PEOPLE: list[dict[str, Any]] = [
    {
        "kind": "email", "channel": "EMAIL", "title": "Ophrynium one", "text": "brontops one",
        "who": {"email": f"zarqa{n}@qanawat.example", "phone": "+8801719000001"},
        "traits": {"name": f"Zarqa Zeugma{n}", "city": "Qanawat", "birthday": "1990-05-05", "street": "Quixotry Lane"},
        "participants": [["CC", "Xanthippe Zeugma", "xanthippe@qanawat.example"]],
        "properties": {"subject": "quixotry", "attachments": [{"name": "pyknon.pdf"}]},
    }
    for n in (1, 2)
] + [
    {
        "kind": "invoice", "title": "Ophrynium invoice", "amount": "100.00",
        "who": {"email": "zarqa1@qanawat.example", "contact": "contact-pyknon"},
        "matters": [{"kind": "INVOICE", "reference": "INV-1", "title": "Quixotry matter", "amount": ["100.00", "BDT"],
                     "state": "OPEN"}],
        "lines": [{"description": "A line", "amount": "100.00", "sku": "S1"}],
    },
    {"kind": "form", "channel": "WEB", "title": "Ophrynium form", "who": {"email": "zarqa1@qanawat.example"},
     "properties": {"form": "contact", "fields": {"q": "brontops"}, "url": "https://x.example/?q=zarqa"},
     "origin": {"referrer": "https://s.example/?q=zeugma", "landing_page": "https://x.example/a#zeugma"}},
    {"title": "ophrynium unreadable, of zarqa"},
]  # fmt: skip


def filled(service: Served) -> dict[str, str]:
    """Fill the hub; ids by what they are of."""
    endpoint = service.ask(
        """mutation { createEndpoint(input: {name: "E", url: "https://e.example", contacts: true})
             { endpoint { id } } }"""
    )["createEndpoint"]["endpoint"]["id"]
    service.tell(*PEOPLE)
    service.client.portal.call(told, service)  # type: ignore[union-attr]
    found = service.ask(
        """{ customers(first: 5) { nodes { id timeline { nodes { id kind } } identifiers { nodes { id } }
             matters { nodes { id } } } } sources { nodes { id unreadable { nodes { id key } } } } }"""
    )
    people = found["customers"]["nodes"]
    reason = {"reason": "zeugma said so"}
    service.ask("mutation ($i: DecideStageInput!) { decideStage(input: $i) { receipt { sequence } } }",
                i={"customers": [people[0]["id"]], "stage": "LEAD", **reason})  # fmt: skip
    service.ask("mutation ($i: SaveSegmentInput!) { saveSegment(input: $i) { receipt { sequence } } }",
                i={"name": "Mine", "filter": {"search": "zarqa"}})  # fmt: skip
    done = service.ask(
        "mutation ($i: DescribeCustomersInput!) { describeCustomers(input: $i) { receipt { sequence } userErrors "
        "{ message } } }",
        i={"customers": [people[0]["id"]], "name": "Zarqa Xanthippe"},
    )["describeCustomers"]  # fmt: skip
    service.sequence = done["receipt"]["sequence"]
    return {
        "a": people[0]["id"], "b": people[-1]["id"], "source": service.source, "endpoint": endpoint,
        "touchpoint": people[0]["timeline"]["nodes"][0]["id"],
    }  # fmt: skip


async def told(service: Served) -> None:
    """Write messages, and have the endpoint answer with what it was told."""

    async def echo(url: str, keys: Sequence[str], id_: str, body: bytes) -> Answered:
        return Answered(500, None, body.decode())

    sender = Sender(service.hub, echo)
    await sender.write()
    await sender.send()
    await sender.idle()


def whole(ids: dict[str, str]) -> WholeGraph:
    then = '(moment: {occurredUntil: "2027-01-01T00:00:00Z"})'
    return WholeGraph(
        SCHEMA,
        {
            "Query.customer": f'(by: {{id: "{ids["a"]}"}})',
            "Query.node": f'(id: "{ids["touchpoint"]}")',
            "Query.nodes": f'(ids: ["{ids["a"]}", "{ids["touchpoint"]}"])',
            "Query.explainIdentity": f'(customer: "{ids["a"]}")',
            "Query.whyNotMerged": f'(a: "{ids["a"]}", b: "{ids["b"]}")',
            "Query.previewIdentityRules": '(rules: "")',
            "Query.previewLifecycleRules": '(rules: "")',
            "Query.asOf": then,
            "Query.source": f'(id: "{ids["source"]}")',
            "Query.endpoint": f'(id: "{ids["endpoint"]}")',
            "Query.record": f'(source: "{ids["source"]}", stream: "rows", key: "r1")',
            "Query.attribution": "(model: FIRST)",
            "Query.touchpointStats": "(groupBy: [KIND, OWNER, CAMPAIGN])",
            "Query.customerStats": "(groupBy: [COUNTRY, OWNER])",
        },
    )


def met(text: str) -> set[str]:
    """The marks that stand in a text."""
    return {mark for mark in MARKS if mark in text.casefold()}


def test_no_field_of_the_schema_shows_contact_data_to_who_may_not_see_it(lite: Served) -> None:
    ids = filled(lite)
    lite.hub.limits = UNLIMITED
    token = lite.new_token(*WITHOUT_PII)
    graph = whole(ids)
    shown: set[str] = set()
    assert SCHEMA.query_type is not None
    for name in SCHEMA.query_type.fields:
        document = graph.document(name)
        if document is None:
            continue
        shown |= met(lite.post(document).text)
        hidden = lite.post(document, token=token)
        assert met(hidden.text) == set(), f"{name}: {places(hidden.json())}"
    # With the scope all of it is there: the marks were where the fields look.
    assert shown == set(MARKS)
    assert within(SCHEMA, SCHEMA.query_type) - graph.asked == {"Query.rehearsal"} | {
        each for each in within(SCHEMA, SCHEMA.query_type) if each.startswith(REHEARSED)
    }


def places(answer: Any) -> list[str]:
    """Where in an answer a mark stands."""
    found: list[str] = []

    def look(value: Any, path: str) -> None:
        if isinstance(value, dict):
            for name, each in value.items():
                look(each, f"{path}.{name}")
        elif isinstance(value, list):
            for each in value:
                look(each, path)
        elif met(json.dumps(value, ensure_ascii=False)):
            found.append(f"{path}: {value!r}")

    look(answer, "")
    return sorted(set(found))[:20]


def text_filters(input_type: GraphQLInputObjectType, value: str, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Filters of a type that look for a text, each by one member."""
    for name, field in input_type.fields.items():
        named, listed = get_named_type(field.type), isinstance(get_nullable_type(field.type), GraphQLList)
        if named.name in ("String", "ID", "JSON"):
            given: Iterator[Any] = iter([value])
        elif isinstance(named, GraphQLInputObjectType) and depth < 3 and name not in CONDITIONS:
            given = text_filters(named, value, depth + 1)
        else:
            continue
        for each in given:
            yield {**REQUIRED.get(input_type.name, {}), name: [each] if listed else each}


REQUIRED: Mapping[str, dict[str, Any]] = {"PropertyFilter": {"name": "city"}, "DidFilter": {"what": {}}}
FILTERED = {
    "CustomerFilter": ("customers", "{ nodes { id } }"),
    "TouchpointFilter": ("touchpoints", "{ nodes { id } }"),
    "MatterFilter": ("matters", "{ nodes { id } }"),
}
NOBODY = "nobody has this"
KNOWN = ("zarqa1@qanawat.example", "Qanawat", "quixotry")


def test_no_filter_tells_contact_data_to_who_may_not_see_it(lite: Served) -> None:
    filled(lite)
    token = lite.new_token(*WITHOUT_PII)
    told: set[str] = set()
    refused: set[str] = set()
    for type_, (field, selection) in FILTERED.items():
        document = f"query ($f: {type_}) {{ {field}(filter: $f) {selection} }}"
        for value in KNOWN:
            input_type = SCHEMA.type_map[type_]
            assert isinstance(input_type, GraphQLInputObjectType)
            others = text_filters(input_type, NOBODY)
            for wanted, other in zip(text_filters(input_type, value), others, strict=True):
                seen, nothing = (comparable(lite.answer(document, token, f=each)) for each in (wanted, other))
                assert seen == nothing, f"{type_} {wanted}"
                place = f"{type_}.{'.'.join(path(wanted))}"
                (refused if seen[1] else told).add(place)
    assert len(told | refused) > 20
    assert {"CustomerFilter.search", "CustomerFilter.traits.equals", "TouchpointFilter.search"} <= refused


def path(wanted: Any) -> list[str]:
    """The names that lead to the text a filter looks for."""
    if isinstance(wanted, list):
        return path(wanted[0])
    if not isinstance(wanted, dict):
        return []
    last = list(wanted)[-1]
    return [last, *path(wanted[last])]


def comparable(answer: dict[str, Any]) -> Any:
    """An answer without the sentences, which repeat what was asked."""
    return answer["data"], [error["extensions"] for error in answer.get("errors", ())]


def test_the_only_orders_by_contact_data_are_refused_to_who_may_not_see_it(lite: Served) -> None:
    filled(lite)
    token = lite.new_token(*WITHOUT_PII)
    refused = set()
    for field, type_ in (("customers", "CustomerOrderField"), ("matters", "MatterOrderField")):
        orders = SCHEMA.type_map[type_]
        assert isinstance(orders, GraphQLEnumType)
        for name in orders.values:
            answer = lite.answer(
                f"{{ {field}(orderBy: {{field: {name}}}) {{ nodes {{ id }} pageInfo {{ endCursor }} }} }}", token
            )
            if "errors" in answer:
                refused.add(f"{field} by {name}")
            else:
                cursor = answer["data"][field]["pageInfo"]["endCursor"]
                assert met(base64.b64decode(cursor + "==").decode("latin-1")) == set()
    assert refused == {"customers by NAME"}
