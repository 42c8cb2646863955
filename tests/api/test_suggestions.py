"""Suggestions over HTTP: looked for, reviewed, accepted, refused; masked where contact data is not to be seen."""

from __future__ import annotations

from typing import Any

import pytest

from hub.api.documents import read_documents
from tests.api.conftest import Served
from tests.conftest import ROOT

LINKED = """operation moved customers { id displayName } changes { customer touchpointsBefore touchpointsAfter }
  receipt { processed } userErrors { code message path hint }"""
ACCEPT = f"mutation ($input: AcceptSuggestionInput!) {{ done: acceptSuggestion(input: $input) {{ {LINKED} }} }}"
REFUSE = f"mutation ($input: RefuseSuggestionInput!) {{ done: refuseSuggestion(input: $input) {{ {LINKED} }} }}"
UNDO = f"mutation ($input: UndoLinkDecisionInput!) {{ done: undoLinkDecision(input: $input) {{ {LINKED} }} }}"
FIND = """mutation ($input: FindSuggestionsInput!) {
  findSuggestions(input: $input) { run { id kind state } userErrors { code message path hint } } }"""
LISTED = "query ($p: Float) { suggestions(minProbability: $p) { nodes { a { displayName } b { displayName } } } }"

PEOPLE: list[dict[str, Any]] = [
    {
        "kind": "form",
        "who": {"email": "karim.uddin@x.org", "phone": "+8801811000001"},
        "traits": {"name": "Karim Uddin"},
    },
    {"kind": "form", "who": {"email": "karim.udin@y.org", "phone": "+8801811000001"}, "traits": {"name": "Karim Udin"}},
    {"kind": "form", "who": {"email": "korim@y.org", "phone": "+8801811000002"}, "traits": {"name": "করিম উদ্দিন"}},
    {"kind": "form", "who": {"email": "korim88@z.org", "phone": "+8801811000002"}, "traits": {"name": "করিম উদ্দীন"}},
    {"kind": "form", "who": {"email": "kareem@w.org"}, "traits": {"name": "محمد کریم الدین"}},
    {"kind": "form", "who": {"email": "kareem@v.org"}, "traits": {"name": "كريم الدين"}},
    {"kind": "form", "who": {"email": "hasina.banu@x.org"}, "traits": {"name": "Hasina Banu"}},
]


def search(service: Served, **given: float) -> dict[str, Any]:
    """Look for suggestions, and wait until that has ended."""
    done: dict[str, Any] = service.ask(FIND, input=given)["findSuggestions"]
    if done["run"]:
        service.client.portal.call(service.hub.suggestions.found)  # type: ignore[union-attr]
    return done


def pairs(service: Served, p: float | None = None) -> list[list[str]]:
    nodes = service.ask(LISTED, p=p)["suggestions"]["nodes"]
    return [sorted((each["a"]["displayName"], each["b"]["displayName"])) for each in nodes]


def review(service: Served, token: str | None = None) -> list[dict[str, Any]]:
    """What the document of the review page shows."""
    (document,) = (each for each in read_documents(ROOT / "docs" / "queries", {}) if each.name == "review")
    nodes: list[dict[str, Any]] = service.ask(document.query, token, **document.variables)["suggestions"]["nodes"]
    return nodes


def test_a_search_is_a_run_and_the_review_page_shows_what_it_found(service: Served) -> None:
    service.tell(*PEOPLE)
    assert review(service) == []
    done = search(service)
    assert (done["run"]["kind"], done["run"]["state"], done["userErrors"]) == ("SUGGEST", "RUNNING", [])
    run = service.ask(
        "query ($id: ID!) { node(id: $id) { ... on Run { state received stored } } }", id=done["run"]["id"]
    )
    assert run["node"] == {"state": "OK", "received": 7, "stored": 3}
    first, *_ = found = review(service)
    assert [sorted((each["a"]["displayName"], each["b"]["displayName"])) for each in found] == [
        ["Karim Uddin", "Karim Udin"],
        ["করিম উদ্দিন", "করিম উদ্দীন"],
        ["كريم الدين", "محمد کریم الدین"],
    ]
    assert (first["reason"], first["identifier"], first["touchpoints"]) == ("ALIKE", None, [])
    assert [(each["comparison"], each["level"]) for each in first["levels"]] == [
        ("name", "ONE_WORD_CLOSE"),
        ("email", "SLIP"),
        ("phone", "SAME"),
    ]
    weight = first["prior"] + sum(each["weight"] for each in first["levels"])
    assert first["probability"] == pytest.approx(1 / (1 + 2**-weight))
    assert first["probability"] > 0.99
    phone = first["levels"][2]
    assert phone["a"] == phone["b"] == ["+8801811000001"]


def test_a_list_may_begin_at_a_probability(lite: Served) -> None:
    lite.tell(*PEOPLE)
    search(lite)
    probabilities = [each["probability"] for each in review(lite)]
    assert len(pairs(lite, probabilities[1] - 1e-6)) == 2
    assert pairs(lite, 1.0) == []
    assert len(pairs(lite, 0.0)) == 3
    code, message = lite.refusal(LISTED, p=1.5)
    assert (code, message) == ("BAD_USER_INPUT", "A probability is between 0 and 1.")
    search(lite, minProbability=1.0)
    assert pairs(lite) == []
    assert search(lite, minProbability=-1.0)["userErrors"][0]["path"] == ["minProbability"]


def test_pages_and_single_suggestions_are_relays(lite: Served) -> None:
    lite.tell(*PEOPLE)
    search(lite)
    document = """query ($after: String, $before: String, $first: Int, $last: Int) {
      suggestions(first: $first, after: $after, last: $last, before: $before) { totalCount totalCountAtLeast
        edges { cursor node { id probability weight kind } } pageInfo { hasNextPage hasPreviousPage endCursor } } }"""
    first = lite.ask(document, first=2)["suggestions"]
    assert (first["totalCount"], first["totalCountAtLeast"], first["pageInfo"]["hasNextPage"]) == (3, 3, True)
    second = lite.ask(document, first=2, after=first["pageInfo"]["endCursor"])["suggestions"]
    assert (len(second["edges"]), second["pageInfo"]["hasNextPage"]) == (1, False)
    back = lite.ask(document, last=2, before=second["edges"][0]["cursor"])["suggestions"]
    assert back["edges"] == first["edges"]
    one = first["edges"][0]["node"]
    again = lite.ask(
        "query ($id: ID!) { node(id: $id) { id ... on Suggestion { probability weight kind } } }", id=one["id"]
    )
    assert again["node"] == one
    assert lite.ask('{ node(id: "sug_nothing") { id } }')["node"] is None


def test_a_customer_tells_who_may_be_the_same(lite: Served) -> None:
    lite.tell(*PEOPLE)
    search(lite)
    held = lite.ask(
        "{ customers { nodes { displayName suggestions { a { displayName } b { displayName } reason } } } }"
    )
    found = {each["displayName"]: each["suggestions"] for each in held["customers"]["nodes"]}
    assert found["Hasina Banu"] == []
    assert found["Karim Udin"] == found["Karim Uddin"]
    (karim,) = found["Karim Udin"]
    assert {karim["a"]["displayName"], karim["b"]["displayName"]} == {"Karim Uddin", "Karim Udin"}


def test_accepting_is_a_merge_that_can_be_rehearsed_and_undone(service: Served) -> None:
    service.tell(*PEOPLE)
    search(service)
    before = review(service)
    given = {"suggestion": before[0]["id"], "reason": "the same number"}
    rehearsed = service.ask(ACCEPT, input={**given, "dryRun": True})["done"]
    assert (rehearsed["operation"], rehearsed["receipt"], rehearsed["moved"]) == (None, None, 1)
    assert review(service) == before
    done = service.ask(ACCEPT, input=given)["done"]
    assert (done["moved"], done["changes"], done["userErrors"]) == (1, rehearsed["changes"], [])
    assert done["receipt"]["processed"] is True
    assert len(done["customers"]) == 1
    assert ["Karim Uddin", "Karim Udin"] not in pairs(service)
    again = service.ask(ACCEPT, input=given)["done"]
    assert [(each["code"], each["path"]) for each in again["userErrors"]] == [("NOT_FOUND", ["suggestion"])]
    service.ask(UNDO, input={"operation": done["operation"], "reason": "they are brothers"})
    assert review(service) == before


def test_what_is_refused_stays_away_until_that_is_undone(service: Served) -> None:
    service.tell(*PEOPLE)
    search(service)
    before = review(service)
    done = service.ask(REFUSE, input={"suggestion": before[0]["id"], "reason": "brothers"})["done"]
    assert (done["userErrors"], done["moved"], done["changes"]) == ([], 0, [])
    assert len(done["customers"]) == 2
    search(service)
    assert [each["id"] for each in review(service)] == [each["id"] for each in before[1:]]
    assert service.ask("query ($id: ID!) { node(id: $id) { id } }", id=before[0]["id"])["node"] is None
    service.ask(UNDO, input={"operation": done["operation"], "reason": "no, the same after all"})
    assert [each["id"] for each in review(service)] == [each["id"] for each in before]


def test_values_are_masked_without_the_right_to_see_contact_data(lite: Served) -> None:
    lite.tell(*PEOPLE)
    search(lite)
    first = review(lite, lite.new_token("read"))[0]
    name, email, phone = first["levels"]
    assert name["a"] == name["b"] == ["k••• u•••"]
    assert {*email["a"], *email["b"]} == {"k•••@x•••", "k•••@y•••"}
    assert phone["a"] == ["•••01"]


def test_reading_is_for_readers_and_deciding_for_managers(lite: Served) -> None:
    lite.tell(*PEOPLE)
    search(lite)
    found = review(lite)[0]["id"]
    reader = lite.new_token("read", "write")
    assert len(review(lite, reader)) == 3
    for document, given in (
        (FIND, {}),
        (ACCEPT, {"suggestion": found, "reason": ""}),
        (REFUSE, {"suggestion": found, "reason": ""}),
    ):
        assert lite.refusal(document, reader, input=given)[0] == "FORBIDDEN"
    assert lite.refusal(LISTED, lite.new_token(f"ingest:{lite.source}"))[0] == "FORBIDDEN"
