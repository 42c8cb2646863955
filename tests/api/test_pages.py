"""Pages in both directions, cursors that nobody can change, and lists that have an end."""

import asyncio
import base64
from typing import Any

import pytest

from hub.api.connections import counted
from hub.errors import InputWrong
from hub.store.pages import Cursors, Order
from tests.api.conftest import Served

TIMES = Order("NEWEST_FIRST", "t.occurred_at", "t.id", descending=True)


def calls(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Calls of one customer; each two of them at the same minute."""
    return [
        {"kind": "call", "channel": "PHONE", "at": f"2026-03-01T09:{number // 2:02}:00+00:00", "title": f"c{number}",
         "who": {"email": "a@example.com"}}
        for number in range(start, start + count)
    ]  # fmt: skip


PAGE = """query ($first: Int, $after: String, $last: Int, $before: String, $order: TimelineOrder! = NEWEST_FIRST) {
  customers { nodes { timeline(first: $first, after: $after, last: $last, before: $before, orderBy: $order) {
    edges { cursor node { id title } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } } }"""


def page(service: Served, **arguments: Any) -> tuple[list[str], dict[str, Any]]:
    timeline = service.ask(PAGE, **arguments)["customers"]["nodes"][0]["timeline"]
    return [edge["node"]["id"] for edge in timeline["edges"]], timeline["pageInfo"]


@pytest.mark.parametrize("order", ["NEWEST_FIRST", "OLDEST_FIRST", "RECORDED_FIRST"])
def test_pages_forward_and_backward_give_the_whole_list_once(service: Served, order: str) -> None:
    service.tell(*calls(11))
    whole, info = page(service, order=order)
    assert len(whole) == 11
    assert (info["hasNextPage"], info["hasPreviousPage"]) == (False, False)
    forward: list[str] = []
    cursor = None
    while True:
        part, info = page(service, first=4, after=cursor, order=order)
        forward += part
        cursor = info["endCursor"]
        if not info["hasNextPage"]:
            break
        assert len(part) == 4
    assert forward == whole
    backward: list[str] = []
    cursor = None
    while True:
        part, info = page(service, last=4, before=cursor, order=order)
        backward = part + backward
        cursor = info["startCursor"]
        if not info["hasPreviousPage"]:
            break
    assert backward == whole


def test_a_touchpoint_that_comes_between_two_pages_is_not_skipped_or_doubled(service: Served) -> None:
    service.tell(*calls(6))
    first, info = page(service, first=3)
    service.tell(*calls(1, start=40), *calls(1, start=0))
    second, _ = page(service, first=10, after=info["endCursor"])
    assert len(second) == 4  # three that were there, and the one of an earlier minute
    assert not set(first) & set(second)


def test_many_customers_have_their_own_pages(service: Served) -> None:
    for who in ("a", "b", "c"):
        service.tell(
            *({**call, "title": f"{who}{call['title']}", "who": {"email": f"{who}@example.com"}} for call in calls(5))
        )
    found = service.ask(
        "{ customers { nodes { email timeline(first: 2, orderBy: OLDEST_FIRST) { totalCount nodes { title }"
        " pageInfo { hasNextPage } } matters(first: 1) { nodes { id } } identifiers { nodes { kind } } } } }"
    )["customers"]["nodes"]
    assert len(found) == 3
    for customer in found:
        titles = [each["title"] for each in customer["timeline"]["nodes"]]
        assert sorted(titles) == [f"{customer['email'][0]}c{number}" for number in (0, 1)]
        assert customer["timeline"]["totalCount"] == 5
        assert customer["timeline"]["pageInfo"]["hasNextPage"] is True
        assert [each["kind"] for each in customer["identifiers"]["nodes"]] == ["email"]


def test_customers_are_ordered_as_asked(service: Served) -> None:
    for number, (name, amount) in enumerate((("Bo", "5.00"), ("করিম", "7.00"), ("anna", "6.00"))):
        service.tell({"kind": "invoice", "at": f"2026-03-0{number + 1}T09:00:00+00:00", "amount": amount,
                      "who": {"email": f"p{number}@example.com"}, "traits": {"name": name}})  # fmt: skip
    document = "query ($order: CustomerOrder, $after: String) { customers(first: 2, after: $after, orderBy: $order)"
    document += " { nodes { displayName } pageInfo { endCursor } } }"
    for field, direction, names in (
        ("FIRST_TOUCH", "ASC", ["Bo", "করিম", "anna"]),
        ("LAST_TOUCH", "DESC", ["anna", "করিম", "Bo"]),
        ("REVENUE", "DESC", ["করিম", "anna", "Bo"]),
        ("NAME", "ASC", ["anna", "Bo", "করিম"]),
    ):
        order = {"field": field, "direction": direction}
        first = service.ask(document, order=order)["customers"]
        rest = service.ask(document, order=order, after=first["pageInfo"]["endCursor"])["customers"]
        assert [each["displayName"] for each in first["nodes"] + rest["nodes"]] == names


def test_a_cursor_of_another_list_or_order_is_refused(lite: Served) -> None:
    lite.tell(*calls(3))
    _, info = page(lite, first=1)
    for document in (
        "query ($after: String) { touchpoints(after: $after) { nodes { id } } }",
        """query ($after: String) { customers { nodes {
             timeline(after: $after, orderBy: OLDEST_FIRST) { nodes { id } } } } }""",
    ):
        assert lite.refusal(document, after=info["endCursor"]) == (
            "BAD_USER_INPUT",
            "after is not a cursor of this list.",
        )


def test_a_changed_cursor_is_refused() -> None:
    cursors = Cursors(b"secret", "Customer.timeline", TIMES)
    sealed = cursors.seal((1_700_000_000_000_000, "tp_a"))
    assert cursors.open(sealed, "after") == (1_700_000_000_000_000, "tp_a")
    raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    for place in range(len(raw)):
        changed = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        with pytest.raises(InputWrong, match="after is not a cursor of this list"):
            cursors.open(base64.urlsafe_b64encode(changed).decode(), "after")
    for wrong in ("", "x", "😀", "a" * 20_000, sealed[:-4], sealed + "AAAA", "=" * 9):
        with pytest.raises(InputWrong):
            cursors.open(wrong, "after")


def test_a_cursor_of_another_hub_is_refused() -> None:
    sealed = Cursors(b"one", "Customer.timeline", TIMES).seal((1, "tp_a"))
    with pytest.raises(InputWrong):
        Cursors(b"two", "Customer.timeline", TIMES).open(sealed, "after")


def test_a_page_has_at_most_500_entries(lite: Served) -> None:
    for arguments, message in (
        ("first: 501", "first must be between 0 and 500."),
        ("first: -1", "first must be between 0 and 500."),
        ("last: 501", "last must be between 0 and 500."),
        ("first: 1, last: 1", "Give first or last, not both."),
    ):
        assert lite.refusal(f"{{ customers({arguments}) {{ nodes {{ id }} }} }}") == ("BAD_USER_INPUT", message)
    assert lite.ask("{ customers(first: 0) { nodes { id } totalCount } }")["customers"] == {
        "nodes": [],
        "totalCount": 0,
    }


def test_a_list_without_a_size_has_100_entries(service: Served) -> None:
    service.tell(*calls(60), *calls(60))
    found = service.ask("{ touchpoints { totalCount totalCountAtLeast nodes { id } pageInfo { hasNextPage } } }")[
        "touchpoints"
    ]
    assert (found["totalCount"], found["totalCountAtLeast"], len(found["nodes"])) == (120, 120, 100)
    assert found["pageInfo"]["hasNextPage"] is True


def test_many_sources_have_their_own_unreadable_rows(service: Served) -> None:
    service.tell({"title": "no kind"}, {"title": "no kind either"})
    service.ask('mutation { createSource(input: {name: "Other", connector: "test.sheet"}) { source { id } } }')
    found = service.ask(
        "{ sources { nodes { name runs(first: 1) { nodes { unreadable } }"
        " unreadable(first: 1) { totalCount nodes { key } pageInfo { hasNextPage } } } } }"
    )["sources"]["nodes"]
    shown = {each["name"]: each["unreadable"] for each in found}
    assert shown["Books"] == {"totalCount": 2, "nodes": [{"key": "r1"}], "pageInfo": {"hasNextPage": True}}
    assert shown["Other"] == {"totalCount": 0, "nodes": [], "pageInfo": {"hasNextPage": False}}
    assert shown["Desk"]["totalCount"] == 0


def test_a_list_is_counted_once_when_two_fields_ask_at_the_same_time() -> None:
    asked = []

    async def count() -> int:
        asked.append("counted")
        await asyncio.sleep(0)
        return 3

    async def both() -> list[tuple[int, bool]]:
        once = counted(count, limited=True)
        return list(await asyncio.gather(once(), once()))

    assert asyncio.run(both()) == [(3, True), (3, True)]
    assert asked == ["counted"]


def test_a_field_that_fails_takes_nothing_from_those_that_wait_for_the_same(lite: Served) -> None:
    answer = lite.answer(
        '{ sources { a: nodes { unreadable(after: "x") { nodes { id } } health { since } }'
        " b: nodes { health { since } } } }"
    )
    assert [each["message"] for each in answer["errors"]] == ["after is not a cursor of this list."]
    assert answer["data"] is None
