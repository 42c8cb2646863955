"""What explanations and changes are made of has global ids: a client finds each again by its own."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.api.conftest import Served
from tests.api.test_identity import SPLIT, call, customers

FRAGMENTS = """
fragment claim on IdentityClaim { id touchpoints firstAt first { title } identifiers { id value } }
fragment link on IdentityLink { id a { value } b { value } touchpoint { title } }
fragment refused on RefusedLink { id reason link { id ...link } }
fragment decision on LinkDecision { id kind contradicted a { title } b { title } }"""
EXPLAINED = """query ($id: ID!) { explainIdentity(customer: $id) {
  claims { nodes { __typename ...claim } } links { nodes { __typename ...link } }
  refused { nodes { __typename ...refused } } decisions { nodes { __typename ...decision } } } }"""
AGAIN = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id ...claim ...link ...refused ...decision } }"


UNDO = """mutation ($input: UndoLinkDecisionInput!) { undoLinkDecision(input: $input) { userErrors { message } } }"""


def explained(service: Served, customer: str) -> dict[str, Any]:
    """By id: all that an explanation is made of."""
    told = service.ask(EXPLAINED + FRAGMENTS, id=customer)["explainIdentity"]
    parts = [node for name in ("claims", "links", "refused", "decisions") for node in told[name]["nodes"]]
    inside = [{"__typename": "IdentityLink", **part["link"]} for part in parts if "link" in part]
    return {part["id"]: part for part in parts + inside}


def again(service: Served, *ids: str, token: str | None = None) -> list[Any]:
    """What the same ids are answered with."""
    found: list[Any] = service.ask(AGAIN + FRAGMENTS, token, ids=list(ids))["nodes"]
    return found


def test_parts_of_an_explanation_are_found_again(service: Served) -> None:
    told = [
        call("one", email="karim@example.com", phone="+8801711234567"),
        call("again", email="karim@example.com", phone="+8801711234567"),
        call("sister", email="karim@example.com"),
        {"kind": "invoice", "title": "first", "amount": "1.00", "who": {"contact": "7", "vat": "DE1"}},
        {"kind": "invoice", "title": "second", "amount": "1.00", "who": {"contact": "8", "vat": "DE1"}},
    ]
    service.tell(*({**each, "at": f"2026-01-0{day}"} for day, each in enumerate(told, 1)))
    touchpoints = service.ask("{ touchpoints { nodes { id title } } }")["touchpoints"]["nodes"]
    ids = {each["title"]: each["id"] for each in touchpoints}
    given = {"customer": customers(service)["one"], "touchpoints": [ids["sister"]], "reason": "his sister"}
    operation = service.ask(SPLIT, input=given)["splitCustomer"]["operation"]
    found: dict[str, Any] = {}
    for customer in set(customers(service).values()):
        found |= explained(service, customer)
    assert Counter(each["__typename"] for each in found.values()) == {
        "IdentityClaim": 5, "IdentityLink": 5, "RefusedLink": 2, "LinkDecision": 1,
    }  # fmt: skip
    assert again(service, *found) == list(found.values())
    assert again(service, *found, token=service.new_token("manage")) == [None] * len(found)

    # What was decided is taken back: there is no such decision now, and nothing hangs on it.
    service.ask(UNDO, input={"operation": operation, "reason": "his sister's phone"})
    (decision,) = (each for each in found if each.startswith("dec_"))
    ends = [each for each in found if each.startswith(("lnk_", "rfl_")) and "tp_" in each]
    assert len(ends) == 4
    assert again(service, decision, *ends) == [None] * (len(ends) + 1)
    # The same claim by whichever touchpoint makes it.
    first, second = again(service, *("clm_" + ids[title].removeprefix("tp_") for title in ("one", "again")))
    assert first == second
    assert (first["touchpoints"], first["first"]) == (2, {"title": "one"})


def test_a_change_of_a_source_is_found_again_by_managers(service: Served) -> None:
    service.ask(
        'mutation ($id: ID!) { updateSource(input: {source: $id, name: "Shop"}) { userErrors { message } } }',
        id=service.source,
    )
    asked = "{ sources { nodes { changes { nodes { id by at fields } } } } }"
    changes = [change for each in service.ask(asked)["sources"]["nodes"] for change in each["changes"]["nodes"]]
    (change,) = (each for each in changes if each["fields"] == ["name"])
    node = "query ($id: ID!) { node(id: $id) { ... on SourceChange { id by at fields } } }"
    assert service.ask(node, id=change["id"])["node"] == change
    assert service.ask(node, service.new_token("manage"), id=change["id"])["node"] == change
    assert service.ask(node, service.new_token("read"), id=change["id"])["node"] is None


@pytest.mark.parametrize(
    "identity",
    [
        "dec_", "dec_0", "dec_x", "dec_99999999999999999999", "sch_0", "sch_-1", "clm_", "clm_tp_", "lnk_", "rfl_x",
        f"lnk_tp_{'0' * 28}_tp_{'0' * 28}", f"rfl_idn_{'0' * 28}_idn_{'1' * 28}", f"lnk_idn_{'0' * 28}",
    ],
)  # fmt: skip
def test_ids_of_nothing_are_nobodys(lite: Served, identity: str) -> None:
    assert again(lite, identity) == [None]
