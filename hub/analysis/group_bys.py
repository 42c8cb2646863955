"""Group-bys over touchpoints and customers, their money in one currency."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hub.errors import InputWrong
from hub.journey.buckets import Calendar, TimeBucket
from hub.journey.choices import CustomerTime
from hub.journey.offsets import offsets
from hub.journey.rates import Exchange
from hub.money import minor
from hub.settings import Company
from hub.store import buckets, customer_stats, days, dimensions, rates, rollups, touchpoint_stats
from hub.store.customer_stats import CustomerGrouping
from hub.store.reader import Rows, Snapshot
from hub.store.touchpoint_stats import TouchpointGrouping
from hub.values import Money, RevenueBasis

MOST_GROUPS = 100_000
"""Groups that one answer is chosen from."""
_EXACT = Context(prec=80)
Key = tuple[Any, ...]
"""What a group has in common: the number of its bucket, then its values, row numbers where they name rows."""


@dataclass(slots=True)
class TouchpointFigures:
    """Figures of one group; amounts are minor units. What was not asked for is 0."""

    key: Key
    touchpoints: int
    customers: int = 0
    amount: int = 0
    cost: int = 0


@dataclass(slots=True)
class CustomerFigures:
    """Figures of one group; amounts are minor units of the reporting currency. ``buyers`` of them bought."""

    key: Key
    customers: int
    revenue: int
    buyers: int = 0
    purchases: int = 0
    cost: int = 0

    @property
    def average(self) -> int:
        """Revenue for each customer, rounded half to even."""
        return round(Fraction(self.revenue, max(self.customers, 1)))


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
    """Whose days count: the hub's ``home`` for exchange rates, the asker's ``zone`` for the calendar, which cuts the
    time ``on`` of customers."""

    home: ZoneInfo
    zone: ZoneInfo
    calendar: Calendar | None = None
    on: CustomerTime = CustomerTime.FIRST_TOUCH


MEASURES = frozenset({"touchpoints", "customers", "amount", "cost", "not_converted"})
"""What groups of touchpoints can be asked for, beside quantities."""


async def of_touchpoints(
    snapshot: Snapshot,
    grouping: TouchpointGrouping,
    clocks: Clocks,
    currency: str,
    measures: Collection[str] = MEASURES,
) -> OfTouchpoints:
    """Count touchpoints and the accounts they are of, and sum up what they are worth and what they cost, by looking at
    each of them."""
    grouping = await _timed(snapshot, grouping, clocks)
    counted = await touchpoint_stats.counts(snapshot, grouping, MOST_GROUPS + 1, accounts="customers" in measures)
    few(counted)
    groups = {(key := grouping.key(row)): TouchpointFigures(key, *row[len(key) :]) for row in counted}
    lacking: dict[str, int] = {}
    if not {"amount", "not_converted"}.isdisjoint(measures):
        for key, amount in (
            await summed(snapshot, await _worths(snapshot, grouping, currency), currency, lacking)
        ).items():
            groups[key].amount = amount
    if not {"cost", "not_converted"}.isdisjoint(measures):
        costs = await touchpoint_stats.amounts(snapshot, grouping, currency, of="cost_")
        for key, amount in (await summed(snapshot, costs, currency, lacking)).items():
            groups[key].cost = amount
    return OfTouchpoints(list(groups.values()), sorted(lacking.items()))


async def _worths(snapshot: Snapshot, grouping: TouchpointGrouping, currency: str) -> Rows:
    if not grouping.of_lines:
        return await touchpoint_stats.amounts(snapshot, grouping, currency)
    return [_of_line(row) for row in await touchpoint_stats.line_amounts(snapshot, grouping, currency)]


async def quantities(snapshot: Snapshot, grouping: TouchpointGrouping, clocks: Clocks) -> Mapping[Key, Decimal | None]:
    """What the quantities of each group come to, exactly; None where they count different things."""
    grouping = await _timed(snapshot, grouping, clocks)
    units: dict[Key, str] = {}
    found: dict[Key, Decimal | None] = {}
    for row in await touchpoint_stats.quantities(snapshot, grouping):
        key, (unit, quantity, many) = grouping.key(row), row[-3:]
        so_far = found.get(key, Decimal())
        if units.setdefault(key, unit) != unit or so_far is None:
            found[key] = None
        else:
            found[key] = _EXACT.add(so_far, _EXACT.multiply(Decimal(quantity), many))
    return found


OF_CUSTOMERS = frozenset(
    "customers revenue average_revenue buyers purchases cost_to_serve "
    "total_customers total_revenue not_converted".split()
)
"""What groups of customers, and all of them, can be asked for."""


async def of_customers(
    snapshot: Snapshot,
    grouping: CustomerGrouping,
    clocks: Clocks,
    currency: str,
    company: Company,
    measures: Collection[str] = OF_CUSTOMERS,
) -> OfCustomers:
    """Count customers and their purchases, and sum up their revenue and what they cost; what is not asked for is 0."""
    start, end = await touchpoint_stats.first_and_last(snapshot)
    home = offsets(clocks.home, start, end)
    bucket = None
    if clocks.calendar is not None:
        zone = offsets(clocks.zone, start, end)
        bucket = buckets.number(days.local(dimensions.TIMES[clocks.on.value], zone), clocks.calendar)
    grouping = replace(grouping, bucket=bucket, months=_months(home))
    buying = not {"buyers", "purchases"}.isdisjoint(measures)
    counted = await customer_stats.counts(snapshot, grouping, MOST_GROUPS + 1, buying=buying)
    few(counted)
    groups = {(key := grouping.key(row)): CustomerFigures(key, *row[len(key) :]) for row in counted}
    total = CustomerFigures((), 0, 0)
    if not {"total_customers", "total_revenue"}.isdisjoint(measures):
        total = CustomerFigures((), *await customer_stats.totals(snapshot, grouping.customers))
    lacking: dict[str, int] = {}
    day = days.local("t.occurred_at", home)
    if not {"cost_to_serve", "not_converted"}.isdisjoint(measures):
        known = await _rolled_up_costs(snapshot, grouping, currency) if currency == company.currency else None
        if known is None:
            costs = await customer_stats.costs(snapshot, grouping, day, currency)
            known = await summed(snapshot, costs, currency, lacking)
        for key, amount in known.items():
            groups[key].cost = amount
    if currency != company.currency:
        await _exchanged(snapshot, grouping, day, currency, company.revenue_basis, groups, total, lacking, measures)
    elif "not_converted" in measures:
        for code, amount in await customer_stats.unconverted(snapshot, grouping.customers):
            lacking[code] = lacking.get(code, 0) + amount
    return OfCustomers(list(groups.values()), total, sorted(lacking.items()))


async def _rolled_up_costs(snapshot: Snapshot, grouping: CustomerGrouping, currency: str) -> Mapping[Key, int] | None:
    """What touchpoints with groups cost, in the hub's currency; None where no rollup holds it, or some have no rate."""
    held = None if grouping.bucket else rollups.held_of_customers(grouping.dimensions, grouping.customers)
    if held is None:
        return None
    rows = await rollups.groups(snapshot, held, currency, MOST_GROUPS + 1)
    if rows is None or any(missing for *_, missing in rows):
        return None
    known = {grouping.key(row): cost for row in rows for *_, cost, _ in [row]}
    lacking: dict[str, int] = {}
    foreign = await rollups.waiting(snapshot, held, currency, of="cost_")
    for key, cost in (await summed(snapshot, foreign, currency, lacking)).items():
        known[key] += cost
    return None if lacking else known


async def _exchanged(
    snapshot: Snapshot,
    grouping: CustomerGrouping,
    day: str,
    currency: str,
    basis: RevenueBasis,
    groups: Mapping[Key, CustomerFigures],
    total: CustomerFigures,
    lacking: dict[str, int],
    measures: Collection[str],
) -> None:
    """Say revenue in another currency than the hub's."""
    if not {"revenue", "average_revenue"}.isdisjoint(measures):
        revenue = await customer_stats.revenue(snapshot, grouping, day, currency, basis)
        sums = await summed(snapshot, revenue, currency, {})
        for group in groups.values():
            group.revenue = sums.get(group.key, 0)
    if not {"total_revenue", "not_converted"}.isdisjoint(measures):
        everybody = replace(grouping, dimensions=(), bucket=None)
        revenue = await customer_stats.revenue(snapshot, everybody, day, currency, basis)
        total.revenue = (await summed(snapshot, revenue, currency, lacking)).get((), 0)


async def summed(snapshot: Snapshot, rows: Rows, currency: str, lacking: dict[str, int]) -> Mapping[Key, int]:
    """By key what rows of (key, currency, day, amount, sum of that amount) come to; what has no rate is ``lacking``."""
    exchanges = await rates.exchanges(snapshot, {row[-4] for row in rows}, currency)
    sums: dict[Key, int] = {}
    for row in rows:
        worth = _worth(exchanges.get(row[-4]), *row[-3:])
        if worth is None:
            lacking[row[-4]] = lacking.get(row[-4], 0) + row[-1]
        else:
            key = tuple(row[:-4])
            sums[key] = sums.get(key, 0) + worth
    return sums


def _worth(exchange: Exchange | None, day: int, amount: int, total: int) -> int | None:
    """What the very same amount several times, ``total`` together, is worth by the rate of a day."""
    if exchange is None:
        return total
    each = exchange.convert(amount, day)
    return None if each is None else total // amount * each if amount else 0


def _of_line(row: Sequence[Any]) -> tuple[Any, ...]:
    """A row of ``line_amounts`` as ``amounts`` gives it: each line's amount rounded to its currency's minor unit."""
    *key, currency, day, written, own, many = row
    amount = own if written is None else minor(Money(Decimal(written), currency))
    return (*key, currency, day, amount, amount * many)


async def _timed(snapshot: Snapshot, grouping: TouchpointGrouping, clocks: Clocks) -> TouchpointGrouping:
    start, end = await touchpoint_stats.first_and_last(snapshot)
    home = offsets(clocks.home, start, end)
    zone = offsets(clocks.zone, start, end)
    bucket = None
    if clocks.calendar is not None:
        bucket = buckets.number(days.local("t.occurred_at", zone), clocks.calendar)
    times = {"HOUR": days.hour("t.occurred_at", zone), "WEEKDAY": days.weekday("t.occurred_at", zone)}
    return replace(grouping, bucket=bucket, day=days.local("t.occurred_at", home), times={**times, **_months(home)})


def _months(home: Sequence[tuple[int, int]]) -> Mapping[str, str]:
    """SQL of the months that sides of customers are."""
    months = Calendar(TimeBucket.MONTH)
    return {name: buckets.number(days.local(column, home), months) for name, column in dimensions.MONTHS.items()}


def few(rows: Rows) -> None:
    """Raises ``InputWrong`` when there are too many groups to choose from."""
    if len(rows) > MOST_GROUPS:
        raise InputWrong(f"There are more than {MOST_GROUPS:,} groups: ask by less, or narrow the filter.")
