"""Rows that requests bring: those that wait for the writer together are accepted together, stream by stream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
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


@dataclass(frozen=True, slots=True)
class _Run:
    """The run that gathers what comes in the day that began at ``since``."""

    since: int
    num: int
    id: str


_Kept = tuple[Sequence[Stored], _Run | None]


@dataclass(slots=True)
class _Queue:
    """The parcels of one stream. ``called``: a job that will take them waits for its turn. ``run``: the last used."""

    source: int
    stream: Stream
    parcels: list[_Parcel] = field(default_factory=list)
    called: bool = False
    run: _Run | None = None


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
        """All parcels at once, or each alone when they cannot be stored together."""
        taken: list[_Parcel] = []

        def job(session: Session) -> _Kept:
            taken.extend(self._take(queue))
            return self._accept(session, queue, taken) if taken else ([], queue.run)

        try:
            await self._done(queue, taken, job)
        except Exception as error:  # noqa: BLE001 (those who wait must hear it)
            if len(taken) > 1 and not isinstance(error, RetryLater):
                await asyncio.gather(*(self._carry_alone(queue, parcel) for parcel in taken))
            else:  # the storage's own trouble, which each alone would have too, or that of the only one
                self._fail(taken or self._take(queue), error)

    async def _carry_alone(self, queue: _Queue, parcel: _Parcel) -> None:
        try:
            await self._done(queue, [parcel], lambda session: self._accept(session, queue, [parcel]))
        except Exception as error:  # noqa: BLE001 (its sender hears it; the others are none the worse)
            self._fail([parcel], error)

    async def _done(self, queue: _Queue, parcels: Sequence[_Parcel], job: Callable[[Session], _Kept]) -> None:
        kept, queue.run = await self._threads.store(job)
        for parcel, stored in zip(parcels, kept, strict=True):
            if not parcel.answer.done():
                parcel.answer.set_result(stored)

    def _fail(self, parcels: Sequence[_Parcel], error: Exception) -> None:
        for parcel in parcels:
            if not parcel.answer.done():
                parcel.answer.set_exception(error)

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

    def _accept(self, session: Session, queue: _Queue, parcels: Sequence[_Parcel]) -> _Kept:
        """The writer's job."""
        at = self._clock()
        run = queue.run
        if run is None or not run.since <= at < run.since + _DAY:
            since = at - at % _DAY
            run = _Run(since, *records.standing_run(session, queue.source, at, since))
        rows = [row for parcel in parcels for row in parcel.rows]
        outcomes = iter(accept(session, Arrival(queue.source, queue.stream, run.num, at), rows).outcomes)
        kept = []
        for parcel in parcels:
            held = list(islice(outcomes, len(parcel.rows)))
            kept.append((Accepted(held, max((number for _, number in held), default=0)), run.id))
        return kept, run
