"""The two threads of an open hub: one writes truth, one processes. The event loop hands them jobs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from typing import TypeVar

from hub.errors import RetryLater
from hub.ingest.batch import Batch
from hub.ingest.crowd import Crowd
from hub.ingest.preview import Preview, witness
from hub.ingest.process import Processor
from hub.ingest.processing import Processing
from hub.ingest.progress import Progress
from hub.ingest.pull import TOGETHER
from hub.ingest.writer import Writer
from hub.store.engine import Store
from hub.store.session import Session

T = TypeVar("T")

_LARGE_BATCH = 5000
_SMALL_BATCH = 200
"""Records in a batch while requests wait, so that no answer waits long for the disk or the interpreter."""

_TIDYING = 5.0
"""Seconds that the processor waits while truth is tidied."""
_PATIENCE = 30.0
"""Seconds that somebody who corrects waits to hear what it has changed."""
_LATELY = 1.0
"""Seconds after a request that stored rows in which a pull makes room for the next."""
_SMALL_PORTION = 100
"""Rows that it stores in one transaction then."""
_ROOM = 2.0
"""How much longer than it wrote it rests then."""
_LONGEST_REST = 1.0
"""Seconds, at most."""


class Threads:
    """Runs jobs on the writing sessions; made on the event loop that will wait for them."""

    def __init__(self, store: Store, truth: Session, make: Callable[[Session], Processor], progress: Progress) -> None:
        self._store = store
        self._progress = progress
        self._waiting = self._pulling = self._storing = 0
        self._stored = -_LATELY  # when a request last stored rows
        self._crowd = Crowd()
        self._processing = Processing(store, make, progress.announce, self._size, self._crowd.rest, self._tidy)
        self._writer = Writer(truth, self._processing.wake)
        self._processing.wake()

    @property
    def projection(self) -> Session:
        """The session that writes the live projection set; for jobs between batches."""
        return self._processing.session

    @property
    def processor(self) -> Processor:
        """The processor of that session; likewise."""
        return self._processing.processor

    def _size(self) -> tuple[int, int]:
        """The least and most records in a batch: at once and small for requests, gathered and large for a pull."""
        if self._waiting:
            return 1, _SMALL_BATCH
        return (_LARGE_BATCH if self._pulling else 1), _LARGE_BATCH

    def _tidy(self) -> None:
        with suppress(RetryLater, TimeoutError):
            self._writer.tidy().result(_TIDYING)

    async def store(self, job: Callable[[Session], T]) -> T:
        """Run a job on the session that writes truth; the answer comes once it is on disk."""
        return await asyncio.wrap_future(self._writer.submit(job))

    async def store_beside(self, job: Callable[[Session], T]) -> T:
        """The same for a pull, which is in no hurry: while requests store rows too, it leaves the thread to them."""
        began = time.monotonic()
        done = await self.store(job)
        if self._stores():
            await asyncio.sleep(min(_LONGEST_REST, _ROOM * (time.monotonic() - began)))
        return done

    def portion(self) -> int:
        """Rows of a pull in one transaction, at most."""
        return _SMALL_PORTION if self._stores() else TOGETHER

    def _stores(self) -> bool:
        """Whether a request has stored rows lately."""
        return time.monotonic() - self._stored < _LATELY

    async def write(self, job: Callable[[Session], T]) -> T:
        """The same for a request: while one waits, batches are small."""
        with self.request():
            return await self.store(job)

    async def between_batches(self, job: Callable[[], T]) -> T:
        """Run a job on the processing thread, once everything accepted so far is processed."""
        return await asyncio.wrap_future(self._processing.submit(job))

    async def witness(self, job: Callable[[Session], int]) -> tuple[int, Preview | None]:
        """Write truth rows; the answer is the last of their numbers, and what processing them has changed.

        None when another process processes, or this one does not come to it within ``_PATIENCE`` seconds.
        """
        seen: Future[Preview] = Future()

        def look(batch: Batch) -> None:
            if not seen.set_running_or_notify_cancel():
                return  # whoever asked went away
            try:
                with closing(self._store.projection(batch.session.projection_set)) as beside:
                    seen.set_result(witness(batch, beside))
            except Exception as error:  # noqa: BLE001 (whoever asked gets it; the batch goes on)
                seen.set_exception(error)

        def write(session: Session) -> int:
            number = job(session)
            # Before it is committed, so that the processor cannot be faster.
            self.processor.watched[number] = look
            return number

        number = await self.write(write)
        with self.request():
            self._processing.wake()
            try:
                return number, await asyncio.wait_for(asyncio.wrap_future(seen), _PATIENCE)
            except TimeoutError:
                return number, None

    @property
    def writes_waiting(self) -> int:
        """Jobs that wait for the session that writes truth."""
        return self._writer.waiting

    @property
    def batches(self) -> tuple[int, float]:
        """Batches that this process has processed, and the seconds that they took."""
        return self._processing.batches, self._processing.seconds

    @property
    def processes(self) -> bool:
        """Whether this process is the one that processes."""
        return self._processing.mine

    @contextmanager
    def request(self) -> Iterator[None]:
        """While a request waits batches are small; a pull is none."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    @contextmanager
    def storing(self) -> Iterator[None]:
        """While a request waits for its rows to be stored."""
        self._storing += 1
        self._stored = time.monotonic()
        self._crowd.meet(self._storing)
        try:
            with self.request():
                yield
        finally:
            self._storing -= 1

    @contextmanager
    def pulling(self) -> Iterator[None]:
        """While a pull goes on batches gather."""
        self._pulling += 1
        try:
            yield
        finally:
            self._pulling -= 1

    async def processed_beyond(self, number: int, timeout: float) -> int:  # noqa: ASYNC109 (the caller's patience is data here)
        """Wait until more than ``number`` is processed, ``timeout`` seconds at most: the number reached."""
        self._processing.wake()
        return await self._progress.beyond(number, timeout)

    async def close(self) -> None:
        """Finish what was accepted, then stop."""
        await asyncio.to_thread(self._writer.close)
        await asyncio.to_thread(self._processing.close)
