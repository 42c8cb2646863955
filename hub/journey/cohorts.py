"""Cohorts: customers who began in the same month or quarter, and how many of them bought in each period after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import starmap

import numpy as np
from numpy.typing import NDArray

from hub.journey.choices import CohortPeriod

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cohort:
    """Those who began in one period. Of each period from that one on: who bought, and for how much (minor units)."""

    starts_on: date
    size: int
    customers: tuple[int, ...]
    amounts: tuple[int, ...]


def periods(days: Integers, period: CohortPeriod, fiscal_start: int = 1) -> Integers:
    """The number of the month or quarter of each day (days since 1970-01-01), one more for each that follows.

    ``fiscal_start``: the month in which fiscal years begin, 1 to 12.
    """
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    if period is CohortPeriod.MONTH:
        return months
    return (months - _shift(period, fiscal_start)) // 3


def starts_on(number: int, period: CohortPeriod, fiscal_start: int = 1) -> date:
    """The first day of a period."""
    month = number if period is CohortPeriod.MONTH else number * 3 + _shift(period, fiscal_start)
    return date(1970 + month // 12, month % 12 + 1, 1)


def _shift(period: CohortPeriod, fiscal_start: int) -> int:
    return fiscal_start - 1 if period is CohortPeriod.FISCAL_QUARTER else 0


@dataclass(frozen=True, slots=True)
class Bought:
    """Purchases in columns of equal length: who, the number of the period, minor units."""

    customer: Integers
    period: Integers
    amount: Integers


@dataclass(frozen=True, slots=True)
class Began:
    """Customers, each once, and the number of the period in which each began."""

    customer: Integers
    period: Integers


def table(began: Began, bought: Bought, until: int) -> tuple[Integers, Integers, Integers, Integers]:
    """The number of each cohort, its size, and what it did: customers and amounts by cohort and period after.

    ``until``: the number of the last period that is looked at. Purchases before a customer began, or of somebody who
    did not, are left out.
    """
    numbers, sizes = np.unique(began.period[began.period <= until], return_counts=True)
    if not numbers.size:
        return numbers, sizes, np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64)
    order = np.argsort(began.customer)
    customers, starts = began.customer[order], began.period[order]
    place = np.minimum(np.searchsorted(customers, bought.customer), customers.size - 1)
    after = bought.period - starts[place]
    known = (customers[place] == bought.customer) & (after >= 0) & (bought.period <= until)
    place, after = place[known], after[known]

    width = int(until - numbers[0]) + 1
    cells = np.searchsorted(numbers, starts[place]) * width + after
    once = np.unique(place * width + after, return_index=True)[1]
    shape = (numbers.size, width)
    counts = np.bincount(cells[once], minlength=numbers.size * width).reshape(shape)
    amounts = np.zeros(numbers.size * width, np.int64)
    np.add.at(amounts, cells, bought.amount[known])  # sums of bincount are inexact beyond 2**53
    return numbers, sizes, counts, amounts.reshape(shape)


def cohorts(
    began: Began, bought: Bought, until: int, period: CohortPeriod, fiscal_start: int = 1, most: int = 12
) -> list[Cohort]:
    """Each cohort, oldest first, with the period in which it began and at most ``most`` periods after it."""
    numbers, sizes, counts, amounts = table(began, bought, until)

    def one(place: int, number: int) -> Cohort:
        seen = min(until - number, most) + 1
        return Cohort(
            starts_on(number, period, fiscal_start),
            int(sizes[place]),
            tuple(counts[place, :seen].tolist()),
            tuple(amounts[place, :seen].tolist()),
        )

    return list(starmap(one, enumerate(numbers.tolist())))


def retention(found: Sequence[Cohort]) -> list[float]:
    """For each period after the first: the part of all customers who bought in it, of cohorts that have come so far."""
    longest = max((len(cohort.customers) for cohort in found), default=0)
    rates = []
    for after in range(longest):
        old = [cohort for cohort in found if len(cohort.customers) > after]
        rates.append(sum(cohort.customers[after] for cohort in old) / sum(cohort.size for cohort in old))
    return rates
