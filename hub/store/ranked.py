"""Customers in orders that no column of theirs alone gives: by stage, standing, class, engagement or prediction.

Such a list is read part by part. Each part follows an index, which a union of them would not. Whoever has nothing to
be ordered by makes up the last part, in either direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hub.store import conditions, customers
from hub.store.customers import CUSTOMERS, StoredCustomer
from hub.store.filters import CustomerFilter
from hub.store.pages import Order, Page, Place, Window, direction, narrow, page
from hub.store.reader import Snapshot
from hub.store.sql import Query
from hub.values import Stage

_MOST_IDS = 8_192
_MET = Order("", "c.last_touch_at", "c.id")
_RANK = Order("", "s.rank_value", "s.id")
# Equal levels go by row number, which the index holds and a rebuild gives anew.
_LEVEL = Order("", "e.level", "e.customer", tie_type="bigint")
_BY_ID = Order("", "c.id", "c.id", column_type="text")


@dataclass(frozen=True, slots=True)
class Part:
    """Customers with ``where``, in the table ``of`` beside them if any. ``key`` names the part in places.

    ``lacking`` instead: those of whom that table has no row, by id.
    """

    key: str
    order: Order
    where: str = ""
    of: str = ""
    on: str = ""
    lacking: str = ""

    def outer(self, place: Place) -> Place:
        """A place of this part as one of the list."""
        return (0 if self.lacking else place[0], f"{self.key} {place[1]}")

    def inner(self, place: Place | None) -> Place | None:
        """A place of the list, in this part, as one of the part."""
        if place is None:
            return None
        tie = str(place[1]).partition(" ")[2]
        return (tie if self.lacking else place[0], int(tie) if self.order.tie_type == "bigint" else tie)


@dataclass(frozen=True, slots=True)
class Ranked(Order):
    """An order of parts. Its places are a number, and the part with the row's own tie."""

    parts: tuple[Part, ...] = ()


def _column(name: str, values: Sequence[str]) -> tuple[Part, ...]:
    """By a column of few values, the highest first, and within each by when customers were last met."""
    order = replace(_MET, constant=f"c.{name}")
    held = [Part(value, order, f"c.{name} = '{value}'") for value in values]
    return (*held, Part("", order, f"c.{name} IS NULL"))


def _scored(key: str, where: str = "") -> Part:
    return Part(key, _RANK, where, of="customer_score s", on="c.id = s.id")


_UNSCORED = Part("", _BY_ID, lacking="NOT EXISTS (SELECT 1 FROM customer_score s WHERE s.id = c.id)")
_UNENGAGED = Part("", _BY_ID, lacking="NOT EXISTS (SELECT 1 FROM engagement e WHERE e.customer = c.num)")
_PARTS: dict[str, tuple[Part, ...]] = {
    "STAGE": _column("stage", list(Stage)[::-1]),
    "STANDING": _column("standing", ["ACTIVE", "WON_BACK", "AT_RISK", "LAPSED"]),
    "ABC_CLASS": (*(_scored(each, f"s.abc_class = '{each}'") for each in "ABC"), _UNSCORED),
    "ENGAGEMENT": (Part("engaged", _LEVEL, of="engagement e", on="c.num = e.customer"), _UNENGAGED),
    "PREDICTED_VALUE": (_scored("scored"), _UNSCORED),
}
"""The parts of each order from the top: furthest, most alive, first class, most."""


def order_by(field: str, *, descending: bool) -> Order:
    """An order of customers, by parts or by a column."""
    if field not in _PARTS:
        return customers.order_by(field, descending=descending)
    *held, rest = _PARTS[field]
    parts = (*(held if descending else held[::-1]), rest)
    return Ranked(f"{field} {'DESC' if descending else 'ASC'}", "", "", descending, parts=parts)


async def page_of(snapshot: Snapshot, wanted: CustomerFilter, order: Order, window: Window) -> Page[StoredCustomer]:
    """A page of customers in an order of ``order_by``."""
    if not isinstance(order, Ranked):
        return await customers.page(snapshot, wanted, order, window)
    keys = [part.key for part in order.parts]
    first, last = (
        otherwise if end is None else keys.index(str(end[1]).partition(" ")[0])
        for end, otherwise in ((window.after, 0), (window.before, len(keys) - 1))
    )
    rows: list[StoredCustomer] = []
    places: list[Place] = []
    for number in range(last, first - 1, -1) if window.backward else range(first, last + 1):
        part = order.parts[number]
        found = await _read(
            snapshot, wanted, part, replace(part.order, descending=order.descending),
            replace(
                window, size=window.size - len(rows),
                after=part.inner(window.after) if number == first else None,
                before=part.inner(window.before) if number == last else None,
            ),
        )  # fmt: skip
        rows += CUSTOMERS.shape.all(found)
        places += [part.outer((row[CUSTOMERS.shape.width], row[CUSTOMERS.shape.width + 1])) for row in found]
        if len(rows) > window.size:
            break
    return page(rows, places, window)


async def _read(snapshot: Snapshot, wanted: CustomerFilter, part: Part, order: Order, window: Window) -> Sequence[Any]:
    """Rows of a part from the counting end, one more than asked where there are more."""
    everybody = wanted == CustomerFilter(relationships=wanted.relationships)
    if part.lacking and everybody:
        return await _lacking(snapshot, wanted, part, order, window)
    # SQLite keeps to the order of a cross join, which is that of the page when nothing narrows the list.
    source = f"{part.of}{' CROSS JOIN' if everybody else ','} customer c" if part.of else "customer c"
    query = Query(f"{_selected(order)} FROM {source} WHERE ")
    query.add(" AND ".join(each for each in (part.on, part.where, part.lacking) if each))
    said = conditions.customers(query, wanted)
    # What is asked of nearly everybody shall not be looked up by an index of its own.
    query.add(f" AND ({said}) IS TRUE" if everybody else f" AND {said}")
    return await snapshot.query(_windowed(query, order, window))


async def _lacking(
    snapshot: Snapshot, wanted: CustomerFilter, part: Part, order: Order, window: Window
) -> Sequence[Any]:
    """Those without a row are found among the ids, which an index holds alone: all else is in wide rows."""
    rows: list[Any] = []
    most = 2 * (window.size + 1)
    while True:
        query = Query(f"SELECT c.id FROM customer c WHERE {part.lacking}")
        narrow(query, order, window)
        query.add(f" ORDER BY {direction(order, window)} LIMIT {most}")
        ids = [row[0] for row in await snapshot.query(query)]
        query = Query(f"{_selected(order)} FROM customer c WHERE ")
        query.add(f"c.id {query.bind_list(ids, 'text')} AND ({conditions.customers(query, wanted)}) IS TRUE")
        query.add(f" ORDER BY {direction(order, window)}")
        rows += await snapshot.query(query)
        if len(rows) > window.size or len(ids) < most:
            return rows[: window.size + 1]
        here = (ids[-1], ids[-1])
        window = replace(window, before=here) if window.backward else replace(window, after=here)
        most = min(2 * most, _MOST_IDS)


def _selected(order: Order) -> str:
    return f"SELECT {CUSTOMERS.shape.columns}, {order.column}, {order.tie}"


def _windowed(query: Query, order: Order, window: Window) -> Query:
    narrow(query, order, window)
    return query.add(f" ORDER BY {direction(order, window)} LIMIT {window.size + 1}")
