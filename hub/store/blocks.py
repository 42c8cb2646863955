"""What analyses read of many customers, by blocks of customers: what lies by customer in the database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from hub.store import conditions
from hub.store.filters import CustomerFilter
from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query

_TOGETHER = 5000
"""Customers of one block."""
_LAST = 2**62


@dataclass(frozen=True, slots=True)
class Block:
    """Customers with row numbers greater than ``after``, up to ``until``."""

    after: int
    until: int


async def blocks(snapshot: Snapshot) -> AsyncIterator[Block]:
    """All customers, block by block."""
    after: int | None = -1
    while after is not None:
        until = await snapshot.value(
            f"SELECT num FROM customer WHERE num > $1::bigint ORDER BY num LIMIT 1 OFFSET {_TOGETHER - 1}", after
        )
        yield Block(after, _LAST if until is None else until)
        after = until


def _of_block(query: Query, block: Block, customers: CustomerFilter) -> None:
    query.add(f" AND c.num > {query.bind(block.after, 'bigint')} AND c.num <= {query.bind(block.until, 'bigint')} AND ")
    query.add(conditions.customers(query, customers))


# CROSS JOIN, because SQLite then goes by the customers, whose block is small.
async def first_touches(snapshot: Snapshot, block: Block, customers: CustomerFilter) -> Rows:
    """(customer, at, day as text in the hub's zone) of each customer's first touchpoint that was not automated."""
    query = Query(
        "SELECT c.num, t.occurred_at, t.occurred_on FROM customer c CROSS JOIN touchpoint t WHERE t.num = c.acquired_by"
    )
    _of_block(query, block, customers)
    return await snapshot.query(query)


async def stage_changes(snapshot: Snapshot, block: Block, customers: CustomerFilter, stages: Sequence[str]) -> Rows:
    """(customer, at, place of the new stage among ``stages`` or -1) in order of time for each customer."""
    places = " ".join(f"WHEN '{stage}' THEN {place}" for place, stage in enumerate(stages))
    query = Query(
        f"SELECT h.customer, h.at, CASE h.after {places} ELSE -1 END"
        " FROM customer c CROSS JOIN stage_change h WHERE h.customer = c.num AND h.axis = 'STAGE'"
    )
    _of_block(query, block, customers)
    return await snapshot.query(query.add(" ORDER BY h.customer, h.position"))


async def unconverted(
    snapshot: Snapshot, customers: CustomerFilter, start: int, end: int, *, first_only: bool
) -> list[tuple[str, int]]:
    """What was bought from ``start`` on and before ``end`` for which there is no rate: (currency, minor units)."""
    query = Query(
        "SELECT p.currency, CAST(sum(p.amount) AS BIGINT) FROM purchase p JOIN customer c ON c.num = p.customer"
        " WHERE p.converted IS NULL AND p.currency IS NOT NULL"
    )
    query.add(f" AND p.at >= {query.bind(start, 'bigint')} AND p.at < {query.bind(end, 'bigint')}")
    if first_only:
        query.add(
            " AND NOT EXISTS (SELECT 1 FROM purchase e"
            " WHERE e.customer = p.customer AND (e.at, e.touchpoint) < (p.at, p.touchpoint))"
        )
    query.add(f" AND {conditions.customers(query, customers)} GROUP BY p.currency ORDER BY p.currency")
    return [(row[0], row[1]) for row in await snapshot.query(query) if row[1]]
