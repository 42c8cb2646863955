"""Customers by stage, standing, class and engagement: in the order said, in pages both ways, each from an index."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import pytest

from hub.store import ranked
from hub.store.filters import CustomerFilter
from hub.store.pages import Order, Window
from hub.store.reader import Rows, Snapshot
from hub.values import Relationship
from tests.api.conftest import Served, served

NOW = datetime.now(UTC)
LIST = """query ($field: CustomerOrderField!, $direction: OrderDirection!, $filter: CustomerFilter, $first: Int,
    $after: String, $last: Int, $before: String) {
  customers(filter: $filter, first: $first, after: $after, last: $last, before: $before,
            orderBy: {field: $field, direction: $direction}) {
    nodes { email } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
ORDERS = ("STAGE", "STANDING", "ABC_CLASS", "ENGAGEMENT", "PREDICTED_VALUE")
EVERYBODY = CustomerFilter(relationships=(Relationship.CUSTOMER,))


def did(who: str, kind: str, days: float, **more: Any) -> dict[str, Any]:
    """A row of something done so many days ago."""
    at = (NOW - timedelta(days=days)).isoformat()
    return {"kind": kind, "channel": "WEB", "at": at, "who": {"email": f"{who}@x.org"}, **more}


def fill(service: Served) -> None:
    """Customers of every stage, standing and class, and some of none; ``twin`` and ``mate`` did the same."""
    service.tell(
        *(did("loyal", "invoice", days, amount="300.00") for days in (210, 205, 200)),
        *(did("back", "invoice", days, amount="100.00") for days in (800, 790)), did("back", "form", 0.1),
        did("once", "invoice", 500, amount="90.00"), did("quoted", "quote", 120, direction="OUTBOUND"),
        did("twin", "form", 3), did("mate", "form", 3), did("told", "profile", 5, direction="INTERNAL"),
        did("stranger", "email", 4, channel="EMAIL"), did("praises", "referral", 6, direction="INBOUND"),
    )  # fmt: skip
    service.ask("mutation { scorePortfolio(input: {}) { run { id } userErrors { message } } }")
    service.client.portal.call(service.hub.scoring.scored)  # type: ignore[union-attr]
    service.tell(did("late", "form", 2))


@pytest.fixture(scope="module")
def shop(module_address: str) -> Iterator[Served]:
    """They all, for tests that only ask."""
    with served(module_address) as service:
        fill(service)
        yield service


def listed(service: Served, field: str, direction: str, **asked: Any) -> list[str]:
    """Who is listed, by the beginnings of their addresses."""
    nodes = service.ask(LIST, field=field, direction=direction, **asked)["customers"]["nodes"]
    return [each["email"].partition("@")[0] for each in nodes]


@pytest.mark.parametrize(
    ("field", "expected", "last"),
    [
        ("STAGE", "praises loyal back once quoted late mate+twin told", "stranger"),
        ("STANDING", "late mate+twin praises back loyal once", "stranger told quoted"),
        ("ABC_CLASS", "loyal back once", "late+mate+praises+quoted+stranger+told+twin"),
        ("ENGAGEMENT", "praises back late mate+twin stranger loyal once", "quoted+told"),
        ("PREDICTED_VALUE", "loyal back once", "late+mate+praises+quoted+stranger+told+twin"),
    ],
)
def test_customers_are_in_the_order_said_and_those_without_come_last(
    shop: Served, field: str, expected: str, last: str
) -> None:
    down, up = listed(shop, field, "DESC"), listed(shop, field, "ASC")
    groups, rest = ([set(each.split("+")) for each in part.split()] for part in (expected, last))
    assert [set(down[start:end]) for start, end in spans([*groups, *rest])] == [*groups, *rest]
    assert [set(up[start:end]) for start, end in spans([*groups[::-1], *rest[::-1]])] == [*groups[::-1], *rest[::-1]]
    held = sum(map(len, groups))
    assert up == [*down[:held][::-1], *down[held:][::-1]]


def spans(groups: list[set[str]]) -> list[tuple[int, int]]:
    """Where groups of these sizes begin and end."""
    ends = list(accumulate(map(len, groups)))
    return list(zip([0, *ends], ends, strict=False))


WANTED: dict[str, Any] = {"all": None, "rich": {"revenue": {"max": "1000000"}}, "some": {"stages": ["LEAD", "LOYAL"]}}


@pytest.mark.parametrize(
    ("which", "size"),
    [
        pytest.param(which, size, marks=[] if (which == "all") == (size == 1) and size < 9 else pytest.mark.long)
        for which in WANTED
        for size in (1, 3, 9)
    ],
)
@pytest.mark.parametrize("field", ORDERS)
def test_pages_cover_everybody_once_both_ways(shop: Served, field: str, which: str, size: int) -> None:
    for direction in ("DESC", "ASC"):
        asked = {"field": field, "direction": direction, "filter": WANTED[which]}
        whole = listed(shop, **asked)
        assert len(set(whole)) == (4 if which == "some" else 10)
        for count, end, cursor, more in (
            ("first", "after", "endCursor", "hasNextPage"),
            ("last", "before", "startCursor", "hasPreviousPage"),
        ):
            pages: list[list[str]] = []
            place: dict[str, Any] = {count: size}
            while True:
                page = shop.ask(LIST, **asked, **place)["customers"]
                pages.append([each["email"].partition("@")[0] for each in page["nodes"]])
                if not page["pageInfo"][more]:
                    break
                place[end] = page["pageInfo"][cursor]
            assert [who for each in pages[:: 1 if count == "first" else -1] for who in each] == whole


def test_a_place_between_two_ends_is_read_alone(shop: Served) -> None:
    asked = {"field": "STAGE", "direction": "DESC"}
    after = shop.ask(LIST, **asked, first=2)["customers"]["pageInfo"]["endCursor"]
    before = shop.ask(LIST, **asked, last=4)["customers"]["pageInfo"]["startCursor"]
    assert listed(shop, **asked, after=after, before=before) == ["back", "once", "quoted", "late"]
    assert listed(shop, **asked, after=after, before=before, last=1) == ["late"]
    assert listed(shop, **asked, after=before, before=after) == []
    assert listed(shop, **asked, after=after, filter={"stages": ["LEAD"]})[0] == "late"


@pytest.mark.parametrize("field", ["ENGAGEMENT", "PREDICTED_VALUE"])
def test_those_without_are_found_among_many_others(service: Served, field: str) -> None:
    fill(service)
    service.tell(*(did(f"n{number}", "profile", number, direction="INTERNAL") for number in range(12)))
    nodes = service.ask(LIST.replace("email }", "id }"), field=field, direction="ASC")["customers"]["nodes"]
    firms = [nodes[-1]["id"], nodes[-12]["id"]]
    service.sequence = service.ask(
        "mutation ($input: DescribeCustomersInput!) { describeCustomers(input: $input) { receipt { sequence } } }",
        input={"customers": firms, "relationship": "SUPPLIER"},
    )["describeCustomers"]["receipt"]["sequence"]
    wanted = {"relationships": ["SUPPLIER"]}
    document = LIST.replace("email }", "id }")
    ends: list[tuple[dict[str, Any], str, str]]
    ends = [({"first": 1}, "hasNextPage", firms[1]), ({"last": 1}, "hasPreviousPage", firms[0])]
    for end, more, firm in ends:
        page = service.ask(document, field=field, direction="ASC", filter=wanted, **end)["customers"]
        assert (page["nodes"], page["pageInfo"][more]) == ([{"id": firm}], True)
    page = service.ask(document, field=field, direction="ASC", filter=wanted)["customers"]
    assert [each["id"] for each in page["nodes"]] == firms[::-1]


class Planned(Snapshot):
    """A snapshot that keeps the plans of its statements. Tables of a few rows would be read whole: that is off."""

    def __init__(self, snapshot: Snapshot, *, lite: bool) -> None:
        self._snapshot = snapshot
        self._lite = lite
        self.plans: list[str] = []

    async def all(self, statement: str, *values: Any) -> Rows:
        """The rows, and the plan beside."""
        if not self._lite:
            for each in ("seqscan", "sort", "bitmapscan", "hashjoin", "incremental_sort"):
                await self._snapshot.all(f"SET LOCAL enable_{each} = off")
        rows = await self._snapshot.all(f"EXPLAIN {'QUERY PLAN ' if self._lite else ''}{statement}", *values)
        self.plans.append("\n".join(row[-1] for row in rows))
        return await self._snapshot.all(statement, *values)


@pytest.mark.parametrize(
    ("field", "index", "ids"),
    [
        ("STAGE", "customer_stage", 0),
        ("STANDING", "customer_standing", 0),
        ("ABC_CLASS", "customer_score_class", 1),
        ("ENGAGEMENT", "engagement_level", 1),
        ("PREDICTED_VALUE", "customer_score_rank", 1),
    ],
)
def test_each_part_is_read_from_its_index_without_sorting(shop: Served, field: str, index: str, ids: int) -> None:
    async def plans(order: Order, window: Window) -> list[str]:
        async with shop.hub.reader.snapshot() as snapshot:
            planned = Planned(snapshot, lite=type(snapshot).__name__ == "_SqliteSnapshot")
            page = await ranked.page_of(planned, EVERYBODY, order, window)
            assert len(page.rows) == 10
            return planned.plans

    for descending in (True, False):
        order = ranked.order_by(field, descending=descending)
        for backward in (False, True):
            read = shop.client.portal.call(plans, order, Window(100, backward=backward))  # type: ignore[union-attr]
            others = [each for each in read if index not in each]
            assert len(others) == 2 * ids < len(read)
            assert all("autoindex_customer_1" in each or "customer_id_key" in each for each in others)
            assert not [each for each in read if "Sort" in each or "TEMP B-TREE" in each]
