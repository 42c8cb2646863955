"""The leases that this process holds: as long as it lives it holds on to them, and it hears when one was lost."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from hub.errors import RetryLater
from hub.ingest.threads import Threads
from hub.store.session import Session
from hub.store.writing import leases, records

_log = logging.getLogger(__name__)

Instant = Callable[[Session], int]
"""The present in microseconds, by the clock that all processes of a hub share."""
SECONDS = 60.0
"""How long a lease lasts whose holder is silent."""
_BEATS = 4
"""How often a holder that lives says so in that time."""


class Leases:
    """What a process holds, each lease with the task that works under it. For one event loop."""

    def __init__(self, threads: Threads, instant: Instant, seconds: float) -> None:
        self._threads = threads
        self._instant = instant
        self.seconds = seconds
        self.holder = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(3)}"
        self._held: dict[int, tuple[int | None, asyncio.Task[Any]]] = {}
        self._beating: asyncio.Task[None] | None = None

    def until(self, now: int) -> int:
        """Until when a lease lasts that is taken or held on to ``now``."""
        return now + round(self.seconds * 1_000_000)

    def hold(self, source: int, run: int | None, task: asyncio.Task[Any]) -> None:
        """Hold on to the lease of a source for a task, which is cancelled when somebody else has it."""
        self._held[source] = run, task
        if self._beating is None or self._beating.done():
            self._beating = asyncio.create_task(self._beat())

    def leave(self, source: int, task: asyncio.Task[Any] | None) -> None:
        """Hold on no more: the task is about to give the lease back."""
        if source in self._held and self._held[source][1] is task:
            del self._held[source]

    async def close(self) -> None:
        """Say nothing any more."""
        if self._beating is not None:
            self._beating.cancel()
            with suppress(asyncio.CancelledError):
                await self._beating

    async def _beat(self) -> None:
        while self._held:
            await asyncio.sleep(self.seconds / _BEATS)
            try:
                await self._hold_on()
            except RetryLater:
                pass  # the database may be back before the leases are over
            except Exception:  # noqa: BLE001 (whoever is silent loses what it holds)
                _log.exception("saying that this process lives failed")

    async def _hold_on(self) -> None:
        held = dict(self._held)
        kept = await self._threads.store(lambda session: self._kept(session, list(held)))
        for source, (run, task) in held.items():
            if self._held.get(source) == (run, task) and (source not in kept or kept[source] != run):
                del self._held[source]
                task.cancel()

    def _kept(self, session: Session, sources: Sequence[int]) -> dict[int, int | None]:
        records.take_numbers(session)
        return leases.beat(session, self.holder, sources, self.until(self._instant(session)))
