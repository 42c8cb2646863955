"""Analyses that may take longer than a request: they go on when nobody waits, and their answers are kept a moment."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from hub.errors import RetryLater
from hub.store.reader import Reader, Snapshot

T = TypeVar("T")

PATIENCE: Final = 8.0
"""Seconds that somebody waits for an answer, and from which on one is slow."""
_KEPT: Final = 60.0
"""Seconds for which a slow answer is given again: reads are at most so far behind."""
_AT_ONCE: Final = 2
"""Analyses that go on at the same time."""


@dataclass(slots=True)
class _Reckoning:
    """One analysis: up to which number it shows everything, when it began and ended (by the monotonic clock)."""

    processed: int
    began: float
    task: asyncio.Task[Any]
    ended: float | None = None

    def serves(self, processed: int) -> bool:
        """Whether who sees everything up to a number may be given this one."""
        slow = (self.ended or time.monotonic()) - self.began > PATIENCE
        return slow or self.processed >= processed


class Reckonings:
    """The analyses under way, for the event loop of a hub. Each reads by a ``reader`` of its own.

    Whoever asks holds a connection while they wait, so that those of one reader could all be held by who waits.
    """

    def __init__(self, reader: Callable[[], Reader]) -> None:
        self._reader = reader
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._known: dict[str, _Reckoning] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    async def get(self, asked: str, processed: int, reckon: Callable[[Snapshot], Awaitable[T]]) -> tuple[T, int]:
        """What an analysis comes to, and up to which number that shows everything.

        ``asked`` is the whole question, ``processed`` up to where the asker sees everything. Who asks the same together
        shares one analysis. Raises ``RetryLater`` when it takes long; who asks again is given what it comes to, for as
        long as that is kept.
        """
        known = self._known.get(asked)
        if known is None or not known.serves(processed):
            known = self._begin(asked, processed, reckon)
        done, _ = await asyncio.wait([known.task], timeout=PATIENCE)
        if not done:
            raise RetryLater("This takes a while to reckon and goes on; ask again in a moment.", after=5)
        return known.task.result(), known.processed

    def _begin(self, asked: str, processed: int, reckon: Callable[[Snapshot], Awaitable[T]]) -> _Reckoning:
        begun = _Reckoning(processed, time.monotonic(), asyncio.create_task(self._reckon(reckon)))
        self._tasks.add(begun.task)
        begun.task.add_done_callback(lambda _: self._end(asked, begun))
        self._known[asked] = begun
        return begun

    async def _reckon(self, reckon: Callable[[Snapshot], Awaitable[T]]) -> T:
        async with self._room:
            reader = self._reader()
            try:
                async with reader.snapshot() as snapshot:
                    return await reckon(snapshot)
            finally:
                await reader.close()

    def _end(self, asked: str, begun: _Reckoning) -> None:
        begun.ended = time.monotonic()
        self._tasks.discard(begun.task)
        if not begun.task.cancelled():
            begun.task.exception()  # whoever asked may have gone
        if begun.ended - begun.began > PATIENCE:
            asyncio.get_running_loop().call_later(_KEPT, self._forget, asked, begun)
        else:
            self._forget(asked, begun)

    def _forget(self, asked: str, begun: _Reckoning) -> None:
        if self._known.get(asked) is begun:
            del self._known[asked]

    async def close(self) -> None:
        """Stop what goes on."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
