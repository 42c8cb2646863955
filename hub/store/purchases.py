"""Purchases that stand, by column: what analyses of the whole portfolio are made from."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hub.store.parts import parts, whole
from hub.store.reader import Snapshot
from hub.store.sql import Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hub.store.parts import Columns

    Column = NDArray[np.int64]

_OF_CUSTOMERS = "FROM purchase p JOIN customer c ON c.num = p.customer WHERE c.relationship = 'CUSTOMER'"


@dataclass(frozen=True, slots=True)
class Unconverted:
    """Purchases in one currency that have no amount in the reporting currency; ``amount`` is their sum, minor units.

    ``currency`` is None for those whose own amount is not known.
    """

    currency: str | None
    purchases: int
    amount: int


@dataclass(frozen=True, slots=True)
class Purchases:
    """Columns of equal length, ordered by customer, then by time.

    ``customer``: row number of the account, so that each purchase is there once. ``at``: microseconds. ``day``: since
    1970-01-01 in the hub's zone. ``converted``: minor units of the reporting currency, greater than zero.
    ``unconverted``: what is in no column.
    """

    customer: Column
    at: Column
    day: Column
    converted: Column
    unconverted: tuple[Unconverted, ...]


async def purchases(snapshot: Snapshot, until_day: int | None = None) -> Purchases:
    """What parties whose relationship is CUSTOMER bought, until the end of a day where one is given.

    What credits took back is gone, also when they came after that day.
    """
    until = 2**31 if until_day is None else until_day

    def select(customer: int, touchpoint: int) -> Query:
        query = Query(f"SELECT p.customer, p.at, p.day, p.converted, p.touchpoint {_OF_CUSTOMERS} ")
        query.add(f"AND (p.customer, p.touchpoint) > ({query.bind(customer, 'bigint')}, ")
        query.add(f"{query.bind(touchpoint, 'bigint')}) AND p.day <= {query.bind(until, 'bigint')} ")
        return query.add("AND p.converted IS NOT NULL ORDER BY p.customer, p.touchpoint")

    found = await whole(parts(snapshot, select, 0, 4), 5)
    left = await snapshot.all(
        f"SELECT p.currency, count(*), CAST(coalesce(sum(p.amount), 0) AS BIGINT) {_OF_CUSTOMERS} "
        "AND p.day <= $1::bigint AND p.converted IS NULL GROUP BY p.currency ORDER BY p.currency",
        until,
    )
    unconverted = tuple(Unconverted(*row) for row in left)
    customer, at, day, converted = await asyncio.to_thread(in_order, found)
    return Purchases(customer, at, day, converted, unconverted)


def in_order(found: Columns) -> Columns:
    """Purchases by column, ordered by customer, time and touchpoint; the last column, the touchpoint, is left out.

    They are given ordered by customer and touchpoint; customer and time are the first columns.
    """
    import numpy as np

    return found[:-1, np.lexsort((found[1], found[0]))]
