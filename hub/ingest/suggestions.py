"""Suggestions: found by a run beside everything else, accepted or refused by a person. Finding joins nobody."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

from hub.errors import HubError, InputWrong, NotFound
from hub.ids import naming_touchpoint
from hub.ingest import suggesting
from hub.ingest.corrections import Corrections
from hub.ingest.outcomes import LinkChange
from hub.ingest.suggesting import Row
from hub.ingest.threads import Threads
from hub.store import suggestions as stored
from hub.store.engine import Store
from hub.store.reader import Reader
from hub.store.suggestions import StoredSuggestion
from hub.store.writing import records
from hub.store.writing import suggestions as writing
from hub.values import Side

MOST_KEPT = 20_000
"""The most probable suggestions that are kept; nobody reviews more before the next search."""
MOST_TOUCHPOINTS = 1000
"""Touchpoints that one decision about a shared phone takes in, the latest."""
_STEP = 0.05
"""How much further a search must have come for its run to say so."""
_WEIGHT = writing.COLUMNS.index("weight")

_log = logging.getLogger(__name__)


class Stopped(Exception):
    """The hub closes while a search is going on."""


class _Hearing:
    """Hears how far the search of one side is, ``part`` of the whole; says so at times, and ends it when it must."""

    def __init__(self, stop: threading.Event, tell: Callable[[float], None], before: float, part: float) -> None:
        self._stop = stop
        self._tell = tell
        self._before = self._said = before
        self._part = part

    def __call__(self, share: float) -> None:
        if self._stop.is_set():
            raise Stopped
        done = self._before + share * self._part
        if done >= self._said + _STEP:
            self._said = done
            self._tell(done)


class Suggestions:
    """Searches, which are runs of ``source``, and what people say to what they find. ``clock`` gives microseconds."""

    def __init__(
        self, store: Store, reader: Reader, threads: Threads, corrections: Corrections, source: int,
        clock: Callable[[], int],
    ) -> None:  # fmt: skip
        self._store = store
        self._reader = reader
        self._threads = threads
        self._corrections = corrections
        self._source = source
        self._clock = clock
        self._stop = threading.Event()
        """Ends the search that is under way."""
        self._beginning = asyncio.Lock()
        self._running: tuple[str, asyncio.Task[None]] | None = None

    # Finding ----------------------------------------------------------------------------------------------------

    async def find(self, threshold: float | None = None) -> str:
        """Start a search; the answer is its run, or the one that is under way.

        From the probability ``threshold`` on a pair is suggested; ``suggesting.THRESHOLD`` by default. Raises
        ``ConfigWrong`` without the extra.
        """
        if threshold is not None and not 0 <= threshold <= 1:
            raise InputWrong("A probability is between 0 and 1.", path="minProbability")
        await asyncio.to_thread(suggesting.needed)
        async with self._beginning:
            if self._running is None or self._running[1].done():
                self._stop = threading.Event()
                run, id_ = await self._threads.write(
                    lambda session: records.start_run(session, self._source, "SUGGEST", self._clock())
                )
                self._running = (id_, asyncio.create_task(self._find(run, threshold)))
            return self._running[0]

    async def found(self) -> None:
        """Wait for the search that is under way to end."""
        if self._running is not None:
            await asyncio.shield(self._running[1])

    async def close(self) -> None:
        """Stop the search that is under way."""
        self._stop.set()
        await self.found()

    async def _find(self, run: int, threshold: float | None) -> None:
        state, fault = "FAILED", "The search failed; the log has the reason. What was found before stands."
        try:
            compared, rows = await asyncio.to_thread(self._search, run, threshold, asyncio.get_running_loop())
            fresh = await self._threads.between_batches(partial(self._keep, rows))
            known = len(rows) - fresh
            await self._threads.store(lambda session: records.count_run(session, run, compared, fresh, 0, known))
            state, fault = "OK", ""
        except Stopped:
            state, fault = "INTERRUPTED", "The hub was stopped. What was found before stands."
        except HubError as error:
            fault = error.message
        except Exception:  # noqa: BLE001 (the run says so)
            _log.exception("the search for suggestions failed")
        finally:
            self._stop.set()  # whoever cancelled this, the thread must not go on alone
            ended = partial(records.finish_run, run=run, state=state, error=fault or None, at=self._clock())
            await self._threads.store(ended)

    def _search(self, run: int, threshold: float | None, loop: asyncio.AbstractEventLoop) -> tuple[int, list[Row]]:
        """How many customers were compared, and the most probable suggestions. In a thread, on its own connection."""

        def tell(expected: int | None, done: float) -> None:
            job = partial(records.advance_run, run=run, expected=expected, done=done)
            asyncio.run_coroutine_threadsafe(self._threads.store(job), loop)

        stop, session = self._stop, self._store.projection()
        try:
            counts = {side: writing.count(session, side) for side in Side}
            total = sum(counts.values())
            tell(total, 0.0)
            rows: list[Row] = []
            before = 0
            for side, number in counts.items():
                heard = _Hearing(stop, partial(tell, None), before / max(total, 1), number / max(total, 1))
                rows += suggesting.find(session, side, threshold, self._clock(), heard)
                before += number
            return total, sorted(rows, key=lambda row: (-row[_WEIGHT], row[0]))[:MOST_KEPT]
        finally:
            session.close()

    def _keep(self, rows: Sequence[Row]) -> int:
        session = self._threads.projection
        with session.transaction():
            return writing.replace(session, rows)

    # What people say to it ----------------------------------------------------------------------------------------

    async def accept(
        self, suggestion: str, touchpoints: Sequence[str] | None = None, *, reason: str, by: str, dry_run: bool = False
    ) -> LinkChange:
        """Say that the two are one customer, or that touchpoints of a shared phone are the customer's.

        ``touchpoints``: only these of them. Raises ``NotFound`` for a suggestion that does not stand.
        """
        found, about = await self._about(suggestion, touchpoints)
        if found.b is not None:
            return await self._corrections.merge([found.a, found.b], reason=reason, by=by, dry_run=dry_run)
        return await self._corrections.say(found.a, about, same=True, reason=reason, by=by, dry_run=dry_run)

    async def refuse(
        self, suggestion: str, touchpoints: Sequence[str] | None = None, *, reason: str, by: str, dry_run: bool = False
    ) -> LinkChange:
        """Say that they are not. The suggestion does not come again unless this is undone."""
        found, about = await self._about(suggestion, touchpoints)
        return await self._corrections.say(found.a, about, same=False, reason=reason, by=by, dry_run=dry_run)

    async def _about(self, id_: str, only: Sequence[str] | None) -> tuple[StoredSuggestion, list[str]]:
        """A suggestion that stands, and the touchpoints to decide about: those of a phone, or the other's first one."""
        async with self._reader.snapshot() as snapshot:
            found = (await stored.by_id(snapshot, [id_])).get(id_)
            if found is None:
                raise NotFound(f"There is no suggestion {id_[:60]!r}, or not any more.", path="suggestion")
            if found.b is not None:
                if only is not None:
                    raise InputWrong(
                        "This suggestion is about two customers, not about touchpoints.", path="touchpoints"
                    )
                return found, [naming_touchpoint(found.b)]
            near = [each.id for each in await stored.touchpoints(snapshot, id_, MOST_TOUCHPOINTS)]
        strange = [each for each in only or () if each not in near]
        if strange:
            raise InputWrong(f"The suggestion is not about {strange[0][:60]!r}.", path="touchpoints")
        return found, near if only is None else list(only)
