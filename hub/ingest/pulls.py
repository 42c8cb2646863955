"""Pulls: each under the lease of its source, so that of all processes of a hub one at a time pulls it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from hub.errors import HubError, InputWrong, RetryLater
from hub.ingest import schedule
from hub.ingest.credentials import lend
from hub.ingest.leases import Instant, Leases
from hub.ingest.listening import Listening
from hub.ingest.pull import PullEnd, pull
from hub.ingest.sources import Source, Sources
from hub.ingest.threads import Threads
from hub.ingest.writes import Write
from hub.store.session import Session
from hub.store.writing import leases, records

T = TypeVar("T")
_log = logging.getLogger(__name__)

_SECOND = 1_000_000
_KEPT = 86_400 * _SECOND
"""For how long it is remembered that a pull brought nothing new."""
_LOOK = 1.0
"""Seconds between looks at a pull of another process that somebody waits for."""


class LeaseLost(HubError):
    """Another process pulls the source by now; nothing more of this pull is stored."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A pull that this process has begun: its run by row number and id, and when, in microseconds."""

    source: Source
    run: int
    id: str
    at: int


@dataclass(frozen=True, slots=True)
class _Work:
    """What goes on with a source here: it is pulled, or a pull of another process is watched."""

    task: asyncio.Task[None]
    pulling: bool


_STOPPED = PullEnd("INTERRUPTED", "The hub was stopped; the next run resumes.")


class Pulls:
    """The pulls of this process. For the event loop of a hub; ``clock`` gives microseconds.

    Seconds: ``lease`` without a sign of life until others go on, ``patience`` without a page until a stream has failed.
    """

    def __init__(
        self,
        threads: Threads,
        sources: Sources,
        clock: Callable[[], int],
        instant: Instant,
        *,
        lease: float,
        patience: float,
    ) -> None:
        self._threads = threads
        self._patience = patience
        self._sources = sources
        self._clock = clock
        self._instant = instant
        self._leases = Leases(threads, instant, lease)
        self._turned = asyncio.Event()
        self._listening = Listening(threads, self._leases, instant, self._turned.set)
        self._tasks: dict[int, _Work] = {}
        self._beginning: set[asyncio.Task[Any]] = set()
        self._chance = random.SystemRandom()

    @property
    def holder(self) -> str:
        """The name in which this process holds leases."""
        return self._leases.holder

    @property
    def under_way(self) -> int:
        """Pulls that go on in this process."""
        return sum(each.pulling for each in self._tasks.values())

    # When somebody asks ----------------------------------------------------------------------------------------

    async def sync(self, source: Source, *, allow_deletions: bool = False) -> str:
        """Begin a pull; the answer is its run, or the one that is under way, in whatever process.

        ``allow_deletions``: what its listings do not name is deleted however much it is.
        """
        if not source.pulled:
            raise InputWrong(f"{source.name} is told, not asked: there is nothing to pull.", path="source")
        return await self._whole(self._sync(source, allow_deletions))

    async def _sync(self, source: Source, allow_deletions: bool) -> str:
        def job(session: Session) -> Begun | str:
            records.take_numbers(session)
            now = self._instant(session)
            lease = leases.of(session, source.num)
            if lease.run is not None and lease.holds(now):
                if allow_deletions:
                    records.allow_deletions_of(session, lease.run)
                return records.run_id(session, lease.run)
            self._sources.refresh(session)
            return self._take(session, source.num, now, allow_deletions=allow_deletions)

        begun = await self._threads.write(job)
        if isinstance(begun, str):
            if source.num not in self._tasks:
                self._keep(source.num, asyncio.create_task(self._stand_by(source.num, begun)), pulling=False)
            return begun
        await self._start(begun)
        return begun.id

    async def ended(self, source: int) -> None:
        """Wait for the pull of a source, by its row number, to end, wherever it goes on."""
        while (running := self._tasks.get(source)) is not None:
            await asyncio.wait([running.task])

    async def _stand_by(self, source: int, run: str) -> None:
        """Watch a pull of another process, and go on with it should that process die."""

        def job(session: Session) -> Begun | bool:
            lease = leases.of(session, source)
            if lease.run is None or records.run_id(session, lease.run) != run:
                return False
            if lease.holds(self._instant(session)):
                return True
            records.take_numbers(session)
            if leases.of(session, source) != lease:
                return True
            self._sources.refresh(session)
            return self._take(session, source, self._instant(session))

        going: Begun | bool = True
        while going is True:
            await asyncio.sleep(min(_LOOK, self._leases.seconds / 4))
            with suppress(RetryLater):
                going = await self._threads.store(job)
        if isinstance(going, Begun):
            await self._start(going)

    # When it is time -------------------------------------------------------------------------------------------

    async def claim(self, most: int) -> float | None:
        """Begin to pull what is due, as long as fewer than ``most`` pulls go on here; the live are listened to after.

        The answer is the seconds until something else is due, None where nothing is.
        """
        return await self._whole(self._claim(most))

    async def _claim(self, most: int) -> float | None:
        room = most - self.under_way
        mine = [*self._tasks, *self._listening.sources]

        def job(session: Session) -> tuple[list[int], list[Begun], int | None, int]:
            planned, begun = self._plan(session), self._due(session, mine, room)
            now = self._instant(session)
            return planned, begun, leases.soonest(session, now), now

        planned, begun, soonest, now = await self._threads.store(job)
        for source in planned:
            await self._listening.end(source)
        for each in begun:
            self._begin(each, listens=True)
        return None if soonest is None else (soonest - now) / _SECOND

    async def hasten(self, source: Source, seconds: float) -> None:
        """Have a source pulled after so many seconds at most, if it is pulled by the clock at all."""

        def job(session: Session) -> None:
            records.take_numbers(session)
            leases.hasten(session, source.num, self._instant(session) + round(seconds * _SECOND))

        await self._threads.store(job)

    async def plan_again(self) -> None:
        """Plan anew what was never to be pulled by the clock: connectors may have changed since."""

        def job(session: Session) -> None:
            records.take_numbers(session)
            leases.plan_again(session)

        await self._threads.store(job)

    async def turn(self, seconds: float) -> None:
        """Wait until something has ended here that makes room or is to be pulled again, ``seconds`` at most."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._turned.wait(), seconds)
        self._turned.clear()

    def wake(self) -> None:
        """Have whoever waits for a turn look at once: a source was changed."""
        self._turned.set()

    async def close(self) -> None:
        """Stop all pulls where they stand, which is at the last page that was stored, and give their leases back."""
        await asyncio.gather(*self._beginning, return_exceptions=True)
        tasks = [each.task for each in self._tasks.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._listening.close()
        await self._leases.close()

    # In the writer's thread ------------------------------------------------------------------------------------

    def _plan(self, session: Session) -> list[int]:
        """Say of sources that are new or were changed when they are pulled; the answer is which."""
        if not leases.unplanned(session):
            return []
        records.take_numbers(session)
        self._sources.refresh(session)
        now = self._instant(session)
        planned = leases.unplanned(session)
        for each in planned:
            connector = self._sources[each.source].connector
            gap = schedule.interval(connector, each.every)
            at_once = each.failing or each.pulled_at is None or schedule.live_streams(connector)
            after = now if at_once else max(now, (each.pulled_at or 0) + (gap or 0) * _SECOND)
            leases.plan(session, each.source, None if gap is None else after, each.changed)
        return [each.source for each in planned]

    def _due(self, session: Session, mine: Sequence[int], room: int) -> list[Begun]:
        if room <= 0 or not leases.due(session, self._instant(session), mine, 1):
            return []
        records.take_numbers(session)
        self._sources.refresh(session)
        now = self._instant(session)
        return [self._take(session, source, now) for source in leases.due(session, now, mine, room)]

    def _take(self, session: Session, source: int, now: int, *, allow_deletions: bool = False) -> Begun:
        run, id_ = records.start_pull(session, source, self._clock(), allow_deletions=allow_deletions)
        leases.take(session, source, self.holder, run, now, self._leases.until(now))
        return Begun(self._sources[source], run, id_, now)

    def _finish(self, session: Session, begun: Begun, end: PullEnd, listens: bool) -> tuple[float, bool] | None:
        """End a run and say what follows: how long to listen, and whether the pull brought anything; or nothing."""
        source = begun.source
        if not leases.kept(session, source.num, begun.run):
            return None  # whoever has taken it over has said so of this run
        now, lease = self._instant(session), leases.of(session, source.num)
        records.finish_run(session, begun.run, end.state, end.fault, self._clock())
        if end.state == "OK":
            records.forget_quiet(session, source.num, self._clock() - _KEPT)
        brought, took = records.brought(session, begun.run), (now - begun.at) / _SECOND
        gap = schedule.interval(source.connector, lease.every)
        after, failures, blocked = schedule.following(
            end, gap, failures=lease.failures, brought=brought, took=took, chance=self._chance
        )
        went_well = end.state in ("OK", "INCOMPLETE")
        if went_well and after is not None and (lease.next_at or 0) > begun.at:  # it was told of more meanwhile
            after = min(after, max(0.0, ((lease.next_at or 0) - now) / _SECOND))
        if went_well and after is not None and schedule.live_streams(source.connector):
            if listens:
                leases.listen(session, source.num, now + round(after * _SECOND), self._leases.until(now))
                return after, brought
            after = 0.0  # for a process that does
        next_at = None if after is None else now + round(after * _SECOND)
        leases.settle(session, source.num, next_at, failures, blocked)
        return None

    # Under way -------------------------------------------------------------------------------------------------

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something to its end, also when who asked for it goes away: what was taken is made use of."""
        task = asyncio.create_task(work)
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        return await asyncio.shield(task)

    async def _start(self, begun: Begun) -> None:
        """Begin a pull in the place of whatever went on with the source here."""
        source = begun.source.num
        await self._listening.end(source)
        before = self._tasks.get(source)
        if before is not None and before.task is not asyncio.current_task():
            before.task.cancel()
            await asyncio.wait([before.task])
        self._begin(begun, listens=False)

    def _begin(self, begun: Begun, *, listens: bool) -> None:
        task = asyncio.create_task(self._pull(begun, listens))
        self._leases.hold(begun.source.num, begun.run, task)
        self._keep(begun.source.num, task, pulling=True)

    def _keep(self, source: int, task: asyncio.Task[None], *, pulling: bool) -> None:
        work = self._tasks[source] = _Work(task, pulling)

        def forget(_: object) -> None:
            if self._tasks.get(source) is work:
                del self._tasks[source]
            if not task.cancelled() and (error := task.exception()):
                _log.error("a pull ended without a word", exc_info=error)
            self._turned.set()

        task.add_done_callback(forget)

    async def _pull(self, begun: Begun, listens: bool) -> None:
        end, source, listening = _STOPPED, begun.source, None
        with self._threads.pulling():
            try:
                source = await lend(self._sources, source, self._threads.store, self._clock)
                write, portion = self._fenced(begun), self._threads.portion
                end = await pull(source, begun.run, write, self._clock, self._patience, portion)
            except HubError as error:  # the storage's own trouble, before anything was asked
                end = PullEnd("FAILED", error.message)
            finally:
                self._leases.leave(source.num, asyncio.current_task())
                with suppress(RetryLater):  # then the lease ends by itself, and whoever comes next says so of the run
                    listening = await self._threads.write(lambda each: self._finish(each, begun, end, listens))
        if listening is not None:
            self._listening.begin(source, listening[0], brought=listening[1])

    def _fenced(self, begun: Begun) -> Write:
        """Writing under the lease: who has lost it stores nothing. A process may have slept for minutes."""

        async def write(job: Callable[[Session], T]) -> T:
            def fenced(session: Session) -> T:
                if not leases.kept(session, begun.source.num, begun.run):
                    raise LeaseLost("Another process pulls this source by now.")
                return job(session)

            return await self._threads.store_beside(fenced)

        return write
