"""Customers as of a moment, equal to what the hub answered then."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from hub.journey.rules import default_text
from tests.api.conftest import Served, served

CUSTOMER = """
  id kind relationship displayName name email phone country city tags
  traits { name value since decided touchpoint { id } others { value } }
  organisation { id displayName timeline { nodes { id } } }
  affiliations { since until person { id displayName } organisation { id value { invoiced { amount } } } }
  identifiers { nodes { id kind value firstSeen lastSeen } }
  firstTouch { id } lastTouch { id } acquisition { channel }
  timeline { totalCount nodes { id __typename kind title occurredAt amount { amount } customer { id }
    ... on Invoice { lines { nodes { description amount { amount } product { sku name } } } } } }
  matters { nodes { id kind title state open overdue openedAt customer { id } timeline { nodes { id } } } }
  lifecycle { stage standing since nextChangeAt because { rule facts touchpoints { id } }
    history { axis at before after because { rule } } }
  value { revenue { amount currency } outstanding { amount } orders invoiced { amount } lastPurchaseAt }
  journey { steps { channel stage began touchpoints } reached { stage at } touchesBeforePurchase automated }
"""
OF_NOW = f"query ($by: CustomerBy!) {{ customer(by: $by) {{ {CUSTOMER} }} }}"
OF_THEN = f"query ($by: CustomerBy!, $asOf: AsOf) {{ customer(by: $by, asOf: $asOf) {{ {CUSTOMER} }} }}"

ANNA, FIRM = {"email": "anna@x.example"}, {"contact": "42"}


def unmarked(answer: Any) -> Any:
    """An answer without the moment in its ids; identifiers stand in the order in which they were first processed."""
    bare = json.loads(re.sub(r"@[kot][0-9kot-]+\"", '"', json.dumps(answer)))
    if bare is not None:
        bare["identifiers"]["nodes"].sort(key=lambda each: each["id"])
    return bare


def everybody(service: Served) -> dict[str, Any]:
    """Every customer, by id, as the hub shows them now."""
    ids = service.ask("{ customers(first: 50, filter: {relationships: [CUSTOMER, IRRELEVANT]}) { nodes { id } } }")
    held = [node["id"] for node in ids["customers"]["nodes"]]
    return {id_: unmarked(service.ask(OF_NOW, by={"id": id_})["customer"]) for id_ in held}


def told(service: Served) -> list[dict[str, Any]]:
    """Tell in parts; what everybody was after each, with the number reached."""
    parts: list[list[dict[str, Any]]] = [
        [{"kind": "email", "channel": "EMAIL", "at": "2026-03-01T09:00:00+00:00", "title": "hello", "who": ANNA,
          "traits": {"name": "Anna Roy"}},
         {"kind": "form", "channel": "WEB", "at": "2026-03-02T09:00:00+00:00", "who": {"phone": "+8801711000001"}}],
        [{"kind": "invoice", "at": "2026-03-05", "title": "INV-1", "amount": "100.00", "who": {**ANNA, **FIRM},
          "lines": [{"description": "Kettle", "amount": "100.00", "sku": "K1"}],
          "matters": [{"kind": "INVOICE", "reference": "INV-1", "due": "2026-03-20T00:00:00+00:00"}]}],
        [{"key": "r1", "kind": "email", "channel": "EMAIL", "at": "2026-03-01T09:00:00+00:00", "title": "hello again",
          "who": {"email": "other@x.example"}, "traits": {"name": "Somebody Else"}},
         {"kind": "call", "channel": "PHONE", "at": "2026-04-01T09:00:00+00:00",
          "who": {**ANNA, "phone": "+8801711000001"}, "traits": {"city": "Sylhet"}}],
        [{"kind": "payment", "at": "2026-04-03", "title": "paid", "amount": "100.00", "who": FIRM}],
    ]  # fmt: skip
    seen = []
    for part in parts:
        service.tell(*part)
        seen.append({"number": service.sequence, "customers": everybody(service)})
    return seen


@dataclass(frozen=True)
class Told:
    """A hub that was told in parts, and what it had shown after each."""

    hub: Served
    seen: list[dict[str, Any]]


@pytest.fixture(scope="module")
def past(module_address: str) -> Iterator[Told]:
    """For tests that only ask."""
    with served(module_address) as service:
        yield Told(service, told(service))


def test_customers_are_what_they_were_when_a_number_was_reached(past: Told) -> None:
    for then in past.seen:
        for id_, before in then["customers"].items():
            asked: dict[str, Any] = {"by": {"id": id_}, "asOf": {"knownUntil": then["number"]}}
            assert unmarked(past.hub.ask(OF_THEN, **asked)["customer"]) == before


def test_as_of_now_is_now(past: Told) -> None:
    for id_, today in everybody(past.hub).items():
        for moment in ({"knownUntil": past.hub.sequence}, {"occurredUntil": "2026-11-22T00:00:00Z"}):
            found = past.hub.ask(OF_THEN, by={"id": id_}, asOf=moment)["customer"]
            assert unmarked(found) == today


def test_what_happened_later_is_left_out_and_who_is_whom_is_not(past: Told) -> None:
    found = past.hub.ask(
        """query ($by: CustomerBy!, $asOf: AsOf) { customer(by: $by, asOf: $asOf) {
             id displayName city phone lifecycle { stage standing } value { revenue { amount } }
             identifiers { nodes { kind value } } lastTouch { occurredAt }
             timeline { totalCount nodes { kind } } } }""",
        by={"identifier": {"kind": "email", "value": "anna@x.example"}},
        asOf={"occurredUntil": "2026-03-04T00:00:00Z"},
    )["customer"]
    # The phone of the form is known to be Anna's by the call that came later.
    assert [each["kind"] for each in found["timeline"]["nodes"]] == ["form"]
    assert found["identifiers"]["nodes"] == [{"kind": "phone", "value": "+8801711000001"}]
    assert (found["city"], found["phone"]) == (None, "+8801711000001")
    assert found["lifecycle"] == {"stage": "LEAD", "standing": "ACTIVE"}
    assert found["value"]["revenue"]["amount"] == "0.00"
    assert found["id"].endswith("@o1772582400000000")


def test_an_id_that_carries_a_moment_resolves_as_of_it(past: Told) -> None:
    then = past.seen[1]
    id_ = next(iter(then["customers"]))
    first = past.hub.ask(OF_THEN, by={"id": id_}, asOf={"knownUntil": then["number"]})["customer"]
    assert first["id"] == f"{id_}@k{then['number']}"
    again = past.hub.ask(
        f"query ($id: ID!) {{ node(id: $id) {{ id ... on Customer {{ {CUSTOMER} }} }} }}", id=first["id"]
    )
    assert again["node"] == first
    ids = [each["id"] for each in first["timeline"]["nodes"]] + [each["id"] for each in first["matters"]["nodes"]]
    nodes = past.hub.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", ids=[*ids, id_])["nodes"]
    assert [node["id"] for node in nodes] == [*ids, id_]
    assert past.hub.ask(OF_NOW, by={"id": first["id"]})["customer"] == first


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        ({}, "Say until when it occurred, or until when it was known."),
        ({"knownUntil": "9000"}, "The hub has come to number"),
        ({"knownUntil": "yesterday"}, "A truth number is written in digits."),
        ({"knownUntil": "1", "knownUntilTime": "2026-01-01T00:00:00Z"}, "Give a truth number or a time"),
    ],
)  # fmt: skip
def test_what_is_no_moment_is_refused(lite: Served, moment: dict[str, str], message: str) -> None:
    code, said = lite.refusal(OF_THEN, by={"id": "cus_x"}, asOf=moment)
    assert (code, said[: len(message)]) == ("BAD_USER_INPUT", message)


def test_what_names_nobody_today_named_nobody_then(past: Told) -> None:
    for id_ in ("", "cus_x", "nonsense", "tp_nobody", "idn_x", "\u202e💥%"):
        for by in ({"touchpoint": id_}, {"id": id_}):
            assert past.hub.ask(OF_THEN, by=by, asOf={"knownUntil": past.hub.sequence}) == {"customer": None}


def test_before_anything_was_known_there_was_nobody(past: Told) -> None:
    for id_ in everybody(past.hub):
        assert past.hub.ask(OF_THEN, by={"id": id_}, asOf={"knownUntil": "1"})["customer"] is None
        assert (
            past.hub.ask(OF_THEN, by={"id": id_}, asOf={"knownUntilTime": "2020-01-01T00:00:00Z"})["customer"] is None
        )


LISTS = """{ customers(filter: {relationships: [CUSTOMER, IRRELEVANT]}) { totalCount nodes { id displayName
               lifecycle { stage standing } value { revenue { amount } } organisation { id displayName } } }
             touchpoints { totalCount nodes { id kind customer { id } } }
             matters { totalCount nodes { id state overdue customer { id } } } }"""


def taken(service: Served, **moment: str) -> dict[str, Any]:
    """A snapshot that can be asked."""
    made = service.ask(
        """mutation ($input: TakeSnapshotInput!) { takeSnapshot(input: $input) {
             snapshot { id knownUntil occurredUntil ready run { state kind } } userErrors { message } } }""",
        input={"asOf": moment},
    )["takeSnapshot"]
    assert made["userErrors"] == []
    service.client.portal.call(service.hub.snapshots.taken)  # type: ignore[union-attr]
    held = service.ask("{ snapshots { id knownUntil occurredUntil ready now run { kind state error } } }")["snapshots"]
    found: dict[str, Any] = next(each for each in held if each["id"] == made["snapshot"]["id"])
    assert (found["ready"], found["run"]) == (True, {"kind": "SNAPSHOT", "state": "OK", "error": None})
    return found


def test_lists_as_of_a_moment_are_what_they_were(service: Served) -> None:
    service.tell({"kind": "email", "channel": "EMAIL", "at": "2026-03-01T09:00:00+00:00", "who": ANNA,
                  "matters": [{"kind": "DEAL", "reference": "D1", "state": "open", "open": True}]})  # fmt: skip
    service.tell({"kind": "invoice", "at": "2026-03-05", "amount": "100.00", "who": {**ANNA, **FIRM}})
    before, number = service.ask(LISTS), service.sequence
    told(service)
    nested = f"query ($asOf: AsOf!) {{ asOf(moment: $asOf) {LISTS} }}"
    code, message = service.refusal(nested, asOf={"knownUntil": number})
    assert (code, message) == (
        "BAD_USER_INPUT",
        "No snapshot was taken as of that moment: lists are answered from one.",
    )
    held = taken(service, knownUntil=number)
    assert held["knownUntil"] == number
    then = service.ask(nested, asOf={"knownUntil": number})["asOf"]
    assert json.loads(re.sub(r"@k\d+", "", json.dumps(then))) == before
    argument = service.ask(
        "query ($asOf: AsOf) { customers(asOf: $asOf) { nodes { id timeline { nodes { id } } } } }",
        asOf={"knownUntil": number},
    )["customers"]["nodes"]
    assert all(node["id"].endswith(f"@k{number}") for node in argument)
    id_ = argument[0]["id"]
    assert service.ask("query ($id: ID!) { node(id: $id) { id } }", id=id_)["node"]["id"] == id_


def test_a_snapshot_without_a_number_is_of_what_is_known_when_it_is_taken(service: Served) -> None:
    told(service)
    held = taken(service, occurredUntil="2026-03-04T00:00:00Z")
    asked = {"occurredUntil": "2026-03-04T00:00:00Z"}
    document = (
        "query ($asOf: AsOf!) { asOf(moment: $asOf) { touchpoints { nodes { id kind } } customers { nodes { id } } } }"
    )
    found = service.ask(document, asOf=asked)["asOf"]
    assert [node["kind"] for node in found["touchpoints"]["nodes"]] == ["form", "email"]
    mark = f"@k{held['knownUntil']}o1772582400000000"
    assert all(node["id"].endswith(mark) for node in found["touchpoints"]["nodes"] + found["customers"]["nodes"])


def test_a_dropped_snapshot_is_gone(service: Served) -> None:
    told(service)
    held = taken(service, knownUntil=service.sequence)
    drop = "mutation ($id: ID!) { dropSnapshot(input: {id: $id}) { userErrors { message } } }"
    assert service.ask(drop, id=held["id"])["dropSnapshot"]["userErrors"] == []
    service.client.portal.call(service.hub.snapshots.taken)  # type: ignore[union-attr]
    assert service.ask("{ snapshots { id } }")["snapshots"] == []
    assert service.ask(drop, id=held["id"])["dropSnapshot"]["userErrors"] != []


ANALYSES = """{
  portfolio { buyers purchases revenue { amount } classes { abcClass customers } }
  cohorts { cohorts { startsOn size } retention }
  attribution(model: LINEAR) { conversions rows { conversions share } }
}"""


def test_analyses_as_of_a_moment_are_what_they_were(service: Served) -> None:
    told(service)
    before, number = service.ask(ANALYSES), service.sequence
    service.tell({"kind": "invoice", "at": "2026-05-05", "amount": "70.00", "who": {"email": "new@x.example"}})
    assert service.ask(ANALYSES) != before
    taken(service, knownUntil=number)
    then = service.ask(f"query ($asOf: AsOf!) {{ asOf(moment: $asOf) {ANALYSES} }}", asOf={"knownUntil": number})
    assert then["asOf"] == before


LIFE = "lifecycle { stage because { rule decidedBy } stages { stage latestDays totalDays exitedAt } }"
LIFE_OF_THEN = f"query ($by: CustomerBy!, $asOf: AsOf) {{ customer(by: $by, asOf: $asOf) {{ {LIFE} }} }}"


def times(service: Served, id_: str, **moment: str) -> dict[str, float]:
    """The stages that a customer had had at a moment, with the days of each."""
    life = service.ask(LIFE_OF_THEN, by={"id": id_}, asOf=moment)["customer"]["lifecycle"]
    held = [each["stage"] for each in life["stages"] if each["exitedAt"] is None]
    assert held == [life["stage"]]
    return {each["stage"]: each["totalDays"] for each in life["stages"] if each["latestDays"] == each["totalDays"]}


def test_stages_as_of_a_moment_are_by_the_rules_and_decisions_of_then_and_last_until_it(service: Served) -> None:
    service.tell({"kind": "form", "at": "2026-01-01T09:00:00+00:00", "who": ANNA})
    for day in ("2026-01-11", "2026-02-11"):
        service.tell({"kind": "invoice", "at": f"{day}T09:00:00+00:00", "title": day, "amount": "10", "who": ANNA})
    numbers = [service.sequence]
    (id_,) = everybody(service)
    apply = "mutation ($input: ApplyLifecycleRulesInput!) { done: applyLifecycleRules(input: $input) { %s } }"
    decide = "mutation ($input: DecideStageInput!) { done: decideStage(input: $input) { %s } }"
    twice = default_text().replace('version = "1"', 'version = "2"').replace("at_least = 3", "at_least = 2")
    for document, given in (
        (apply, {"rules": twice, "reason": "two are enough"}),
        (decide, {"customers": [id_], "stage": "ADVOCATE", "reason": "She sends her friends."}),
        (apply, {"rules": default_text(), "reason": "no"}),
    ):
        done = service.ask(document % "receipt { sequence } userErrors { message }", input=given)["done"]
        assert done["userErrors"] == []
        numbers.append(done["receipt"]["sequence"])
    then = {"occurredUntil": "2026-02-21T09:00:00Z"}
    by_default, by_two = {"LEAD": 10.0, "CUSTOMER": 41.0}, {"LEAD": 10.0, "CUSTOMER": 31.0, "LOYAL": 10.0}
    # The decision was made today, which is later than then.
    assert [times(service, id_, knownUntil=number, **then) for number in numbers] == [
        by_default, by_two, by_two, by_default,
    ]  # fmt: skip
    assert times(service, id_, occurredUntil="2026-01-06T21:00:00Z") == {"LEAD": 5.5}
    known = [times(service, id_, knownUntil=number) for number in numbers]
    assert [list(each) for each in known] == [
        ["LEAD", "CUSTOMER"], ["LEAD", "CUSTOMER", "LOYAL"], ["LEAD", "CUSTOMER", "LOYAL", "ADVOCATE"],
        ["LEAD", "CUSTOMER", "ADVOCATE"],
    ]  # fmt: skip
    assert [times(service, id_, knownUntil=number) for number in numbers] == known  # whenever it is asked
    taken(service, knownUntil=numbers[2])
    listed = f"query ($asOf: AsOf!) {{ asOf(moment: $asOf) {{ customers {{ nodes {{ {LIFE} }} }} }} }}"
    (of_list,) = service.ask(listed, asOf={"knownUntil": numbers[2]})["asOf"]["customers"]["nodes"]
    alone = service.ask(LIFE_OF_THEN, by={"id": id_}, asOf={"knownUntil": numbers[2]})["customer"]
    assert of_list == alone
    assert alone["lifecycle"]["because"] == {"rule": "decided", "decidedBy": "test"}


def test_a_moment_within_a_moment_is_refused(lite: Served) -> None:
    document = """{ asOf(moment: {occurredUntil: "2026-01-01T00:00:00Z"}) {
                    customer(by: {id: "cus_x"}, asOf: {knownUntil: "1"}) { id } } }"""
    assert lite.refusal(document)[1] == "This is as of a moment already: give one moment alone."


def test_below_a_moment_one_customer_needs_no_snapshot(past: Told) -> None:
    then = past.seen[1]
    id_ = next(iter(then["customers"]))
    found = past.hub.ask(
        """query ($asOf: AsOf!, $id: ID!) { asOf(moment: $asOf) {
             customer(by: {id: $id}) { id displayName } node(id: $id) { id } } }""",
        asOf={"knownUntil": then["number"]}, id=id_,
    )["asOf"]  # fmt: skip
    assert found["node"]["id"] == found["customer"]["id"] == f"{id_}@k{then['number']}"
    assert found["customer"]["displayName"] == then["customers"][id_]["displayName"]


def test_earlier_versions_do_not_show_in_what_is_masked(past: Told) -> None:
    then = past.seen[1]
    token = past.hub.new_token("read")
    for id_ in then["customers"]:
        asked = {"by": {"id": id_}, "asOf": {"knownUntil": then["number"]}}
        found = past.hub.ask(
            "query ($by: CustomerBy!, $asOf: AsOf) { customer(by: $by, asOf: $asOf) "
            "{ displayName email traits { value } timeline { nodes { title } } } }", token, **asked,
        )["customer"]  # fmt: skip
        assert all(each["value"] is None for each in found["traits"])
        assert all(each["title"] is None for each in found["timeline"]["nodes"])
        assert found["email"] is None or "anna" not in found["email"]
