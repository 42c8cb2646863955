"""What it costs to win customers, and what they are worth; what campaigns came to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from hub.journey.choices import AcquisitionDimension, ValueBasis
from hub.journey.rates import Exchange, rounded
from hub.store import acquisition, rates
from hub.store.filters import CustomerFilter, Span
from hub.store.reader import Snapshot

Key = str | int | None
"""A channel, the row number of a campaign, or a utm_source; None where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked: customers who first bought within ``span`` (microseconds), spend of its ``days``."""

    by: AcquisitionDimension
    customers: CustomerFilter
    span: Span
    days: Span
    currency: str


@dataclass(frozen=True, slots=True)
class Acquired:
    """Customers of one key. Amounts in minor units; ``spend`` None where none is told."""

    key: Key
    customers: int
    spend: int | None
    revenue: int
    value: int | None
    basis: ValueBasis

    @property
    def cost_per_customer(self) -> int | None:
        """Spend for each customer, rounded half to even; None without either."""
        return None if self.spend is None or not self.customers else rounded(self.spend, self.customers)

    @property
    def value_to_cost(self) -> float | None:
        """How often the value of a customer is its cost; None without either, or where it cost nothing."""
        if self.value is None or not self.spend:
            return None
        return self.value * self.customers / self.spend


@dataclass(frozen=True, slots=True)
class Found:
    """The keys, the most customers first, and spend without a rate: (currency, minor units)."""

    rows: list[Acquired]
    unconverted: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Result:
    """What a campaign (row number) came to. Amounts in minor units; ``spend`` None where none is told."""

    campaign: int
    spend: int | None
    touchpoints: int = 0
    customers: int = 0
    answers: int = 0
    answered: int = 0
    redemptions: int = 0
    redeemed: int = 0
    acquired: int = 0
    first_touch_revenue: int = 0
    touched_revenue: int = 0


async def acquired(snapshot: Snapshot, asked: Asked) -> Found:
    """Customers who first bought within a span, by where they came from, with what was spent there in that time."""
    rows = {row[0]: row for row in await acquisition.acquired(snapshot, asked.by, asked.customers, asked.span)}
    spent, unconverted = await _spent(snapshot, asked.by, asked.days, asked.currency)
    found = [_row(key, rows.get(key, (key, 0, 0, 0, 0)), spent.get(key)) for key in {*rows, *spent}]
    found.sort(key=lambda each: (-each.customers, -(each.spend or 0), str(each.key or "")))
    return Found(found, unconverted)


def _row(key: Key, row: tuple[Key, int, int, int, int], spend: int | None) -> Acquired:
    _, customers, revenue, predicted, value = row
    if predicted:
        return Acquired(key, customers, spend, revenue, rounded(value, predicted), ValueBasis.PREDICTED)
    return Acquired(key, customers, spend, revenue, rounded(revenue, customers) if customers else None, ValueBasis.PAST)


async def _spent(
    snapshot: Snapshot, by: AcquisitionDimension, days: Span, currency: str
) -> tuple[Mapping[Key, int], list[tuple[str, int]]]:
    """What was spent by key, each day by its rate, and what has none."""
    if by is AcquisitionDimension.SOURCE:
        return {}, []  # spend is of channels and campaigns
    told = [tuple(row) for row in await acquisition.spend(snapshot, days)]
    told += [row for row in await _sums(snapshot) if _within(row[3], days)]
    exchanges = await rates.exchanges(snapshot, (row[2] for row in told), currency)
    spent: dict[Key, int] = defaultdict(int)
    left: dict[str, int] = defaultdict(int)
    for channel, campaign, code, day, amount in told:
        converted = amount if code == currency else _converted(exchanges[code], amount, day)
        if converted is None:
            left[code] += amount
        else:
            spent[channel if by is AcquisitionDimension.CHANNEL else campaign] += converted
    return spent, sorted(left.items())


def _converted(exchange: Exchange, amount: int, day: int | None) -> int | None:
    return None if day is None else exchange.convert(amount, day)


async def _sums(snapshot: Snapshot) -> list[tuple[str | None, int, str, int | None, int]]:
    """Spend that is told in one sum counts on the first day of its campaign."""
    return [
        (channel, campaign, code, _day(starts_on), amount)
        for channel, campaign, code, starts_on, amount in await acquisition.sums(snapshot)
    ]


def _day(text: str | None) -> int | None:
    return None if text is None else (date.fromisoformat(text) - date(1970, 1, 1)).days


def _within(day: int | None, days: Span) -> bool:
    if day is None:
        return days == Span()
    return (days.start is None or day >= days.start) and (days.end is None or day < days.end)


async def campaigns(snapshot: Snapshot, span: Span, days: Span, currency: str) -> list[Result]:
    """What every campaign came to within a span, those that touched most first."""
    spent, _ = await _spent(snapshot, AcquisitionDimension.CAMPAIGN, days, currency)
    touched = {row[0]: tuple(row[1:]) for row in await acquisition.touched(snapshot, span)}
    acquired_ = {row[0]: tuple(row[1:]) for row in await acquisition.revenue_of_acquired(snapshot, span)}
    bought = {row[0]: row[1] for row in await acquisition.revenue_of_touched(snapshot, span)}
    found = []
    for num in await acquisition.campaigns(snapshot):
        touchpoints, customers, answers, answered, redemptions, redeemed = touched.get(num, (0,) * 6)
        buyers, revenue = acquired_.get(num, (0, 0))
        found.append(
            Result(
                num, spent.get(num), touchpoints, customers, answers, answered, redemptions, redeemed, buyers, revenue,
                bought.get(num, 0),
            )
        )  # fmt: skip
    return sorted(found, key=lambda each: (-each.customers, -each.touchpoints, each.campaign))
