"""A rebuild: a new projection set is filled from truth beside the live one, catches up with it, and takes its place.

The hub serves, accepts and processes in the meantime. A rebuild that is stopped or killed goes on when the hub is
opened again. The ledger is not written anew: it is taken over.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from itertools import count
from typing import Any

import orjson

from hub import __version__
from hub.errors import HubError, RetryLater
from hub.ingest.refill import Elsewhere, Make, Refill, Stopped
from hub.ingest.threads import Threads
from hub.store import sets
from hub.store.engine import Store
from hub.store.fingerprint import Fingerprint
from hub.store.reader import Reader
from hub.store.session import Session
from hub.store.sets import ProjectionSet
from hub.store.writing import records

_log = logging.getLogger(__name__)
_LOOK = 0.5
"""Seconds between looks whether a set that was replaced may go."""
_ATTEMPTS = 20
"""How often the last step is tried."""
_STOPPED = "The hub was stopped; the rebuild goes on when it is opened again."
_FAILED = "The rebuild failed; the log has the reason. What is shown is what was shown before."


class Rebuilds:
    """Rebuilds of a hub, one at a time. For its event loop; ``clock`` gives microseconds."""

    def __init__(self, store: Store, reader: Reader, threads: Threads, make: Make, clock: Callable[[], int]) -> None:
        self._store = store
        self._reader = reader
        self._threads = threads
        self._make = make
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._stop = threading.Event()
        self._beginning = asyncio.Lock()
        self._running: tuple[str, asyncio.Task[None]] | None = None
        self._clearing: asyncio.Task[None] | None = None

    async def start(self, *, verify: bool = False) -> str:
        """Start a rebuild; the answer is its run, or the one that is under way.

        ``verify``: the run says whether the new set has the fingerprint of the old one.
        """

        def job(session: Session) -> tuple[ProjectionSet, int, str]:
            records.take_numbers(session)  # two processes that begin at once wait for each other
            there = sets.filling(session)
            if there is not None and there.run is not None:
                return there, there.run, records.run_id(session, there.run)
            run, id_ = records.start_run(session, None, "REBUILD", self._clock())
            records.tell_outcome(session, run, orjson.dumps({"verify": verify}).decode())
            return sets.begin(session, __version__, run), run, id_

        async with self._beginning:
            if self._running is not None and not self._running[1].done():
                return self._running[0]
            begun = await self._threads.write(job)
            self._begin(*begun)
        return begun[2]

    async def resume(self) -> None:
        """Go on with a rebuild that was stopped or killed, if there is one."""

        def job(session: Session) -> tuple[ProjectionSet, int, str] | None:
            there = sets.filling(session)
            if there is None or (run := there.run) is None:
                return None
            if there.code != __version__:
                # Half a set by other code would be worth nothing: it begins anew.
                sets.retire(session, there.number)
                there = sets.begin(session, __version__, run)
            return there, run, records.run_id(session, run)

        async with self._beginning:
            if (there := await self._threads.store(job)) is not None:
                self._begin(*there)

    def _begin(self, filling: ProjectionSet, run: int, id_: str) -> None:
        self._stop = threading.Event()
        self._running = id_, asyncio.create_task(self._rebuild(filling, run))

    async def ended(self) -> None:
        """Wait for the rebuild that is under way to end."""
        if self._running is not None:
            await asyncio.shield(self._running[1])

    async def close(self) -> None:
        """Stop the rebuild that is under way; it goes on when the hub is opened again."""
        self._stop.set()
        await self.ended()
        if self._clearing is not None:
            self._clearing.cancel()
            with suppress(asyncio.CancelledError):
                await self._clearing

    async def _rebuild(self, filling: ProjectionSet, run: int) -> None:
        state, fault = "FAILED", _FAILED
        try:
            outcome = await asyncio.to_thread(self._fill, filling, run)
            await self._threads.store(partial(records.tell_outcome, run=run, outcome=orjson.dumps(outcome).decode()))
            state, fault = "OK", ""
        except Elsewhere:
            return
        except Stopped:
            state, fault = "INTERRUPTED", _STOPPED
        except HubError as error:
            fault = error.message
        except Exception:  # noqa: BLE001 (the run says so)
            _log.exception("the rebuild failed")
        finally:
            self._stop.set()  # whoever cancelled this, the thread must not go on alone

        if state == "FAILED":
            await asyncio.to_thread(self._make_room, filling.number)

        def end(session: Session) -> None:
            if state == "FAILED":
                sets.retire(session, filling.number)
            records.finish_run(session, run, state, fault or None, self._clock())

        await self._threads.store(end)
        if state != "INTERRUPTED":
            self._clearing = asyncio.create_task(self._clear())

    async def _clear(self) -> None:
        """Remove sets that were replaced or given up, once nobody reads them any more."""
        while retired := await self._threads.store(_retired):
            for number in retired:
                await self._reader.leave(number)
                if await asyncio.to_thread(self._store.drop_set, number):
                    await self._threads.store(partial(sets.forget, number=number))
                else:
                    await asyncio.sleep(_LOOK)

    def _make_room(self, number: int) -> None:
        """Remove what there is of a set that could not be filled, before truth says so: a full disk may be why."""
        with closing(self._store.truth()) as session, session.snapshot():
            filling = sets.filling(session)
        if filling is not None and filling.number == number:
            self._store.drop_set(number)

    # In its own thread --------------------------------------------------------------------------------------------

    def _fill(self, filling: ProjectionSet, run: int) -> dict[str, Any]:
        """Fill a set and turn to it; the answer is what the run came to."""
        began = time.monotonic()
        tell = partial(self._advance, run)
        with closing(Refill(self._store, self._make, filling.number, self._stop, tell)) as refill:
            self._write(partial(records.resume_run, run=run))
            refill.fill()
            filled = time.monotonic() - began
            verify = orjson.loads(self._write(partial(records.outcome, run=run)) or "{}").get("verify", False)
            number, before, after = self._take_over(refill, verify=verify)
            outcome: dict[str, Any] = {"records": number, "seconds": round(filled, 3), "verify": verify}
            if before is not None and after is not None:
                outcome |= {"fingerprint": after.whole, "differing": before.differing(after)}
            return outcome

    def _take_over(self, refill: Refill, *, verify: bool) -> tuple[int, Fingerprint | None, Fingerprint | None]:
        """Turn to the filled set, again while the live one cannot be held."""
        switched = threading.Event()

        def switch() -> None:
            self._write(partial(sets.switch, number=refill.number))
            switched.set()

        for attempt in count(1):
            try:
                return refill.take_over(switch, verify=verify)
            except RetryLater:
                if switched.is_set() or attempt == _ATTEMPTS or self._stop.wait(_LOOK):
                    raise
        raise AssertionError("counting does not end")

    def _advance(self, run: int, done: int, total: int) -> None:
        def job(session: Session) -> None:
            records.advance_run(session, run, total, done / total if total else 1.0)

        self._write(job)

    def _write(self, job: Callable[[Session], Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(self._threads.store(job), self._loop).result()


def _retired(session: Session) -> list[int]:
    return [each.number for each in sets.known(session) if each.state == sets.RETIRED]
