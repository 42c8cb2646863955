"""Group-bys over touchpoints and customers, their money in one currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from hub.errors import InputWrong
from hub.journey.buckets import Calendar, TimeBucket
from hub.journey.offsets import offsets
from hub.store import buckets, customer_stats, days, rates, touchpoint_stats
from hub.store.customer_stats import FIRST, CustomerGrouping
from hub.store.reader import Rows, Snapshot
from hub.store.touchpoint_stats import TouchpointGrouping

MOST_GROUPS = 100_000
"""Groups that one answer is chosen from."""
Key = tuple[Any, ...]
"""What a group has in common: the number of its bucket, then its values, row numbers where they name rows."""


@dataclass(slots=True)
class TouchpointFigures:
    """Figures of one group; amounts are minor units."""

    key: Key
    touchpoints: int
    customers: int
    amount: int = 0
    cost: int = 0


@dataclass(slots=True)
class CustomerFigures:
    """Figures of one group; revenue in minor units of the reporting currency."""

    key: Key
    customers: int
    revenue: int


Lacking = Sequence[tuple[str, int]]
"""Minor units in currencies without a rate."""


@dataclass(frozen=True, slots=True)
class OfTouchpoints:
    """Figures by group, in no order."""

    groups: Sequence[TouchpointFigures]
    lacking: Lacking


@dataclass(frozen=True, slots=True)
class OfCustomers:
    """Figures by group, in no order, and of all of them together."""

    groups: Sequence[CustomerFigures]
    total: CustomerFigures
    lacking: Lacking


@dataclass(frozen=True, slots=True)
class Clocks:
    """Whose days count: the hub's ``home`` for exchange rates, the asker's ``zone`` for the calendar."""

    home: ZoneInfo
    zone: ZoneInfo
    calendar: Calendar | None = None


async def of_touchpoints(
    snapshot: Snapshot, grouping: TouchpointGrouping, clocks: Clocks, currency: str
) -> OfTouchpoints:
    """Count touchpoints and the accounts they are of, and sum up what they are worth and what they cost."""
    grouping = await _with_days(snapshot, grouping, clocks)
    counted = await touchpoint_stats.counts(snapshot, grouping, MOST_GROUPS + 1)
    _few(counted)
    groups = {(key := grouping.key(row)): TouchpointFigures(key, *row[len(key) :]) for row in counted}
    lacking: dict[str, int] = {}
    for measure, of in (("amount", ""), ("cost", "cost_")):
        rows = await touchpoint_stats.amounts(snapshot, grouping, currency, of=of)
        width = len(grouping.columns)
        exchanges = await rates.exchanges(snapshot, {row[width] for row in rows}, currency)
        for row in rows:
            code, day, amount, total = row[width:]
            if (exchange := exchanges.get(code)) is not None:
                worth = exchange.convert(amount, day)
                if worth is None:
                    lacking[code] = lacking.get(code, 0) + total
                    continue
                # A sum of the very same amount, as many times what it is worth.
                total = total // amount * worth if amount else 0
            group = groups[grouping.key(row)]
            setattr(group, measure, getattr(group, measure) + total)
    return OfTouchpoints(list(groups.values()), sorted(lacking.items()))


async def of_customers(snapshot: Snapshot, grouping: CustomerGrouping, clocks: Clocks) -> OfCustomers:
    """Count customers, and sum up their revenue."""
    if any(each in FIRST for each in grouping.dimensions):
        start, end = await touchpoint_stats.first_and_last(snapshot)
        local = offsets(clocks.home, start, end)
        months = Calendar(TimeBucket.MONTH)
        grouping = replace(
            grouping, months={each: buckets.number(days.local(column, local), months) for each, column in FIRST.items()}
        )
    counted = await customer_stats.counts(snapshot, grouping, MOST_GROUPS + 1)
    _few(counted)
    groups = [CustomerFigures(grouping.key(row), *row[len(grouping.dimensions) :]) for row in counted]
    total = CustomerFigures((), *await customer_stats.totals(snapshot, grouping.customers))
    lacking = [(code, minor) for code, minor in await customer_stats.unconverted(snapshot, grouping.customers)]
    return OfCustomers(groups, total, lacking)


async def _with_days(snapshot: Snapshot, grouping: TouchpointGrouping, clocks: Clocks) -> TouchpointGrouping:
    start, end = await touchpoint_stats.first_and_last(snapshot)
    home = days.local("t.occurred_at", offsets(clocks.home, start, end))
    bucket = None
    if clocks.calendar is not None:
        bucket = buckets.number(days.local("t.occurred_at", offsets(clocks.zone, start, end)), clocks.calendar)
    return replace(grouping, bucket=bucket, day=home)


def _few(rows: Rows) -> None:
    if len(rows) > MOST_GROUPS:
        raise InputWrong(f"There are more than {MOST_GROUPS:,} groups: ask by less, or narrow the filter.")
