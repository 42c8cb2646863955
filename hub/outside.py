"""What a connector may use of the world outside: the time, patience, HTTP, and the credentials it was given."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime

import httpx

from hub.clock import now

Keep = Callable[[str, str], Awaitable[None]]
"""Stores a credential under its name, on disk before it answers."""


async def _kept_nowhere(name: str, value: str) -> None:
    """For a connector that nobody keeps credentials for: a dry run, a test."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How many requests a provider takes from one account in how many seconds."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Outside:
    """The world as the hub lends it to a connector; the acceptance kit lends another, with a clock of its own.

    ``credentials`` are secrets that came after the settings (a rotated refresh token), by name; ``keep`` stores one.
    """

    now: Callable[[], datetime] = now
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    transport: httpx.AsyncBaseTransport | None = None
    credentials: Mapping[str, str] | None = None
    keep: Keep = _kept_nowhere
    budget: Budget | None = None

    def http(
        self, base_url: str = "", *, headers: Mapping[str, str] | None = None
    ) -> AbstractAsyncContextManager[httpx.AsyncClient]:
        """A client for one provider."""
        return httpx.AsyncClient(base_url=base_url, headers=headers, transport=self.transport)
