"""The ledger: what changed in the hub, in the order it became known; and how far the processor has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store import lists
from hub.store.pages import Order, Page, Place, Window
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.sql import Query


@dataclass(frozen=True, slots=True)
class StoredChange:
    """One line. Customer, touchpoint and matter are public ids."""

    number: int
    ordinal: int
    kind: str
    at: int
    historical: bool
    customer: str | None
    touchpoint: str | None
    matter: str | None
    before: str | None
    after: str | None

    @property
    def id(self) -> str:
        """The public id."""
        return f"chg_{self.number}_{self.ordinal}"


CHANGES = lists.Listing("ledger e", Shape(StoredChange, "e"), "e.number")
ORDER = Order("KNOWN", "e.number", "e.ordinal", tie_type="bigint")


async def page(
    snapshot: Snapshot, kinds: Sequence[str] | None, customer: str | None, window: Window
) -> Page[StoredChange]:
    """A page of changes, oldest first."""

    def wanted(query: Query) -> str:
        parts = ["1 = 1"]
        if kinds is not None:
            parts.append(f"e.kind {query.bind_list(kinds, 'text')}")
        if customer is not None:
            parts.append(f"e.customer = {query.bind(customer, 'text')}")
        return " AND ".join(parts)

    return await lists.page_of(snapshot, CHANGES, wanted, ORDER, window)


async def by_place(snapshot: Snapshot, places: Sequence[tuple[int, int]]) -> dict[tuple[int, int], StoredChange]:
    """Lines by number and ordinal."""
    query = Query(f"SELECT {CHANGES.shape.columns} FROM ledger e WHERE (e.number, e.ordinal) IN (VALUES ")
    query.add(", ".join(f"({query.bind(number, 'bigint')}, {query.bind(at, 'bigint')})" for number, at in places) + ")")
    return {(each.number, each.ordinal): each for each in CHANGES.shape.all(await snapshot.query(query))}


async def last(snapshot: Snapshot) -> Place:
    """The place of the last line; before all others where there is none.

    Lines that no truth row asks for stand below the last processed number, after those that are there.
    """
    row = await snapshot.one("SELECT e.number, e.ordinal FROM ledger e ORDER BY e.number DESC, e.ordinal DESC LIMIT 1")
    return (int(row[0]), int(row[1])) if row else (0, -1)


async def accepted(snapshot: Snapshot) -> int:
    """The last truth number that was given."""
    return int(await snapshot.value("SELECT max(value) FROM sequence") or 0)


async def processed(snapshot: Snapshot) -> int:
    """The last truth number whose effect this snapshot shows."""
    return int(await snapshot.value("SELECT max(number) FROM processed") or 0)
