"""Reading pages of any list: one list, or the same list of many parents in one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hub.store.pages import COUNT_LIMIT, Order, Page, Window, direction, narrow, page
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.sql import Query

T = TypeVar("T")
Where = Callable[[Query], str]
"""Adds parameters to a query and answers the condition to follow WHERE."""


def everything(_: Query) -> str:
    """The condition that holds for every row."""
    return "1 = 1"


@dataclass(frozen=True, slots=True)
class Listing(Generic[T]):
    """A table with its alias (``touchpoint t``), what its rows become, and its key."""

    source: str
    shape: Shape[T]
    key: str


async def page_of(snapshot: Snapshot, listing: Listing[T], where: Where, order: Order, window: Window) -> Page[T]:
    """One page of one list."""
    query = Query(f"SELECT {listing.shape.columns}, {order.column}, {order.tie} FROM {listing.source} WHERE ")
    query.add(where(query))
    narrow(query, order, window)
    query.add(f" ORDER BY {direction(order, window)} LIMIT {window.size + 1}")
    return _page(await snapshot.query(query), listing.shape, window)


async def pages_of(
    snapshot: Snapshot,
    listing: Listing[T],
    parent: str,
    parents: Sequence[int],
    where: Where,
    order: Order,
    window: Window,
) -> dict[int, Page[T]]:
    """The same page of every parent's list; ``parent`` is the column that names it. Empty lists are left out."""
    if len(parents) == 1:
        # The index gives the rows in order and the limit ends the scan early.
        only = parents[0]

        def of_one(query: Query) -> str:
            return f"{parent} = {query.bind(only, 'bigint')} AND {where(query)}"

        return {only: await page_of(snapshot, listing, of_one, order, window)}
    query = Query(f"SELECT {listing.shape.columns}, {order.column}, {order.tie}, page.parent ")
    query.add(f"FROM {listing.source} JOIN (")
    query.add(f"SELECT {listing.key} AS item, {parent} AS parent, row_number() OVER ")
    query.add(f"(PARTITION BY {parent} ORDER BY {direction(order, window)}) AS place FROM {listing.source} WHERE ")
    query.add(f"{parent} {query.bind_list(parents, 'bigint')} AND ")
    query.add(where(query))
    narrow(query, order, window)
    query.add(f") page ON {listing.key} = page.item")
    query.add(f" WHERE page.place <= {window.size + 1} ORDER BY page.parent, page.place")
    found: dict[int, list[Any]] = {}
    for row in await snapshot.query(query):
        found.setdefault(row[listing.shape.width + 2], []).append(row)
    return {number: _page(rows, listing.shape, window) for number, rows in found.items()}


def _page(rows: Sequence[Any], shape: Shape[T], window: Window) -> Page[T]:
    places = [(row[shape.width], row[shape.width + 1]) for row in rows]
    return page(shape.all(rows), places, window)


async def count(snapshot: Snapshot, source: str, where: Where, *, limited: bool) -> int:
    """How many rows; ``limited`` stops one beyond ``COUNT_LIMIT``."""
    query = Query(f"SELECT count(*) FROM (SELECT 1 FROM {source} WHERE ")
    query.add(where(query))
    query.add(f" LIMIT {COUNT_LIMIT + 1}) counted" if limited else ") counted")
    return int((await snapshot.query(query))[0][0])


async def by_number(snapshot: Snapshot, listing: Listing[T], column: str, numbers: Sequence[int]) -> dict[int, T]:
    """Rows by a unique number."""
    rows = await snapshot.all(
        f"SELECT {listing.shape.columns}, {column} FROM {listing.source} WHERE {column} = ANY($1::bigint[])",
        list(numbers),
    )
    return {row[listing.shape.width]: listing.shape.one(row) for row in rows}


async def by_id(snapshot: Snapshot, listing: Listing[T], column: str, ids: Sequence[str]) -> dict[str, T]:
    """Rows by a unique public id."""
    rows = await snapshot.all(
        f"SELECT {listing.shape.columns}, {column} FROM {listing.source} WHERE {column} = ANY($1::text[])", list(ids)
    )
    return {row[listing.shape.width]: listing.shape.one(row) for row in rows}


async def grouped(
    snapshot: Snapshot, listing: Listing[T], parent: str, parents: Sequence[int], order: str
) -> dict[int, list[T]]:
    """All rows of every parent, for lists that are short by nature."""
    rows = await snapshot.all(
        f"SELECT {listing.shape.columns}, {parent} FROM {listing.source}"
        f" WHERE {parent} = ANY($1::bigint[]) ORDER BY {order}",
        list(parents),
    )
    found: dict[int, list[T]] = {}
    for row in rows:
        found.setdefault(row[listing.shape.width], []).append(listing.shape.one(row))
    return found
