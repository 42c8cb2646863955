"""Cohorts as clients see them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from hub.api.graph import described, object_type
from hub.api.scalars import Date, DateTime
from hub.api.types import amounts
from hub.api.types.amounts import Money

if TYPE_CHECKING:
    from hub.analysis.cohorts import Found
    from hub.journey.cohorts import Cohort as Counted


@object_type
class CohortRow:
    """What a cohort did in one period."""

    period: int = described("How many periods after the cohort's own, which is 0.")
    customers: int = described("Who bought in it.")
    rate: float = described("The part of the cohort that bought in it, 0 to 1.")
    amount: Money = described("What they bought for.")


@object_type
class Cohort:
    """Customers who began in the same period."""

    starts_on: Date = described("The first day of the period in which they began.")
    size: int = described("How many they are.")
    periods: list[CohortRow] = described("That period, and those after it until the last in which anybody bought.")


@object_type
class CohortTable:
    """Cohorts of the hub's customers; docs/cohorts.md has the definitions."""

    cohorts: list[Cohort] = described("The oldest first.")
    retention: list[float] = described(
        "For each period after the beginning, from 0 on: the part of all customers who bought in it, of the cohorts"
        " that have come so far."
    )
    not_converted: list[Money] = described("What was bought in currencies without a rate, and is in no amount.")
    computed_at: DateTime = described("When this was reckoned.")


def cohorts(found: Found, currency: str, at: int) -> CohortTable:
    """What clients see of it."""
    return CohortTable(
        cohorts=[_cohort(each, currency) for each in found.cohorts],
        retention=found.retention,
        not_converted=[amounts.sure(minor, code) for code, minor in found.unconverted],
        computed_at=DateTime(at),
    )


def _cohort(counted: Counted, currency: str) -> Cohort:
    periods = zip(counted.customers, counted.amounts, strict=True)
    return Cohort(
        starts_on=Date(date.isoformat(counted.starts_on)),
        size=counted.size,
        periods=[
            CohortRow(
                period=number, customers=customers, rate=customers / counted.size, amount=amounts.sure(minor, currency)
            )
            for number, (customers, minor) in enumerate(periods)
        ],
    )
