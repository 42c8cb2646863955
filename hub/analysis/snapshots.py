"""Taking snapshots: a projection set is filled with everybody as of a moment, to be asked beside the live one."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from hub import __version__
from hub.analysis.as_of import AsOf
from hub.analysis.excerpts import Until
from hub.analysis.past import Past
from hub.errors import HubError, NotFound
from hub.ids import random_id
from hub.ingest.leave_out import leave_out
from hub.ingest.refill import TOGETHER, Make, Stopped
from hub.ingest.step import step
from hub.ingest.threads import Threads
from hub.settings import Company
from hub.store import sets
from hub.store.engine import Store
from hub.store.reader import Reader
from hub.store.session import Session
from hub.store.writing import ledger, records, snapshots

_log = logging.getLogger(__name__)
_TOLD = 0.5
"""Seconds between words about the progress, and between looks whether another set is still being filled."""
_FAILED = "The snapshot could not be taken; the log has the reason."
_STOPPED = "The hub was stopped; the snapshot is taken when it is opened again."


@dataclass(frozen=True, slots=True)
class _Filling:
    number: int
    until: Until
    run: int


class Snapshots:
    """Snapshots of a hub; one is filled at a time. For its event loop; ``clock`` gives microseconds."""

    def __init__(
        self, store: Store, reader: Reader, threads: Threads, make: Make, company: Company, past: Past,
        clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self._store = store
        self._reader = reader
        self._threads = threads
        self._make = make
        self._company = company
        self._past = past
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._turn = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def take(self, as_of: AsOf) -> tuple[str, str]:
        """Start to take a snapshot; the answer is its id and its run. Raises ``InputWrong``."""
        until = await self._past.until(as_of)
        id_ = random_id("snp")

        def job(session: Session) -> tuple[int, int, str]:
            run, run_id = records.start_run(session, None, "SNAPSHOT", self._clock())
            filling = sets.begin(session, __version__, run, sets.SNAPSHOT)
            snapshots.insert(
                session,
                (filling.number, id_, until.number, as_of.at, as_of.occurred, as_of.known is None, until.now, False,
                 run, self._clock()),
            )  # fmt: skip
            return filling.number, run, run_id

        number, run, run_id = await self._threads.write(job)
        self._begin(_Filling(number, until, run))
        return id_, run_id

    async def resume(self) -> None:
        """Go on with those that were being taken; take anew those that another version of the hub has taken."""

        def job(session: Session) -> list[tuple[_Filling, bool]]:
            for number in snapshots.lost(session):
                snapshots.forget(session, number)
            waiting = []
            for number, known, now, occurred, run, code in snapshots.unfinished(session, __version__):
                if code != __version__:
                    snapshots.begin_again(session, number, __version__)
                waiting.append((_Filling(number, Until(known, now, occurred), run), code != __version__))
            return waiting

        for filling, anew in await self._threads.store(job):
            if anew and not await asyncio.to_thread(self._store.drop_set, filling.number):
                continue
            self._begin(filling)

    async def drop(self, id_: str) -> None:
        """Give a snapshot up. Raises ``NotFound``."""

        def job(session: Session) -> int:
            number = snapshots.number_of(session, id_)
            if number is None:
                raise NotFound(f"There is no snapshot {id_[:60]!r}.", path="id")
            snapshots.forget(session, number)
            sets.retire(session, number)
            return number

        number = await self._threads.write(job)
        self._start(self._remove(number))

    async def taken(self) -> None:
        """Wait until nothing is being taken or removed."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def close(self) -> None:
        """Stop; what is being taken is taken further when the hub is opened again."""
        self._stop.set()
        await self.taken()

    def _begin(self, filling: _Filling) -> None:
        self._start(self._take(filling))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _take(self, filling: _Filling) -> None:
        async with self._turn:
            state, fault = "FAILED", _FAILED
            try:
                await asyncio.to_thread(self._fill, filling)
                state, fault = "OK", ""
            except (Stopped, sets.SetRetired):
                state, fault = "INTERRUPTED", _STOPPED
            except HubError as error:
                fault = error.message
            except Exception:  # noqa: BLE001 (the run says so)
                _log.exception("a snapshot could not be taken")

            def end(session: Session) -> None:
                if state == "OK":
                    snapshots.settle(session, filling.number)
                elif state == "FAILED":
                    snapshots.forget(session, filling.number)
                    sets.retire(session, filling.number)
                records.finish_run(session, filling.run, state, fault or None, self._clock())

            await self._threads.store(end)
        if state == "FAILED":
            await self._remove(filling.number)

    async def _remove(self, number: int) -> None:
        """Remove a set that was given up, once nobody reads or fills it."""
        while not self._stop.is_set():
            await self._reader.leave(number)
            if await asyncio.to_thread(self._store.drop_set, number):
                await self._threads.store(partial(sets.forget, number=number))
                return
            await asyncio.sleep(_TOLD)

    # In its own thread ------------------------------------------------------------------------------------------

    def _fill(self, filling: _Filling) -> None:
        until = filling.until
        self._store.make_set(filling.number)
        with closing(self._store.projection(filling.number, until=until.number)) as session:
            self._own(session)
            self._tell(partial(records.resume_run, run=filling.run))
            self._store.hurry(session)
            processor = self._make(session, lambda: until.now)
            processor.quiet, processor.until = True, until.number
            told = 0.0
            while step(processor, TOGETHER):
                if self._stop.is_set():
                    raise Stopped
                if time.monotonic() > told + _TOLD:
                    told = time.monotonic()
                    with session.transaction():
                        done = ledger.processed(session)[0]
                    self._tell(
                        partial(
                            records.advance_run, run=filling.run, expected=until.number, done=done / (until.number or 1)
                        )
                    )
            if until.occurred is not None:
                leave_out(processor, session, until.occurred, self._company)
            self._store.settle(session)

    def _own(self, session: Session) -> None:
        """Become the one who fills; another process may be filling just now."""
        while not self._store.try_filling(session):
            if self._stop.wait(_TOLD):
                raise Stopped

    def _tell(self, job: Callable[[Session], Any]) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run_coroutine_threadsafe(self._threads.store(job), self._loop).result()
