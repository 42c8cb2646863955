"""What analyses read of many customers: by blocks of customers, so that memory does not grow with the hub."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub.store import conditions
from hub.store.filters import CustomerFilter, TouchpointFilter
from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query

_TOGETHER = 5000
"""Customers of one block: some ten thousand touchpoints, which are read in a fraction of a second."""
_LAST = 2**62

OWN = "customer c CROSS JOIN touchpoint t WHERE t.customer = c.num"
"""Persons and what they did. CROSS JOIN, because SQLite then goes by the customers, whose block is small."""
NAMED = "customer c CROSS JOIN touchpoint t WHERE t.organisation = c.num"
"""Organisations and what was done in their name."""
OF_PEOPLE = (
    "customer c CROSS JOIN affiliation a CROSS JOIN touchpoint t"
    " WHERE a.organisation = c.num AND t.customer = a.person AND t.organisation IS NULL"
)
"""Organisations and what their people did in nobody's name."""
ALONE = f"{OWN} AND t.organisation IS NULL AND c.organisation IS NULL"
"""Persons of no organisation, and what they did in nobody's name."""


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


async def doings(
    snapshot: Snapshot,
    block: Block,
    relation: str,
    columns: str,
    customers: CustomerFilter,
    wanted: TouchpointFilter,
    besides: str = "1 = 1",
) -> Rows:
    """The customer's row number and ``columns`` of what they did, by one of the relations above, in any order.

    ``besides``: one more condition, a constant.
    """
    query = Query(f"SELECT c.num, {columns} FROM {relation} AND {besides}")
    _of_block(query, block, customers)
    return await snapshot.query(query.add(f" AND {conditions.touchpoints(query, wanted)}"))


async def doings_of_steps(
    snapshot: Snapshot, block: Block, relation: str, customers: CustomerFilter, steps: Sequence[TouchpointFilter]
) -> Rows:
    """(customer, at, number of the touchpoint, 1 or 0 for each step that it fits), in any order."""
    query = Query("SELECT w.* FROM (SELECT c.num, t.occurred_at, t.num AS what")
    for place, step in enumerate(steps):
        query.add(f", CASE WHEN {conditions.touchpoints(query, step)} THEN 1 ELSE 0 END AS fits_{place}")
    query.add(f" FROM {relation}")
    _of_block(query, block, customers)
    fits = " + ".join(f"w.fits_{place}" for place in range(len(steps)))
    return await snapshot.query(query.add(f") w WHERE {fits} > 0"))


async def first_touches(snapshot: Snapshot, block: Block, customers: CustomerFilter) -> Rows:
    """(customer, at, day as text in the hub's zone) of each customer's first touchpoint that was not automated."""
    query = Query(
        "SELECT c.num, t.occurred_at, t.occurred_on FROM customer c CROSS JOIN touchpoint t WHERE t.num = c.acquired_by"
    )
    _of_block(query, block, customers)
    return await snapshot.query(query)


async def purchases(snapshot: Snapshot, block: Block, customers: CustomerFilter) -> Rows:
    """(customer, at, day, minor units of the reporting currency) of each purchase; 0 where there is no rate.

    In order of time for each customer.
    """
    query = Query(
        "SELECT p.customer, p.at, p.day, coalesce(p.converted, 0)"
        " FROM customer c CROSS JOIN purchase p WHERE p.customer = c.num"
    )
    _of_block(query, block, customers)
    return await snapshot.query(query.add(" ORDER BY p.customer, p.at, p.touchpoint"))


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


def column(rows: Sequence[Any], place: int) -> Any:
    """One column of whole numbers, for numpy."""
    import numpy as np  # a start of the hub should not pay for it

    return np.fromiter((row[place] for row in rows), np.int64, len(rows))
