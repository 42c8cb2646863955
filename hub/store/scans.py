"""What analyses read of most touchpoints and purchases: in the order in which they are stored.

By customer each of them would have to be looked up, which takes five times as long.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from hub.store import conditions
from hub.store.filters import CustomerFilter, TouchpointFilter
from hub.store.parts import parts
from hub.store.reader import Rows, Snapshot
from hub.store.sql import STORED, Query

_TOGETHER = 50_000
"""Rows that are read at a time."""
_WHOSE = "t.num, coalesce(t.customer, -1), coalesce(t.organisation, -1), t.occurred_at"


def touchpoints(
    snapshot: Snapshot, column: str, wanted: TouchpointFilter, besides: str = "1 = 1"
) -> AsyncIterator[Rows]:
    """(number, customer or -1, organisation or -1, at, ``column``) of touchpoints, some thousand at a time.

    ``besides``: one more condition, a constant.
    """

    def select(after: int) -> Query:
        query = Query(f"SELECT {_WHOSE}, {column} FROM touchpoint t {STORED} WHERE {besides} AND t.num > ")
        query.add(query.bind(after, "bigint"))
        return query.add(f" AND {conditions.touchpoints(query, wanted)} ORDER BY t.num")

    return parts(snapshot, select, 0, together=_TOGETHER)


def steps(snapshot: Snapshot, wanted: Sequence[TouchpointFilter]) -> AsyncIterator[Rows]:
    """The same of touchpoints that fit one of these filters; the column is the sum of 2**i over all i that it fits."""

    def select(after: int) -> Query:
        query = Query(f"SELECT w.* FROM (SELECT {_WHOSE}, ")
        fits = [
            f"CASE WHEN {conditions.touchpoints(query, step)} THEN {2**place} ELSE 0 END"
            for place, step in enumerate(wanted)
        ]
        query.add(f"{' + '.join(fits)} AS fits FROM touchpoint t {STORED}) w WHERE w.num > ")
        return query.add(f"{query.bind(after, 'bigint')} AND w.fits > 0 ORDER BY w.num")

    return parts(snapshot, select, 0, together=_TOGETHER)


def purchases(snapshot: Snapshot) -> AsyncIterator[Rows]:
    """(customer, at, day, minor units of the reporting currency or 0 where there is no rate, touchpoint), in parts."""

    def select(customer: int, touchpoint: int) -> Query:
        query = Query("SELECT customer, at, day, coalesce(converted, 0), touchpoint FROM purchase ")
        query.add(f"WHERE (customer, touchpoint) > ({query.bind(customer, 'bigint')}, ")
        return query.add(f"{query.bind(touchpoint, 'bigint')}) ORDER BY customer, touchpoint")

    return parts(snapshot, select, 0, 4, together=_TOGETHER)


async def customers(snapshot: Snapshot, wanted: CustomerFilter) -> Rows:
    """(number, 1 for those who belong to an organisation or else 0) of customers, by number."""
    query = Query("SELECT c.num, CASE WHEN c.organisation IS NULL THEN 0 ELSE 1 END FROM customer c WHERE ")
    query.add(conditions.customers(query, wanted))
    return await snapshot.query(query.add(" ORDER BY c.num"))


async def affiliations(snapshot: Snapshot) -> Rows:
    """(person, organisation), by person."""
    return await snapshot.all("SELECT person, organisation FROM affiliation ORDER BY person, organisation")


async def size(snapshot: Snapshot) -> int:
    """The greatest number of a touchpoint: at least as many as there are."""
    return int(await snapshot.value("SELECT max(num) FROM touchpoint") or 0)
