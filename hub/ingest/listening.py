"""Waiting for the news of live sources, under their leases."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial

from hub.errors import HubError, RetryLater
from hub.ingest.leases import Instant, Leases
from hub.ingest.schedule import back_off, live_streams
from hub.ingest.sources import Source
from hub.ingest.threads import Threads
from hub.store.session import Session
from hub.store.writing import leases, records

_log = logging.getLogger(__name__)
_LEAST = 1.0
"""Seconds between a pull and the next one that news may bring about."""


class Listening:
    """Waits for news and then sees to it that the source is pulled. For one event loop.

    ``turned`` is called when a source is to be pulled.
    """

    def __init__(self, threads: Threads, held: Leases, instant: Instant, turned: Callable[[], None]) -> None:
        self._threads = threads
        self._held = held
        self._instant = instant
        self._turned = turned
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._chance = random.SystemRandom()

    @property
    def sources(self) -> list[int]:
        """Row numbers of the sources that are listened to."""
        return list(self._tasks)

    def begin(self, source: Source, seconds: float, *, brought: bool) -> None:
        """Wait for news of a source, so many ``seconds`` at most. ``brought``: whether its last pull was of use."""
        task = asyncio.create_task(self._listen(source, seconds, brought))
        self._tasks[source.num] = task
        self._held.hold(source.num, None, task)

    async def end(self, source: int) -> None:
        """Wait for news of a source no more."""
        task = self._tasks.get(source)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Wait for nothing any more; whoever comes next may begin at once."""
        await asyncio.gather(*(self.end(source) for source in self.sources))

    async def _listen(self, source: Source, seconds: float, brought: bool) -> None:
        task, clock = asyncio.current_task(), asyncio.get_running_loop().time
        began, early, failing = clock(), 0.0, False
        try:
            heard = await self._news(source, seconds)
            early = max(0.0, began + _LEAST - clock())
            # News that come at once and bring nothing are none.
            failing = not heard or (early > 0 and not brought)
        finally:
            self._held.leave(source.num, task)
            del self._tasks[source.num]
            with suppress(RetryLater):  # then the lease ends by itself
                await self._threads.store(lambda session: self._let_go(session, source.num, early, failing))
            self._turned()

    async def _news(self, source: Source, seconds: float) -> bool:
        """Wait for news of any stream. False when a stream could not be waited for."""
        waiting = []
        for stream in live_streams(source.connector):
            cursor = await self._threads.store(partial(records.checkpoint, source=source.num, stream=stream.name))
            waiting.append(asyncio.create_task(stream.news(cursor)))
        try:
            done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for each in done:
                each.result()
        except HubError as error:
            _log.warning("listening to %s failed: %s", source.name, error.message)
            return False
        except Exception:  # noqa: BLE001 (a connector may fail in any way)
            _log.exception("listening to %s failed", source.name)
            return False
        finally:
            for each in waiting:
                each.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        return True

    def _let_go(self, session: Session, source: int, early: float, failing: bool) -> None:
        records.take_numbers(session)
        if not leases.listens(session, source, self._held.holder):
            return
        failures = leases.of(session, source).failures + 1 if failing else 0
        after = back_off(failures, None, self._chance) if failing else early
        leases.settle(session, source, self._instant(session) + round(after * 1_000_000), failures, None)
