"""The day on which something happened in a time zone, in SQL that both databases read."""

from __future__ import annotations

from collections.abc import Sequence

_DAY = 86_400_000_000
_BEFORE = 1_000_000
"""More days than lie between any time and 1970, so that no quotient is of a negative number."""
_FROM_MONDAY = (3 - _BEFORE) % 7
"""Days by which the first of those days comes after a Monday; 1970-01-01 was a Thursday."""


def local(column: str, offsets: Sequence[tuple[int, int]]) -> str:
    """Days since 1970-01-01 by local clocks. ``column`` is an expression of microseconds (UTC), ``offsets`` those of
    ``hub.journey.offsets``."""
    return f"({_moved(column, offsets)} / {_DAY} - {_BEFORE})"


def of_text(column: str) -> str:
    """Days since 1970-01-01 of text, ``2026-01-31``."""
    return f"({_first_of(_part(column, 1, 4), _part(column, 6, 2))} + {_part(column, 9, 2)} - 1)"


def first_of_month(months: str) -> str:
    """Days since 1970-01-01 of the first day of a month, which is counted since January of the year 0."""
    return _first_of(f"({months} / 12)", f"({months} % 12 + 1)")


def _first_of(year: str, month: str) -> str:
    """By the civil calendar, as in ``hub.store.buckets``."""
    since = f"({year} - CASE WHEN {month} < 3 THEN 1 ELSE 0 END)"
    days = f"(153 * (({month} + 9) % 12) + 2) / 5"
    return f"(365 * {since} + {since} / 4 - {since} / 100 + {since} / 400 + {days} - 719468)"


def month_of_text(column: str) -> str:
    """Months since January of the year 0 of such a text."""
    return f"(12 * {_part(column, 1, 4)} + {_part(column, 6, 2)} - 1)"


def _part(column: str, start: int, length: int) -> str:
    return f"CAST(substr({column}, {start}, {length}) AS bigint)"


def hour(column: str, offsets: Sequence[tuple[int, int]]) -> str:
    """The hour of the day by local clocks, 0 to 23."""
    return f"({_moved(column, offsets)} % {_DAY} / {_DAY // 24})"


def weekday(column: str, offsets: Sequence[tuple[int, int]]) -> str:
    """The ISO day of the week by local clocks, Monday is 1."""
    return f"(({_moved(column, offsets)} / {_DAY} + {_FROM_MONDAY}) % 7 + 1)"


def _moved(column: str, offsets: Sequence[tuple[int, int]]) -> str:
    """Microseconds by local clocks since a day long before."""
    if len(offsets) == 1:
        shift = str(offsets[0][1])
    else:
        cases = " ".join(
            f"WHEN {column} < {since} THEN {east}"
            for (since, _), (_, east) in zip(offsets[1:], offsets[:-1], strict=True)
        )
        shift = f"CASE {cases} ELSE {offsets[-1][1]} END"
    return f"({column} + {shift} + {_BEFORE * _DAY})"
