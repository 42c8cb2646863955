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
    """Days since 1970-01-01 of text, ``2026-01-31``, by the civil calendar (as in ``hub.store.buckets``)."""
    month, since_march = _part(column, 6, 2), f"(({_part(column, 6, 2)} + 9) % 12)"
    year = f"({_part(column, 1, 4)} - CASE WHEN {month} < 3 THEN 1 ELSE 0 END)"
    days = f"(153 * {since_march} + 2) / 5 + {_part(column, 9, 2)}"
    return f"(365 * {year} + {year} / 4 - {year} / 100 + {year} / 400 + {days} - 719469)"


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
