"""Which pattern the dates of a column are written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.cells import moment
from hub import sdk

_DAYS: tuple[str, ...] = (
    "%d.%m.%Y",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%Y%m%d",
    "%d.%m.%y",
    "%d/%m/%y",
    "%m/%d/%y",
)
_DAYS += ("%d-%m-%y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y")
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
_MONTH_FIRST = {"US", "PH", "FM", "PW", "MH", "BZ"}
"""Countries where 03/04 is the 4th of March."""
_YEARS = (1900, 2100)


@dataclass(frozen=True, slots=True)
class Dated:
    """How dates are written: a strptime pattern, ``unix``, ``unix_ms``, or None for ISO 8601.

    ``otherwise``: another pattern that reads every one of them as well, as another day.
    """

    pattern: str | None
    otherwise: str | None = None


def dated(texts: Sequence[str], country: str) -> Dated | None:
    """How texts are written that are all dates, or None when they are not. An ISO 3166 ``country`` says which of
    day and month comes first where both may be."""
    if not texts:
        return None
    if _reads(texts, None):
        return Dated(None)
    for ticks, low, high in (("unix", 9, 10), ("unix_ms", 12, 13)):
        if all(low <= len(sdk.digits(text)) <= high and text.isdecimal() for text in texts) and _reads(texts, ticks):
            return Dated(ticks)
    fitting = [day + time for day in _DAYS for time in _TIMES if _reads(texts, day + time)]
    fitting.sort(key=lambda pattern: pattern.startswith("%m") != (country in _MONTH_FIRST))
    if not fitting:
        return None
    return Dated(fitting[0], next((each for each in fitting[1:] if each[:2] != fitting[0][:2]), None))


def _reads(texts: Sequence[str], pattern: str | None) -> bool:
    try:
        return all(_YEARS[0] <= moment(text, pattern, "UTC").year <= _YEARS[1] for text in texts)
    except (sdk.RowUnreadable, ValueError):
        return False
