"""Customers in the order of what may be expected of them: those who are scored, and those who are not below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hub.store import conditions, lists
from hub.store.customers import CUSTOMERS, StoredCustomer
from hub.store.filters import CustomerFilter
from hub.store.pages import Order, Page, Place, Window, page
from hub.store.reader import Snapshot
from hub.store.sql import Query

UNSCORED = -1
"""The place of those who are not scored: below everybody who is."""
_SCORED = lists.Listing("customer_score s JOIN customer c ON c.id = s.id", CUSTOMERS.shape, "c.num")
# SQLite keeps to the order of a cross join, which is that of the page when nothing narrows the list.
_ALL_SCORED = lists.Listing("customer_score s CROSS JOIN customer c", CUSTOMERS.shape, "c.num")
_WITHOUT = " AND NOT EXISTS (SELECT 1 FROM customer_score s WHERE s.id = c.id)"


@dataclass(frozen=True, slots=True)
class _Block:
    """One of the two parts of the list. Each follows an index, which their union would not."""

    scored: bool

    def place(self, place: Place) -> Place:
        """A place of the list as one of this part, which orders the unscored by their id alone."""
        return place if self.scored else (place[1], place[1])


async def page_by_prediction(
    snapshot: Snapshot, wanted: CustomerFilter, order: Order, window: Window
) -> Page[StoredCustomer]:
    """A page of customers by ``rank_value``, which is the predicted value or past spend."""
    blocks = [_Block(order.descending), _Block(not order.descending)]
    first, last = _block_of(window.after, blocks, 0), _block_of(window.before, blocks, 1)
    rows: list[StoredCustomer] = []
    places: list[Place] = []
    for number in range(last, first - 1, -1) if window.backward else range(first, last + 1):
        found = await _part(
            snapshot, wanted, order, blocks[number],
            replace(
                window, size=window.size + 1 - len(rows),
                after=window.after if number == first else None, before=window.before if number == last else None,
            ),
        )  # fmt: skip
        way = -1 if window.backward else 1
        rows += list(found.rows)[::way]
        places += list(found.places)[::way]
        if len(rows) > window.size:
            break
    return page(rows, places, window)


def _block_of(place: Place | None, blocks: Sequence[_Block], otherwise: int) -> int:
    if place is None:
        return otherwise
    return blocks.index(_Block(place[0] != UNSCORED))


async def _part(
    snapshot: Snapshot, wanted: CustomerFilter, order: Order, block: _Block, window: Window
) -> Page[StoredCustomer]:
    if block.scored and wanted == CustomerFilter(relationships=wanted.relationships):

        def everybody(query: Query) -> str:
            return f"c.id = s.id AND {conditions.customers(query, wanted)}"

        return await lists.page_of(snapshot, _ALL_SCORED, everybody, order, window)
    if block.scored:
        return await lists.page_of(snapshot, _SCORED, lambda query: conditions.customers(query, wanted), order, window)

    def without(query: Query) -> str:
        return conditions.customers(query, wanted) + _WITHOUT

    by_id = Order(order.name, "c.id", "c.id", order.descending, column_type="text")
    ends = [None if each is None else block.place(each) for each in (window.after, window.before)]
    found = await lists.page_of(snapshot, CUSTOMERS, without, by_id, replace(window, after=ends[0], before=ends[1]))
    return replace(found, places=[(UNSCORED, place[1]) for place in found.places])
