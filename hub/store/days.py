"""The day on which something happened in a time zone, in SQL that both databases read."""

from __future__ import annotations

from collections.abc import Sequence

_DAY = 86_400_000_000
_BEFORE = 1_000_000
"""More days than lie between any time and 1970, so that no quotient is of a negative number."""


def local(column: str, offsets: Sequence[tuple[int, int]]) -> str:
    """Days since 1970-01-01 by local clocks. ``column`` is an expression of microseconds (UTC), ``offsets`` those of
    ``hub.journey.offsets``."""
    if len(offsets) == 1:
        shift = str(offsets[0][1])
    else:
        cases = " ".join(
            f"WHEN {column} < {since} THEN {east}"
            for (since, _), (_, east) in zip(offsets[1:], offsets[:-1], strict=True)
        )
        shift = f"CASE {cases} ELSE {offsets[-1][1]} END"
    return f"(({column} + {shift} + {_BEFORE * _DAY}) / {_DAY} - {_BEFORE})"
