"""A replay: stored records are read again by today's connectors. It can be tried first, and it never makes news."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import orjson

from hub.errors import HubError, InputWrong, NotFound
from hub.ingest.batch import Batch
from hub.ingest.differences import differences
from hub.ingest.mapping import Reading, drafts
from hub.ingest.outcomes import FIRST, Changes, Problem, ProblemChange, Reread, Selection, TouchpointChange
from hub.ingest.preview import changes, look_ahead
from hub.ingest.process import Processor
from hub.ingest.readings import RowKey
from hub.ingest.threads import Threads
from hub.settings import Company
from hub.store.session import Session
from hub.store.writing import contents, ledger, records, sources

_log = logging.getLogger(__name__)

EXAMINED = 5000
"""Records that a dry run reads; it is undone in the end, and nothing else is processed meanwhile."""
_TOGETHER = 500
"""Records that are read again in one transaction."""
_STOPPED = "The hub was stopped. What was read again stays; the same replay again does the rest."


@dataclass(slots=True)
class _Tally:
    """What was found on the way."""

    problems: list[ProblemChange] = field(default_factory=list)
    touchpoints: list[TouchpointChange] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def problem(self, change: ProblemChange) -> None:
        """Take in how the problem of a record changes."""
        self.counts["solved" if change.after is None else "unreadable" if change.before is None else "otherwise"] += 1
        if len(self.problems) < FIRST:
            self.problems.append(change)


class Replays:
    """Replays of a hub, one at a time. For its event loop; ``clock`` gives microseconds."""

    def __init__(self, threads: Threads, company: Company, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._company = company
        self._clock = clock
        self._stopping = False
        self._beginning = asyncio.Lock()
        self._running: tuple[str, asyncio.Task[None]] | None = None

    async def look(self, selection: Selection) -> Reread:
        """What a replay would change. Raises ``NotFound`` for a source or run that is not there."""
        return await self._threads.between_batches(lambda: self._look(selection))

    async def start(self, selection: Selection) -> str:
        """Start a replay; the answer is its run. Raises ``InputWrong`` while another is under way."""
        async with self._beginning:
            if self._running is not None and not self._running[1].done():
                raise InputWrong("A replay is under way.", hint=f"Follow the run {self._running[0]}.")
            chosen = await self._threads.between_batches(lambda: _chosen(self._threads.projection, selection))
            run, id_ = await self._threads.write(
                lambda session: records.start_run(session, chosen["source"], "REPLAY", self._clock())
            )
            self._running = id_, asyncio.create_task(self._replay(chosen, run))
        return id_

    async def ended(self) -> None:
        """Wait for the replay that is under way to end."""
        if self._running is not None:
            await asyncio.shield(self._running[1])

    async def close(self) -> None:
        """Stop the replay that is under way."""
        self._stopping = True
        await self.ended()

    # For real -----------------------------------------------------------------------------------------------------

    async def _replay(self, chosen: dict[str, Any], run: int) -> None:
        state, fault = "FAILED", "The replay failed; the log has the reason. What was read again stays."
        try:
            counts = await self._all(chosen, run)
            outcome = orjson.dumps(counts).decode()
            await self._threads.store(partial(records.tell_outcome, run=run, outcome=outcome))
            state, fault = ("INTERRUPTED", _STOPPED) if self._stopping else ("OK", "")
        except HubError as error:
            fault = error.message
        except Exception:  # noqa: BLE001 (the run says so)
            _log.exception("the replay failed")
        at = self._clock()
        await self._threads.store(lambda session: records.finish_run(session, run, state, fault or None, at))

    async def _all(self, chosen: dict[str, Any], run: int) -> Counter[str]:
        """Read everything chosen again, some at a time; the answer is what it came to."""
        total = await self._threads.between_batches(lambda: records.count_selected(self._threads.projection, chosen))
        counts: Counter[str] = Counter()
        done, number = 0, 0
        while not self._stopping:
            number, read, found = await self._threads.between_batches(partial(self._next, chosen, number))
            if not read:
                break
            done += read
            counts.update(found)
            await self._threads.store(partial(_advance, run=run, read=read, total=total, done=done))
        return counts

    def _next(self, chosen: dict[str, Any], beyond: int) -> tuple[int, int, Counter[str]]:
        """Read the next records again: the last of them, how many there were, and what it came to."""
        session, processor = self._threads.projection, self._threads.processor
        tally = _Tally()
        with session.transaction():
            rows = records.selected(session, chosen, beyond, _TOGETHER)
            if rows:
                batch = processor.begin()
                batch.until = batch.after
                self._read_again(session, processor, batch, rows, tally)
                batch.lines = [(kind, batch.now, True, *rest) for kind, _, _, *rest in batch.lines]
                last = ledger.last_ordinal(session, batch.after)
                batch.quiet = False
                batch.write_ledger(0 if last is None else last + 1)
                # The clock tells a processor elsewhere that somebody has written.
                ledger.advance(session, batch.after, batch.after, batch.now + 1)
                tally.counts.update(f"{each.effect}".lower() for each in tally.touchpoints)
        return (rows[-1][0] if rows else beyond), len(rows), tally.counts

    def _read_again(
        self, session: Session, processor: Processor, batch: Batch, rows: Sequence[tuple[int, int, str, str]],
        tally: _Tally,
    ) -> None:  # fmt: skip
        """Map rows anew; what says something else than before is written anew, with whatever follows from it."""
        keys: list[RowKey] = list(dict.fromkeys((source, stream, key) for _, source, stream, key in rows))
        reader = processor.reader()
        readings, numbers = reader.read(keys)
        readings += reader.companions(readings, numbers)
        made, folding = drafts(readings, reader.zone)
        named = {source.num: source.id for source in reader.sources.all()}
        found = differences(session, made, numbers, named, self._company.country, reader.zone)
        contents.doubt(session, found.doubtful)
        before = ledger.problems_of(session, numbers)
        batch.quiet = True
        processor.process(batch, keys, [])
        tally.touchpoints += found.changes
        for change in _problem_changes(numbers, before, readings, folding):
            tally.problem(change)

    # Looking ahead ------------------------------------------------------------------------------------------------

    def _look(self, selection: Selection) -> Reread:
        session, processor = self._threads.projection, self._threads.processor
        chosen = _chosen(session, selection)
        total = records.count_selected(session, chosen)
        tally = _Tally()
        read: list[int] = []

        def work(batch: Batch) -> None:
            rows = records.selected(session, chosen, 0, EXAMINED)
            read.append(len(rows))
            if rows:
                self._read_again(session, processor, batch, rows, tally)

        customers = changes(*look_ahead(processor, session, work))
        touched = sorted(tally.touchpoints, key=lambda each: (each.effect, each.touchpoint))
        return Reread(
            total, sum(read), tally.counts["solved"], tally.counts["unreadable"], tally.problems,
            Changes.of(touched, customers),
        )  # fmt: skip


def _chosen(session: Session, selection: Selection) -> dict[str, Any]:
    """A selection by row numbers, as ``records.selected`` takes it."""
    chosen = asdict(selection)
    for kind, num_of in (("source", sources.num_of), ("run", records.run_num)):
        if (id_ := chosen[kind]) is not None:
            chosen[kind] = num_of(session, id_)
            if chosen[kind] is None:
                raise NotFound(f"There is no {kind} {id_[:60]!r}.", path=kind)
    return chosen


def _advance(session: Session, run: int, read: int, total: int, done: int) -> None:
    records.count_run(session, run, read, 0, 0, 0)
    records.advance_run(session, run, total, min(1.0, done / total) if total else 1.0)


def _problem_changes(
    numbers: Sequence[int], before: dict[int, tuple[str, str, str | None, str | None]], readings: Sequence[Reading],
    folding: dict[int, Problem],
) -> list[ProblemChange]:  # fmt: skip
    after = {reading.version.number: reading.problem for reading in readings if reading.problem is not None} | folding
    found = []
    for number in sorted(numbers):
        was = Problem(*before[number]) if number in before else None
        if was != after.get(number):
            found.append(ProblemChange(number, was, after.get(number)))
    return found
