"""How far processing has come, for whoever waits to see a write."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hub.store import ledger
from hub.store.reader import Reader

_LOOK = 0.05
"""Seconds between looks at what another process has processed."""


class Progress:
    """The last processed truth number, as this process knows it. Made on the event loop that waits."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._seen = 0
        self._loop = asyncio.get_running_loop()
        self._news = asyncio.Event()

    def announce(self, processed: int) -> None:
        """From the processor's thread: tell the event loop how far it has come."""
        if processed != self._seen and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._heard, processed)

    def _heard(self, processed: int) -> None:
        self._seen = max(self._seen, processed)
        self._news.set()
        self._news = asyncio.Event()

    async def read(self) -> int:
        """The last processed truth number as the store has it, also where another process processes."""
        async with self._reader.snapshot() as snapshot:
            self._seen = max(self._seen, await ledger.processed(snapshot))
        return self._seen

    async def news(self, timeout: float) -> None:  # noqa: ASYNC109 (the caller's patience is data here)
        """Wait for an announcement of this process' processor, ``timeout`` seconds at most."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), timeout)

    async def beyond(self, after: int, timeout: float) -> int:  # noqa: ASYNC109 (the caller's patience is data here)
        """Wait until more than ``after`` is processed, ``timeout`` seconds at most: the number reached."""
        deadline = self._loop.time() + timeout
        while self._seen <= after:
            left = deadline - self._loop.time()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(self._news.wait(), min(left, _LOOK))
            except TimeoutError:
                await self.read()
        return self._seen
