"""Stretches of the calendar that figures are grouped by, each known by a number; days count from 1970-01-01."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class TimeBucket(StrEnum):
    """How long the stretches are. Fiscal ones begin in the hub's month, weeks on the hub's first day."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    QUARTER = "QUARTER"
    YEAR = "YEAR"
    FISCAL_QUARTER = "FISCAL_QUARTER"
    FISCAL_YEAR = "FISCAL_YEAR"


_MONTHS = {
    TimeBucket.MONTH: 1,
    TimeBucket.QUARTER: 3,
    TimeBucket.YEAR: 12,
    TimeBucket.FISCAL_QUARTER: 3,
    TimeBucket.FISCAL_YEAR: 12,
}
_EPOCH = date(1970, 1, 1)
_THURSDAY = 4
"""The day of the week (Monday is 1) of 1970-01-01."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """How a hub cuts time: ``week_starts_on`` is an ISO day of the week, ``fiscal_start`` a month."""

    bucket: TimeBucket
    week_starts_on: int = 1
    fiscal_start: int = 1

    @property
    def months(self) -> int:
        """How many months a bucket has; 0 for days and weeks."""
        return _MONTHS.get(self.bucket, 0)

    @property
    def shift(self) -> int:
        """Months by which fiscal buckets begin later in the year, or days by which weeks begin before 1970-01-01."""
        if self.bucket is TimeBucket.WEEK:
            return (_THURSDAY - self.week_starts_on) % 7
        fiscal = self.bucket in (TimeBucket.FISCAL_QUARTER, TimeBucket.FISCAL_YEAR)
        return (self.fiscal_start - 1) % self.months if fiscal else 0

    def number(self, day: date) -> int:
        """The number of the bucket that a day lies in."""
        if self.months:
            return (day.year * 12 + day.month - 1 - self.shift) // self.months
        days = (day - _EPOCH).days
        return (days + self.shift) // 7 if self.bucket is TimeBucket.WEEK else days

    def starts_on(self, number: int) -> date:
        """The first day of a bucket."""
        if self.months:
            year, month = divmod(number * self.months + self.shift, 12)
            return date(year, month + 1, 1)
        days = number * 7 - self.shift if self.bucket is TimeBucket.WEEK else number
        return _EPOCH + timedelta(days=days)
