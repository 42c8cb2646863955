"""Rows that requests bring: those that wait for the writer together are accepted together, stream by stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

from hub.connector import Row, Stream
from hub.errors import RetryLater
from hub.ingest.accept import Accepted, Arrival, accept
from hub.ingest.sources import Source
from hub.ingest.threads import Threads
from hub.store.session import Session
from hub.store.writing import records

_MOST_WAITING = 1000
"""Requests whose rows wait; past it they are told to come later: back-pressure instead of memory."""
_MOST_TOGETHER = 1000
"""Rows in one transaction, unless a single request brings more."""
_DAY = 86_400_000_000

Stored = tuple[Accepted, str]
"""What became of the rows of one request, and the id of the run they were stored by."""


@dataclass(slots=True)
class _Parcel:
    rows: Sequence[Row]
    answer: asyncio.Future[Stored]


@dataclass(slots=True)
class _Queue:
    """The parcels of one stream. ``called``: a job that will take them waits for its turn."""

    source: int
    stream: Stream
    parcels: list[_Parcel] = field(default_factory=list)
    called: bool = False


class Intake:
    """Stores rows of requests. For the event loop of the hub."""

    def __init__(self, threads: Threads, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._queues: dict[tuple[int, str], _Queue] = {}
        self._waiting = 0
        self._lock = Lock()
        self._carrying: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """Requests whose rows are not on disk yet."""
        return self._waiting

    async def store(self, source: Source, stream: Stream, rows: Sequence[Row]) -> Stored:
        """Accept rows; the answer comes once they are on disk. Raises ``RetryLater`` when too many wait already."""
        if self._waiting >= _MOST_WAITING:
            raise RetryLater("The hub has more to store than it can take right now.", after=1)
        parcel = _Parcel(rows, self._loop.create_future())
        queue = self._queues.setdefault((source.num, stream.name), _Queue(source.num, stream))
        queue.stream = stream  # as the source is configured now
        with self._lock:
            queue.parcels.append(parcel)
        self._call(queue)
        self._waiting += 1
        try:
            with self._threads.storing():
                return await parcel.answer
        finally:
            self._waiting -= 1

    def _call(self, queue: _Queue) -> None:
        """See to it that a job comes for what waits."""
        with self._lock:
            if queue.called or not queue.parcels:
                return
            queue.called = True
        carrying = self._loop.create_task(self._carry(queue))
        self._carrying.add(carrying)
        carrying.add_done_callback(self._carrying.discard)

    async def _carry(self, queue: _Queue) -> None:
        taken: list[_Parcel] = []
        try:
            stored = await self._threads.store(lambda session: self._accept(session, queue, taken))
        except Exception as error:  # noqa: BLE001 (those who wait must hear it)
            for parcel in taken or self._take(queue):
                _answer(parcel, error)
        else:
            for parcel, outcome in zip(taken, stored, strict=True):
                _answer(parcel, outcome)

    def _take(self, queue: _Queue) -> list[_Parcel]:
        """The parcels whose turn it is; later ones wait for another job."""
        with self._lock:
            queue.called = False
            many, rows = 0, 0
            for parcel in queue.parcels:
                rows += len(parcel.rows)
                if many and rows > _MOST_TOGETHER:
                    break
                many += 1
            taken, queue.parcels = queue.parcels[:many], queue.parcels[many:]
        if queue.parcels:
            self._loop.call_soon_threadsafe(self._call, queue)
        # Whoever went away before their turn is passed over; from here on nobody can.
        return [parcel for parcel in taken if not parcel.answer.cancelled()]

    def _accept(self, session: Session, queue: _Queue, taken: list[_Parcel]) -> list[Stored | Exception]:
        """The writer's job: all parcels at once, or each alone when they cannot be stored together."""
        taken += self._take(queue)
        if not taken:
            return []
        try:
            with nullcontext() if len(taken) == 1 else session.savepoint():
                return list(self._together(session, queue, taken))
        except RetryLater:
            raise  # the storage's own trouble, which each alone would have too
        except Exception:
            if len(taken) == 1:
                raise
        alone: list[Stored | Exception] = []
        for parcel in taken:
            try:
                with session.savepoint():
                    alone += self._together(session, queue, [parcel])
            except RetryLater:
                raise
            except Exception as error:  # noqa: BLE001 (its sender hears it; the others are none the worse)
                alone.append(error)
        return alone

    def _together(self, session: Session, queue: _Queue, parcels: Sequence[_Parcel]) -> Sequence[Stored]:
        at = self._clock()
        num, run = records.standing_run(session, queue.source, at, at - at % _DAY)
        rows = [row for parcel in parcels for row in parcel.rows]
        outcomes = iter(accept(session, Arrival(queue.source, queue.stream, num, at), rows).outcomes)
        stored = []
        for parcel in parcels:
            held = list(islice(outcomes, len(parcel.rows)))
            stored.append((Accepted(held, max((number for _, number in held), default=0)), run))
        return stored


def _answer(parcel: _Parcel, outcome: Stored | Exception) -> None:
    if parcel.answer.done():
        return
    if isinstance(outcome, Exception):
        parcel.answer.set_exception(outcome)
    else:
        parcel.answer.set_result(outcome)
