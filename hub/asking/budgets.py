"""Budgets: never more requests in any window than a provider takes."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx

from hub.errors import RetryLater


@dataclass(frozen=True, slots=True)
class Budget:
    """How many requests a provider takes from one account in how many seconds.

    ``key``: sources that name the same one share the budget, in one process (``mastodon:social.example`` where the
    limit is one of the server); without it each source has its own. Workers in other processes have theirs: where
    several would share a key, let each take a part, or let the provider's own 429 do the rest.
    ``reset``: the header that says when the provider takes requests again, as an ISO time, as seconds since 1970 or
    as seconds from now. It is believed before ``Retry-After``.
    """

    requests: int
    seconds: float
    key: str = ""
    reset: str = ""


class Allowance:
    """What is left of a budget: the instants of the last requests, as many as may come in a window."""

    def __init__(self, budget: Budget) -> None:
        self._seconds = budget.seconds
        self._granted: deque[float] = deque(maxlen=max(1, budget.requests))

    def take(self, at: float, patience: float) -> float:
        """Seconds to wait before the next request, which is then granted; beyond ``patience`` it is not."""
        granted = self._granted
        if granted and granted[-1] > at + patience + self._seconds:  # the clock was set back
            granted.clear()
        start = max(at, granted[0] + self._seconds) if len(granted) == granted.maxlen else at
        if start - at <= patience:
            granted.append(start)
        return start - at


class Rationed(httpx.AsyncBaseTransport):
    """A transport that keeps a budget: every request on the wire counts, retries, redirects and new tokens included."""

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        allowance: Allowance | None,
        *,
        at: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
        patience: float,
        lent: bool,
    ) -> None:
        self._inner = inner
        self._allowance = allowance
        self._at = at
        self._sleep = sleep
        self._patience = patience
        self._lent = lent

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises ``RetryLater`` when the budget is used up for longer than anybody wants to wait."""
        if self._allowance is not None:
            wait = self._allowance.take(self._at(), self._patience)
            if wait > self._patience:
                raise RetryLater(f"{request.url.host} takes no more requests for now.", after=wait)
            if wait > 0:
                await self._sleep(wait)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """A transport that was lent stays open: it is the lender's."""
        if not self._lent:
            await self._inner.aclose()
