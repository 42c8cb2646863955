"""How often a customer shows a sign of life: the days between the days on which they did."""

from __future__ import annotations

from bisect import insort
from datetime import date

from hub.journey.standing_rules import Rhythm


class Pace:
    """Told of days in order; several signs on one day are one."""

    __slots__ = ("_first", "_gaps", "_last", "_rules", "intervals")

    def __init__(self, rules: Rhythm) -> None:
        self._rules = rules
        self._first: date | None = None
        self._last: date | None = None
        self._gaps: list[int] = []
        """In order of size; kept for a median only."""
        self.intervals = 0
        """How many there are: one less than days."""

    def add(self, day: date) -> None:
        """A day with a sign of life, not before any other."""
        if self._last is None:
            self._first = day
        elif day > self._last:
            self.intervals += 1
            if self._rules.of == "median":
                insort(self._gaps, (day - self._last).days)
        else:
            return
        self._last = day

    @property
    def span(self) -> int:
        """Days from the first to the last."""
        return 0 if self._first is None or self._last is None else (self._last - self._first).days

    @property
    def usual(self) -> float | None:
        """The median or mean interval in days; None while there are fewer than the rules ask for."""
        if self.intervals < self._rules.intervals:
            return None
        if self._rules.of == "mean":
            return self.span / self.intervals
        middle = self.intervals // 2
        if self.intervals % 2:
            return self._gaps[middle]
        return (self._gaps[middle - 1] + self._gaps[middle]) / 2
