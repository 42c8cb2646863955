"""The provider as a connector under test meets it: a fake of the author's, behind a line that can be disturbed."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import httpx

from hub.testing.clock import Endless, VirtualClock

Handler = Callable[[httpx.Request], Any]
Trouble = Callable[[httpx.Request], httpx.Response | None]
"""What comes instead of the provider's answer, or None; it may raise an error of the transport."""

MOST_REQUESTS = 3000
_MOST_AT_ONCE = 50
_OF_THE_WAY = {"content-length", "content-encoding", "transfer-encoding"}
"""Headers that say how a body came, which by then it has."""
PATIENCE = 7
"""Seconds that a provider which is asked too much asks for."""


@dataclass
class Line(httpx.AsyncBaseTransport):
    """A transport that remembers what went over it. ``rewrite`` changes the bodies of good answers."""

    inner: httpx.AsyncBaseTransport
    clock: VirtualClock
    trouble: Trouble | None = None
    rewrite: Callable[[bytes], bytes] | None = None
    asked: list[httpx.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    _instant: Any = None
    _at_once: int = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One exchange."""
        self.asked.append(request)
        if len(self.asked) > MOST_REQUESTS:
            raise Endless(f"The provider was asked {len(self.asked):,} times in one trial, and it went on.")
        if self.trouble is not None and (instead := self.trouble(request)) is not None:
            self._refused(instead)
            instead.request = request
            return instead
        response = await self.inner.handle_async_request(request)
        body = await response.aread()
        self.bodies.append(body)
        headers = [(name, value) for name, value in response.headers.multi_items() if name not in _OF_THE_WAY]
        if self.rewrite is not None:
            body = self.rewrite(body)
        return httpx.Response(response.status_code, headers=headers, content=body, request=request)

    def _refused(self, answer: httpx.Response) -> None:
        """Time stands still unless the connector sleeps, so refusals at the same moment are those of a busy loop."""
        now = self.clock.now()
        self._at_once = self._at_once + 1 if now == self._instant and answer.is_error else 1
        self._instant = now
        if self._at_once > _MOST_AT_ONCE:
            raise Endless(f"The provider was asked again {self._at_once} times at the same moment: wait in between.")


def transport(provider: object) -> httpx.AsyncBaseTransport:
    """The way to an ASGI application, or to a function that answers an ``httpx.Request``."""
    if hasattr(provider, "__self__") or (callable(provider) and getattr(provider, "__code__", None) is not None):
        return httpx.MockTransport(provider)  # type: ignore[arg-type]
    return httpx.ASGITransport(provider)  # type: ignore[arg-type]


@dataclass
class RateLimit:
    """Each address is refused twice, with seconds to wait and then with a time to wait for."""

    clock: VirtualClock
    early: list[str] = field(default_factory=list)
    """What was asked before it was allowed."""
    refused: int = 0
    _times: dict[str, int] = field(default_factory=dict)
    _until: Any = None

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        """429, or None."""
        now = self.clock.now()
        if self._until is not None and now < self._until:
            self.early.append(f"{request.method} {request.url.copy_with(query=None)}")
        address = f"{request.method} {request.url}"
        times = self._times[address] = self._times.get(address, 0) + 1
        if times > 2:
            return None
        self.refused += 1
        wait = timedelta(seconds=PATIENCE)
        # A time in a header has whole seconds.
        until = now + wait if times == 1 else (now + wait).replace(microsecond=0) + timedelta(seconds=1)
        self._until = until
        said = str(PATIENCE) if times == 1 else format_datetime(until, usegmt=True)
        return httpx.Response(429, headers={"retry-after": said})


@dataclass
class BadDay:
    """Three of ten answers are a reset, a 503, a 429 or a page that is no JSON. The same for the same seed."""

    seed: int
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)  # noqa: S311 (a test)

    def __call__(self, request: httpx.Request) -> httpx.Response | None:
        """Trouble, or None."""
        if self._dice.random() >= 0.3:
            return None
        match self._dice.randrange(4):
            case 0:
                raise httpx.ReadError("connection reset", request=request)
            case 1:
                return httpx.Response(503, headers={"retry-after": "1"})
            case 2:
                return httpx.Response(429, headers={"retry-after": "2"})
            case _:
                return httpx.Response(200, html="<html>Down for maintenance.")
