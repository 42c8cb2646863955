"""How much each token may ask for in a minute: a bucket for each, filled evenly, emptied by what answers cost."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping

from hub.errors import RetryLater

MINUTE = 60.0
_MOST_BUCKETS = 10_000


class RateLimited(RetryLater):
    """The token has asked for too much in the last minute."""

    code = "RATE_LIMITED"


class Rates:
    """The buckets of one process. ``limit`` is the cost that a token may ask for in a minute; None for no limit."""

    def __init__(self, limit: int | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def demand(self, token: str) -> None:
        """Raises ``RateLimited`` while a token's bucket is empty."""
        if self._limit is None or not token:
            return
        level = self._level(token, self._limit)
        if level < 0:
            after = math.ceil(-level / self._limit * MINUTE) or 1
            raise RateLimited(f"This token may ask for {self._limit:,} in a minute. Wait a little.", after=after)

    def take(self, token: str, cost: int) -> None:
        """Take the cost of an operation out of a token's bucket. Raises ``RateLimited`` when there is not so much.

        What costs more than a whole bucket is let through when the bucket is full, and paid for afterwards.
        """
        if self._limit is None or not token:
            return
        level = self._level(token, self._limit)
        wanted = min(cost, self._limit)
        if level < wanted:
            after = math.ceil((wanted - level) / self._limit * MINUTE)
            raise RateLimited(
                f"This costs {cost:,}, and this token may ask for {self._limit:,} in a minute. Wait a little.",
                after=after,
            )
        self._buckets[token] = level - cost, self._clock()

    def give_back(self, token: str, cost: int) -> None:
        """Give back what was taken for an operation that was not run."""
        if token in self._buckets:
            level, at = self._buckets[token]
            self._buckets[token] = level + cost, at

    def headers(self, token: str) -> Mapping[str, str]:
        """``RateLimit`` and ``RateLimit-Policy``, by the IETF's draft of RateLimit header fields for HTTP."""
        if self._limit is None or not token:
            return {}
        level = self._level(token, self._limit)
        full = math.ceil((self._limit - level) / self._limit * MINUTE)
        return {
            "RateLimit-Policy": f'"cost";q={self._limit};w={MINUTE:.0f}',
            "RateLimit": f'"cost";r={max(0, math.floor(level))};t={full}',
        }

    def _level(self, token: str, limit: int) -> float:
        now = self._clock()
        level, at = self._buckets.get(token, (float(limit), now))
        if len(self._buckets) > _MOST_BUCKETS:
            # A bucket that nobody has touched for so long is full: as good as none.
            longest = MINUTE * 10
            self._buckets = {name: held for name, held in self._buckets.items() if now - held[1] < longest}
        return min(float(limit), level + (now - at) * limit / MINUTE)
