"""The portfolio of a hub: what its customers come to together, how they compare, who stays."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from hub import clock
from hub.journey import churn as leaving
from hub.journey.choices import ChurnBasis, CohortPeriod
from hub.journey.churn import Churn, Survival
from hub.journey.cohorts import periods, starts_on
from hub.journey.cut_offs import CLASSES
from hub.journey.portfolio import SCORES, abc_classes, rfm_scores, share_of_top
from hub.settings import Company
from hub.store import portfolios
from hub.store.filters import CustomerFilter, Span
from hub.store.reader import Snapshot

Columns = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a portfolio is asked for. ``days``: of the purchases; ``today``: the day that recency counts back from."""

    customers: CustomerFilter
    days: Span
    today: int


@dataclass(frozen=True, slots=True)
class Place:
    """Customers in one stage and standing, and those of them who bought."""

    stage: str | None
    standing: str | None
    customers: int
    buyers: int = 0
    purchases: int = 0
    revenue: int = 0


@dataclass(frozen=True, slots=True)
class Class:
    """Customers, or products, of one ABC class."""

    abc_class: str
    members: int
    revenue: int
    share: float


@dataclass(frozen=True, slots=True)
class Cell:
    """Customers with one score of recency and one of frequency."""

    recency: int
    frequency: int
    customers: int
    revenue: int


@dataclass(frozen=True, slots=True)
class Sold:
    """What was sold of one product (row number; None for lines that name none)."""

    product: int | None
    revenue: int
    lines: int
    share: float
    abc_class: str


@dataclass(frozen=True, slots=True)
class ChurnFound:
    """Churn by the first day of each period, oldest first, and by how much its rate changes from one to the next."""

    periods: Sequence[tuple[date, Churn]]
    trend: float | None


@dataclass(slots=True)
class Portfolio:
    """Reads what is asked for, the accounts once however many figures are made of them."""

    snapshot: Snapshot
    asked: Asked
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    _accounts: Columns | None = None

    async def accounts(self) -> Columns:
        """Of everybody who bought: row number, revenue, purchases, last day; one row of the array each."""
        async with self._reading:
            if self._accounts is None:
                self._accounts = await portfolios.accounts(self.snapshot, self.asked.customers, self.asked.days)
            return self._accounts

    async def totals(self) -> tuple[int, int, int]:
        """(buyers, purchases, revenue)."""
        _, revenue, purchases, _ = await self.accounts()
        return len(revenue), int(purchases.sum()), int(revenue.sum())

    async def classes(self, cut_offs: Sequence[Decimal]) -> list[Class]:
        """Customers by class of their revenue."""
        revenue = (await self.accounts())[1]
        found = await asyncio.to_thread(abc_classes, revenue, cut_offs)
        total = int(revenue.sum())
        made = []
        for place, name in enumerate(CLASSES):
            inside = revenue[found == place]
            made.append(Class(name, len(inside), int(inside.sum()), int(inside.sum()) / total if total else 0.0))
        return made

    async def concentration(self, part: Decimal) -> float:
        """The share of revenue that the largest customers have."""
        return await asyncio.to_thread(share_of_top, (await self.accounts())[1], part)

    async def rfm(self) -> list[Cell]:
        """All 25 pairs of scores, the best recency first, then the best frequency."""
        return await asyncio.to_thread(_grid, await self.accounts(), self.asked.today)

    async def places(self) -> list[Place]:
        """Customers by stage and standing."""
        found = {(row[0], row[1]): row for row in await portfolios.places(self.snapshot, self.asked.customers)}
        bought = await portfolios.places_of_buyers(self.snapshot, self.asked.customers, self.asked.days)
        buying = {(row[0], row[1]): tuple(row[2:]) for row in bought}
        order = sorted(found, key=lambda key: (key[0] or "", key[1] or ""))
        return [Place(*found[key], *buying.get(key, ())) for key in order]

    async def products(self, cut_offs: Sequence[Decimal]) -> list[Sold]:
        """All products that were sold, the most revenue first."""
        rows = await portfolios.products(self.snapshot, self.asked.customers, self.asked.days)
        # Lines that name no product are no product: they share in the revenue and are in no class but the last.
        revenue = np.array([row[1] if row[0] is not None else 0 for row in rows], np.int64)
        found = await asyncio.to_thread(abc_classes, revenue, cut_offs)
        total = sum(row[1] for row in rows)
        sold = [
            Sold(row[0], row[1], row[2], row[1] / total if total else 0.0, CLASSES[each])
            for row, each in zip(rows, found.tolist(), strict=True)
        ]
        return sorted(sold, key=lambda each: (-each.revenue, each.product or 0))

    async def costs(self) -> list[tuple[str, int]]:
        """What touchpoints cost: (currency, minor units)."""
        rows = await portfolios.costs(self.snapshot, self.asked.customers, self.asked.days)
        return [(row[0], row[1]) for row in rows]

    async def churn(
        self, company: Company, now: datetime, basis: ChurnBasis, period: CohortPeriod, most: int
    ) -> ChurnFound:
        """Churn in the last periods of which it is known, with its trend."""
        calendar = Calendar.at(now, period, company.fiscal_year_starts_in_month, ZoneInfo(company.time_zone))
        found = await churn(self.snapshot, self.asked.customers, basis, calendar, most)
        return ChurnFound(found, leaving.trend([each.rate for _, each in found]))

    async def survival(self, now: int) -> Survival:
        """How long customers stay, in days from their first purchase until they lapse."""
        return await survival(self.snapshot, self.asked.customers, now)

    async def unconverted(self) -> list[tuple[str, int]]:
        """What was bought in currencies without a rate: (currency, minor units)."""
        rows = await portfolios.unconverted(self.snapshot, self.asked.customers, self.asked.days)
        return [(row[0], row[1]) for row in rows]


def _grid(accounts: Columns, today: int) -> list[Cell]:
    _, revenue, purchases, last = accounts
    scores = rfm_scores(today - last, purchases, revenue)
    cells = (scores[:, 0].astype(np.int64) - 1) * SCORES + scores[:, 1] - 1
    counts = np.bincount(cells, minlength=SCORES * SCORES)
    sums = np.zeros(SCORES * SCORES, np.int64)
    np.add.at(sums, cells, revenue)
    return [
        Cell(place // SCORES + 1, place % SCORES + 1, int(counts[place]), int(sums[place]))
        for place in reversed(range(SCORES * SCORES))
    ]


# Who stays --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Calendar:
    """The months or quarters of a hub; ``last`` is the number of the last one that has ended."""

    period: CohortPeriod
    fiscal_start: int
    zone: tzinfo
    last: int

    @classmethod
    def at(cls, now: datetime, period: CohortPeriod, fiscal_start: int, zone: tzinfo) -> Calendar:
        """As it stands at a time."""
        today = np.array([clock.day(now, zone)], np.int64)
        return cls(period, fiscal_start, zone, int(periods(today, period, fiscal_start)[0]) - 1)

    def starts_on(self, number: int) -> date:
        """The first day of a period."""
        return starts_on(number, self.period, self.fiscal_start)

    def day(self, number: int) -> int:
        """The same, since 1970-01-01."""
        return (self.starts_on(number) - date(1970, 1, 1)).days

    def begins(self, number: int) -> int:
        """The time at which a period begins."""
        return clock.micros(datetime.combine(self.starts_on(number), time(), self.zone))


async def churn(
    snapshot: Snapshot, customers: CustomerFilter, basis: ChurnBasis, calendar: Calendar, most: int
) -> list[tuple[date, Churn]]:
    """Churn in the last periods of which it is known, the oldest first.

    By purchases, that is all but the last that has ended: who bought in it may still buy in the present one.
    """
    if basis is ChurnBasis.PURCHASES:
        first = calendar.last - most
        days = Span(calendar.day(first), calendar.day(calendar.last + 1))
        customer, day = await portfolios.purchase_days(snapshot, customers, days)
        when = periods(day, calendar.period, calendar.fiscal_start) - first
        found = await asyncio.to_thread(leaving.churn_by_purchases, customer, when, most + 1)
    else:
        first = calendar.last - most + 1
        bounds = [calendar.begins(number) for number in range(first, calendar.last + 2)]
        changes = {row[0]: (row[1], row[2]) for row in await portfolios.standing_changes(snapshot, customers, bounds)}
        steps = [changes.get(place, (0, 0)) for place in range(1, most + 1)]
        alive = int(changes.get(0, (0, 0))[0])
        found = leaving.churn_by_standing(alive, [more + lost for more, lost in steps], [lost for _, lost in steps])
    return [(calendar.starts_on(first + place), each) for place, each in enumerate(found)]


async def survival(snapshot: Snapshot, customers: CustomerFilter, now: int) -> Survival:
    """How long customers stay, in days from their first purchase until they lapse."""
    rows = await portfolios.lives(snapshot, customers, now)
    days, lapsed, counts = (np.array([row[place] for row in rows], np.int64) for place in range(3))
    return await asyncio.to_thread(leaving.kaplan_meier, days, lapsed, counts)
