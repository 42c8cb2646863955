"""Documents that one statement answers, word for word as ordinary execution does, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import pytest

from hub.api import compiled as seam
from hub.api.auth import principal
from hub.api.context import Context
from hub.api.schema import schema
from hub.ingest.hub import Hub
from tests.api.conftest import EVERYTHING, Served, served

ROWS = (
    {"kind": "email", "channel": "EMAIL", "at": "2026-01-01T09:00:00+00:00", "who": {"email": "anna@x.example"},
     "title": 'Hi "you" \\ \u0001 আন্না \U0001f600', "participants": [["TO", "Us", "us@firm.example"], ["CC", "", ""]],
     "properties": {"attachments": [{"name": "a\"b"}, {"size": 1}, 7, {"name": ""}, {"name": "c"}], "subject": 5}},
    {"kind": "invoice", "at": "2026-01-02T09:00:00+00:00", "amount": "1234.50", "who": {"email": "anna@x.example"},
     "properties": {"number": "R-1", "z": 1, "a": [None, 1.5]}, "origin": {"source": "news", "medium": "mail"}},
    {"kind": "invoice", "at": "2026-01-02T09:00:00+00:00", "amount": "-0.05", "who": {"email": "anna@x.example"}},
    {"kind": "payment", "at": "2026-01-03T09:00:00+00:00", "amount": "7", "currency": "JPY",
     "who": {"email": "bob@x.example"}, "traits": {"birthday": "--02-29", "name": "Bob"}},
    {"kind": "call", "channel": "PHONE", "at": "2026-01-04", "who": {"email": "bob@x.example"}, "automated": True,
     "properties": {"seconds": 95, "answered": True}, "quantity": ["1.50", "minutes"]},
    {"kind": "form", "at": "2020-01-06T09:00:00+00:00", "who": {"email": "form@x.example"},
     "origin": {"referrer": "https://a.org/x#y?z", "landing_page": "https://b.org/?u=1", "source": "news?"},
     "properties": {"url": "https://b.org/p?q#r", "fields": {"a": [1.0, {}]}}},
    {"kind": "test.scan", "at": "1969-12-31T23:59:59+00:00", "who": {"email": "old@x.example"}},
    {"kind": "note", "at": "2026-01-05T09:00:00+00:00", "who": {"vat.1": "DE123456789"},
     "matters": [{"kind": "DEAL", "reference": "D-1", "title": "A deal", "state": "new", "amount": ["9", "BDT"]}]},
)  # fmt: skip


@pytest.fixture(scope="module")
def service(module_address: str) -> Any:
    with served(module_address) as service:
        service.tell(*ROWS)
        yield service


def both(service: Served, document: str, scopes: tuple[str, ...] = EVERYTHING, **variables: Any) -> Any:
    """The data of the ordinary way, after the other way has given the same."""
    ordinary, compiled = ways(service, document, scopes, **variables)
    assert compiled is not None, "answered the ordinary way"
    assert compiled == ordinary
    return dict_of(ordinary)


def ways(service: Served, document: str, scopes: tuple[str, ...] = EVERYTHING, **variables: Any) -> tuple[Any, Any]:
    """The data of both ways, in one snapshot, with the order of its keys; None of the way that gives none."""
    token = service.new_token(*scopes)
    return service.client.portal.call(_ways, service.hub, token, document, variables)  # type: ignore[union-attr, no-any-return]


async def _ways(hub: Hub, token: str, document: str, variables: Mapping[str, Any]) -> tuple[Any, Any]:
    context = Context(hub, await principal(hub.reader, token))
    try:
        data = await seam.compiled(context, document, None, variables)
        result = await schema.execute(document, variable_values=dict(variables), context_value=context)
    finally:
        await context.renew()
    ordinary = None if result.errors else ordered(orjson.loads(orjson.dumps(result.data)))
    return ordinary, None if data is None else ordered(orjson.loads(data))


def ordered(value: Any) -> Any:
    """A value in which the order of keys counts."""
    if isinstance(value, dict):
        return tuple((key, ordered(each)) for key, each in value.items())
    return [ordered(each) for each in value] if isinstance(value, list) else value


def dict_of(value: Any) -> Any:
    if isinstance(value, tuple):
        return {key: dict_of(each) for key, each in value}
    return [dict_of(each) for each in value] if isinstance(value, list) else value


def customer(service: Served, email: str = "anna@x.example") -> str:
    asked = f'{{ customer(by: {{ identifier: {{ kind: "email", value: "{email}" }} }}) {{ id }} }}'
    return str(service.ask(asked)["customer"]["id"])


PAGE = """
query ($id: ID!, $first: Int, $pii: Boolean = true) {
  customer(by: { id: $id }) {
    __typename id kind displayName name email phone language tags relationship
    owner { name } organisation { id } firstTouch { id } lastTouch { __typename title }
    lifecycle { stage standing since nextChangeAt because { rule ruleVersion text facts decided }
      history { axis at before after because { rule facts } } }
    value { revenue { amount currency } outstanding { amount } orders firstPurchaseAt lastPurchaseAt paid { amount } }
    formerIds city
    more: value { overdue { amount } overdueSince purchaseDays recencyDays reversed { amount }
      notConverted { amount currency } }
    matters { nodes { id overdue outstanding { amount } balance { value unit } } totalCount }
    identifiers(first: 5) { nodes { kind value display masked: blocked joins firstSeen } pageInfo { hasNextPage } }
    timeline(first: $first) {
      nodes { ...Common ... on Invoice { number dueOn amount { amount currency __typename } } ... on EmailMessage {
        subject attachments participants { role name identifier } }
        ... on Call { answered seconds quantity { value unit } } ... on Payment { method }
        ... on CustomTouchpoint { properties @include(if: $pii) } text }
      edges { cursor node { id kind } }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor __typename }
      totalCount totalCountAtLeast
    }
  }
}
fragment Common on Touchpoint { __typename id title occurredAt occurredOn automated source { name connector }
  origin { source medium term } matters { id kind title amount { amount } } identifiers { kind value } }
"""


def test_a_customer_page(service: Served) -> None:
    answer = both(service, PAGE, id=customer(service), first=20)["customer"]
    assert answer["value"]["revenue"] == {"amount": "1234.45", "currency": "BDT"}
    assert [node["__typename"] for node in answer["timeline"]["nodes"]] == ["Invoice", "Invoice", "EmailMessage"]


def test_a_customer_by_identifier_or_touchpoint(service: Served) -> None:
    document = "query ($by: CustomerBy!) { customer(by: $by) { id } }"
    written = """query ($value: String!, $of: ID) {
      customer(by: { identifier: { kind: "email", value: $value, source: $of } }) { id timeline { nodes { id } } } }"""
    for email in ("anna@x.example", "BOB@x.example "):
        found = both(service, document, by={"identifier": {"kind": "email", "value": email}})["customer"]
        touchpoint = both(service, written, value=email)["customer"]["timeline"]["nodes"][0]["id"]
        assert both(service, document, by={"touchpoint": touchpoint})["customer"] == found
        assert both(service, document, by={"id": found["id"]})["customer"] == found
    for by in ({"identifier": {"kind": "email", "value": "nobody@x.example"}}, {"touchpoint": "tp_none"}):
        assert both(service, document, by=by) == {"customer": None}
    assert ways(service, document, by={"identifier": {"kind": "email", "value": " "}})[1] is None


def test_a_call_and_a_payment(service: Served) -> None:
    nodes = both(service, PAGE, id=customer(service, "bob@x.example"))["customer"]["timeline"]["nodes"]
    assert [node.get("seconds") for node in nodes] == [95, None]


def test_the_order_of_members_is_that_of_the_document(service: Served) -> None:
    document = """query ($id: ID!) { customer(by: { id: $id }) { b: email ...F a: id } }
      fragment F on Customer { a: id c: kind }"""
    answer = both(service, document, id=customer(service))["customer"]
    assert list(answer) == ["b", "a", "c"]


def test_masks_are_those_of_the_token(service: Served) -> None:
    answer = both(service, PAGE, ("read",), id=customer(service), first=3)["customer"]
    assert answer["email"] == "a•••@x•••"
    assert {node["title"] for node in answer["timeline"]["nodes"]} == {None}


def test_addresses_of_pages_lose_what_was_asked_of_them_with_the_masks(service: Served) -> None:
    document = """{ touchpoints(filter: { kinds: ["form"] }) { nodes { ... on FormSubmission { url fields }
      origin { referrer landingPage source } } } }"""
    origin = {"referrer": "https://a.org/x#y?z", "landingPage": "https://b.org/?u=1", "source": "news?"}
    shown = {"url": "https://b.org/p?q#r", "fields": {"a": [1.0, {}]}, "origin": origin}
    assert both(service, document)["touchpoints"]["nodes"] == [shown]
    bare = {"referrer": "https://a.org/x", "landingPage": "https://b.org/", "source": "news?"}
    hidden = {"url": "https://b.org/p", "fields": None, "origin": bare}
    assert both(service, document, ("read",))["touchpoints"]["nodes"] == [hidden]


def test_what_is_computed_and_folded(service: Served) -> None:
    document = """query ($id: ID!) { customer(by: { id: $id }) { engagement birthday { month day year }
      journey { automated touchesBeforePurchase firstPurchaseAt firstTouch { id kind } reached { stage at days }
        steps { channel stage began ended touchpoints inbound outbound } channels { channel firstAt touchpoints } }
      satisfaction { nps { latest mean } csat { mean } } scores { abcClass } acquisition { at channel }
      value(currency: "BDT") { averageOrder { amount } monetary { amount } costToServe { amount } missingRates { on } }
      traits(names: ["name"]) { name value others { value } }
      lifecycle { stages { stage enteredAt totalDays times } because { touchpoints { id } } } } }"""
    answer = both(service, document, id=customer(service, "bob@x.example"))["customer"]
    assert answer["engagement"] == 0
    assert answer["birthday"] == {"month": 2, "day": 29, "year": None}
    assert [(step["channel"], step["touchpoints"]) for step in answer["journey"]["steps"]] == [("ACCOUNTING", 1)]
    assert answer["journey"]["automated"] == 1
    assert 0 < both(service, document, id=customer(service))["customer"]["engagement"] < 10


def test_pages_go_both_ways_over_ties(service: Served) -> None:
    document = """query ($a: String, $b: String, $first: Int, $last: Int) { touchpoints(after: $a, before: $b,
      first: $first, last: $last, orderBy: OLDEST_FIRST, filter: { kinds: ["invoice", "email", "note"] }) {
      edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }"""
    whole = both(service, document, first=10)["touchpoints"]["edges"]
    middle = whole[1]["cursor"]
    for size in (0, 1, 2, 9):
        assert len(both(service, document, first=size, a=middle)["touchpoints"]["edges"]) == min(size, len(whole) - 2)
        assert len(both(service, document, last=size, b=middle)["touchpoints"]["edges"]) == min(size, 1)
        both(service, document, last=size, a=middle, b=whole[-1]["cursor"])


@pytest.mark.parametrize(
    ("order", "end"),
    [
        pytest.param(order, end, marks=[] if end == "first" or order == "STAGE" else pytest.mark.long)
        for order in ("STAGE", "STANDING", "ABC_CLASS", "ENGAGEMENT", "PREDICTED_VALUE")
        for end in ("first", "last")
    ],
)
def test_customers_in_each_order_of_parts(service: Served, order: str, end: str) -> None:
    document = f"""query ($size: Int, $way: OrderDirection!, $filter: CustomerFilter) {{
      customers({end}: $size, filter: $filter, orderBy: {{ field: {order}, direction: $way }}) {{
      edges {{ cursor node {{ id displayName }} }} totalCount
      pageInfo {{ endCursor hasNextPage hasPreviousPage }} }} }}"""
    for way in ("ASC", "DESC"):
        for size in (0, 1, 3, 50):
            for given in (None, {"kinds": ["PERSON"]}):
                both(service, document, size=size, way=way, filter=given)


@pytest.mark.parametrize("order", ["FIRST_TOUCH", "LAST_TOUCH", "NAME", "REVENUE"])
@pytest.mark.parametrize("way", ["ASC", "DESC"])
def test_customers_in_each_order_of_a_column(service: Served, order: str, way: str) -> None:
    document = f"""query ($after: String) {{
      customers(first: 2, after: $after, orderBy: {{ field: {order}, direction: {way} }}) {{
        edges {{ cursor node {{ id displayName timeline(first: 1) {{ nodes {{ id }} pageInfo {{ endCursor }} }} }} }}
      pageInfo {{ endCursor hasNextPage }} totalCount }} }}"""
    first = both(service, document)["customers"]
    both(service, document, after=first["pageInfo"]["endCursor"])


def test_filters_are_bound(service: Served) -> None:
    document = """query ($f: CustomerFilter, $t: TouchpointFilter) { customers(filter: $f) { nodes { id kind
      timeline(filter: $t) { nodes { kind } totalCount } } totalCount } }"""
    did = {"did": [{"what": {"kinds": ["invoice"]}}]}
    assert len(both(service, document, f=did, t={"kinds": ["email"]})["customers"]["nodes"]) == 1
    both(service, document, f={"or": [did, {"kinds": ["ORGANISATION"]}], "not": {"stages": ["LOYAL"]}}, t=None)
    both(service, document, f={}, t={"occurred": {"last": "P10Y"}, "not": {"channels": ["EMAIL", "WEB"]}})


def test_filters_that_are_written_out_take_variables_and_their_defaults(service: Served) -> None:
    document = """query ($kinds: [String!] = ["invoice"], $nothing: MoneyRange = {}) {
      customers(filter: { did: [{ what: { kinds: $kinds } }], lastTouch: null }) { nodes { id } totalCount }
      none: customers(filter: { predictedValue: {} }) { totalCount nodes { id } }
      some: customers(filter: { revenue: $nothing }) { totalCount nodes { id } } }"""
    assert both(service, document)["customers"]["totalCount"] == 1
    assert both(service, document, kinds=["email", "call"])["customers"]["totalCount"] == 2
    assert both(service, document, kinds=["invoice"])["none"]["totalCount"] == 0


def test_pages_of_which_nothing_is_shown(service: Served) -> None:
    document = """query ($f: CustomerFilter, $after: String) {
      customers(filter: $f, after: $after, first: 1) { __typename pageInfo { __typename %s } totalCount }
      touchpoints { __typename } }"""
    end = both(service, "{ customers(first: 1) { pageInfo { endCursor } } }")["customers"]["pageInfo"]["endCursor"]
    for of_page in ("", "hasPreviousPage", "hasNextPage", "startCursor endCursor"):
        for given in ({}, {"f": {"kinds": ["PERSON"]}}, {"after": end}, {"f": {"tags": ["none"]}, "after": end}):
            both(service, document % of_page, **given)
    assert ways(service, document % "", after="bm90aGluZw") == (None, None)


def test_objects_by_id(service: Served) -> None:
    document = """query ($id: ID!) { node(id: $id) { __typename id ... on Customer { email } ... on Touchpoint { kind }
      ... on Invoice { number } ... on Identifier { value } } }"""
    page = service.ask(PAGE, id=customer(service), first=1)["customer"]
    for id_ in (page["id"], page["timeline"]["nodes"][0]["id"]):
        assert both(service, document, id=id_)["node"]["id"] == id_


def test_what_ends_in_an_error_is_left_to_the_ordinary_way(service: Served) -> None:
    refused = (
        "{ customers(first: 501) { nodes { id } } }",
        "{ customers(first: 1, last: 1) { nodes { id } } }",
        '{ customers(after: "bm90aGluZw") { nodes { id } } }',
        "{ touchpoints(filter: { products: [] }, first: -1) { totalCount } }",
    )
    for document in refused:
        assert ways(service, document) == (None, None)
    assert ways(service, "{ tokens { id } }", ("read",)) == (None, None)


def test_times_before_1970_and_objects_that_are_not_there(service: Served) -> None:
    old = both(service, '{ touchpoints(filter: { kinds: ["test.scan"] }) { nodes { occurredAt } } }')
    assert old["touchpoints"]["nodes"] == [{"occurredAt": "1969-12-31T23:59:59.000000Z"}]
    for id_ in ("cus_nobody", "cus_", "cus__org", "tp_none", "mat_none", "src_none"):
        assert both(service, "query ($id: ID!) { node(id: $id) { id } }", id=id_) == {"node": None}
    assert both(service, '{ customer(by: { id: "no id" }) { id } }') == {"customer": None}


def test_what_is_of_the_past_is_left_to_the_ordinary_way(service: Served) -> None:
    then = '{ customer(by: { id: "cus_nobody@o0" }) { id } }'
    past = '{ customers(asOf: { occurredUntil: "2026-01-02T00:00:00Z" }) { nodes { id } } }'
    assert ways(service, then)[1] is None
    assert ways(service, past)[1] is None


def test_what_is_too_deep_for_a_parser_is_left_to_the_ordinary_way(service: Served) -> None:
    deep = "id"
    for _ in range(2):
        deep = (
            f"timeline(first: 2) {{ edges {{ node {{ id organisation {{ id }} customer {{ {deep} }} }} }} totalCount }}"
        )
    ordinary, compiled = ways(service, f"{{ customers {{ nodes {{ {deep} }} }} }}")
    assert ordinary is not None
    assert compiled in (None, ordinary)


def test_nothing_is_shared_between_sets_of_scopes(service: Served) -> None:
    document = "query ($id: ID!) { customer(by: { id: $id }) { email displayName } }"
    id_ = customer(service)
    seen = [both(service, document, scopes, id=id_)["customer"]["email"] for scopes in (EVERYTHING, ("read",)) * 2]
    assert seen == ["anna@x.example", "a•••@x•••"] * 2
    assert ways(service, document, ("manage",), id=id_) == (None, None)


def test_variables_that_decide_have_plans_of_their_own(service: Served) -> None:
    document = """query ($n: Int, $yes: Boolean!, $order: TimelineOrder = OLDEST_FIRST) {
      touchpoints(first: $n, orderBy: $order) { nodes { id kind @include(if: $yes) title @skip(if: $yes) } } }"""
    for n in (1, 3, None):
        for yes in (True, False):
            for order in ({}, {"order": "NEWEST_FIRST"}, {"order": "RECORDED_FIRST"}):
                variables: dict[str, Any] = {"n": n, "yes": yes, **order}
                both(service, document, **variables)
