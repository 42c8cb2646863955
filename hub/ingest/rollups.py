"""Counting in the rollups what is new or was taken out of them, a few thousand touchpoints at a time (ADR 0018)."""

from __future__ import annotations

import time
from datetime import date

from hub.journey.rates import Conversion
from hub.store.session import Session
from hub.store.writing import rollups

_FIRST_DAY = date(1970, 1, 1).toordinal()
_EVERY = 5000
"""Records between two times of counting while more of them wait."""
_MOVED_TOGETHER = 500
"""Customers that moved, each with all their touchpoints."""


class Counting:
    """When it is done: as soon as nothing else is to be done, and now and then while records come in all the time."""

    def __init__(self, session: Session, conversion: Conversion) -> None:
        self._session = session
        self._conversion = conversion
        self._since = 0
        self.apart = 0.0
        """Seconds from one time to the next, at least, while nothing else is to be done."""
        self._next = 0.0

    def after(self, records: int) -> None:
        """Some more records were processed."""
        self._since += records
        if self._since >= _EVERY:
            self.count()

    def count(self) -> bool:
        """Count some of what waits. True when there may be more."""
        self._since = 0
        moved = rollups.settle_moved(self._session, _MOVED_TOGETHER)
        nums = rollups.waiting(self._session)
        if nums:
            rollups.count(self._session, nums, [self._converted(*row) for row in self._foreign(nums)])
        return moved == _MOVED_TOGETHER or len(nums) == rollups.TOGETHER

    def go_on(self) -> bool:
        """The same, unless that was done a moment ago."""
        if time.monotonic() < self._next:
            return False
        more = self.count()
        self._next = 0.0 if more else time.monotonic() + self.apart
        return more

    def finish(self) -> None:
        """Count all that waits, in the caller's transaction."""
        while self.count():
            pass

    def _foreign(self, nums: list[int]) -> list[rollups.Foreign]:
        return rollups.foreign(self._session, nums, self._conversion.target)

    def _converted(
        self, num: int, on: str, amount: int | None, currency: str, cost: int | None, cost_currency: str
    ) -> tuple[int, int, int | None, int | None]:
        """The number of a touchpoint, its day, what it is worth and what it costs; None without a rate."""
        day = date.fromisoformat(on).toordinal() - _FIRST_DAY
        return num, day, self._worth(amount, currency, day), self._worth(cost, cost_currency, day)

    def _worth(self, amount: int | None, currency: str, day: int) -> int | None:
        if amount is None or currency == self._conversion.target:
            return amount
        return self._conversion.exchange(currency).convert(amount, day)
