"""The number of the bucket a day lies in, in SQL that both databases read: whole numbers and their quotients only."""

from __future__ import annotations

from hub.journey.buckets import Calendar, TimeBucket
from hub.store import days

_WEEKS = 200_000
"""More weeks than lie between any day and 1970, so that no quotient is of a negative number."""


def number(day: str, calendar: Calendar) -> str:
    """The bucket of ``day``, an expression of days since 1970-01-01; the same number as ``Calendar.number``."""
    if calendar.months:
        return of_month(_months(day), calendar)
    if calendar.bucket is TimeBucket.WEEK:
        return f"(({day} + {calendar.shift + 7 * _WEEKS}) / 7 - {_WEEKS})"
    return day


def of_month(month: str, calendar: Calendar) -> str:
    """The bucket of ``month``, an expression of months since January of the year 0, where it is made of months."""
    return f"(({month} - {calendar.shift}) / {calendar.months})"


def starts_on(number: str, calendar: Calendar) -> str:
    """The first day of the bucket with a number; the same as ``Calendar.starts_on``."""
    if calendar.months:
        return days.first_of_month(f"({number} * {calendar.months} + {calendar.shift})")
    return f"({number} * 7 - {calendar.shift})" if calendar.bucket is TimeBucket.WEEK else number


def _months(day: str) -> str:
    """Months since January of the year 0, by the civil calendar (H. Hinnant, chrono-compatible date algorithms)."""
    since = f"({day} + 719468)"  # days since March 1 of the year 0
    era, of_era = f"({since} / 146097)", f"({since} % 146097)"
    year = f"(({of_era} - {of_era} / 1460 + {of_era} / 36524 - {of_era} / 146096) / 365)"
    month = f"((5 * ({of_era} - (365 * {year} + {year} / 4 - {year} / 100)) + 2) / 153)"
    return f"(12 * ({year} + 400 * {era}) + {month} + 2)"
