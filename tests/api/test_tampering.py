"""Genuine cursors and ids with a character changed: a clean error or nothing, never other data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.api.conftest import Served

LISTS = """{
  customers(first: 1) { edges { cursor node { id
    identifiers(first: 1) { edges { cursor node { id } } } timeline(first: 1) { edges { cursor node { id } } }
    matters(first: 1) { edges { cursor node { id } } } } } }
  touchpoints(first: 1) { edges { cursor } } matters(first: 1) { edges { cursor } }
  changes(first: 1) { edges { cursor } }
  sources(first: 3) { edges { cursor node { id runs(first: 1) { edges { cursor node { id } } }
    records: unreadable(first: 1) { edges { cursor node { id } } } } } } }"""
PAGES = """query ($after: String) {
  %s(first: 2, after: $after) { edges { cursor } } }"""


def changed(text: str) -> Iterator[str]:
    """The text with each of its characters changed, and left out."""
    for place, character in enumerate(text):
        for other in (chr(ord(character) ^ 1), ""):
            yield text[:place] + other + text[place + 1 :]


def named(value: Any, name: str) -> Iterator[str]:
    """All values of a name in an answer."""
    if isinstance(value, list):
        for each in value:
            yield from named(each, name)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == name and isinstance(each, str):
                yield each
            yield from named(each, name)


def told(service: Served) -> dict[str, Any]:
    rows = [
        {"kind": "invoice", "title": f"Bill {n}", "amount": "1.00", "who": {"email": f"p{n}@x.example"},
         "matters": [{"kind": "INVOICE", "reference": f"i{n}", "amount": ["1.00", "BDT"]}]}
        for n in range(3)
    ]  # fmt: skip
    service.tell(*rows, {"title": "unreadable"})
    answer: dict[str, Any] = service.ask(LISTS)
    return answer


def test_a_changed_cursor_goes_nowhere_in_any_list(lite: Served) -> None:
    found = told(lite)
    for field in ("customers", "touchpoints", "matters", "changes", "sources"):
        (cursor,) = list(named({"edges": found[field]["edges"]}, "cursor"))[:1]
        page = PAGES % field
        whole = lite.ask(page, after=cursor)[field]["edges"]
        assert whole
        for other in changed(cursor):
            if other == cursor:
                continue
            answer = lite.answer(page, after=other)
            # What only the coding leaves open (bits that stand for nothing) may mean the same place, and no other.
            if "errors" not in answer:
                assert answer["data"][field]["edges"] == whole, other
                continue
            (error,) = answer["errors"]
            assert (error["extensions"]["code"], error["message"]) == (
                "BAD_USER_INPUT", "after is not a cursor of this list.",
            ), other  # fmt: skip


def test_a_changed_id_is_nobodys(lite: Served) -> None:
    ids = set(named(told(lite), "id"))
    assert {id_.partition("_")[0] for id_ in ids} == {"cus", "tp", "mat", "idn", "src", "run", "rec"}
    for id_ in ids:
        others = sorted(set(changed(id_)) - {id_})
        for first in range(0, len(others), 50):
            asked = others[first : first + 50]
            answer = lite.answer("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=asked)
            assert "errors" not in answer, answer["errors"]
            assert answer["data"]["nodes"] == [None] * len(asked), id_
