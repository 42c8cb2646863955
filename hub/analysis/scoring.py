"""Scoring: a run that fits the models when they are old, and says of every customer what may be expected."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hub import clock as clocks
from hub import money
from hub.errors import HubError
from hub.ingest.threads import Threads
from hub.settings import Company
from hub.store import purchases, scores
from hub.store.reader import Reader, Snapshot
from hub.store.scores import StoredModel
from hub.store.session import Session
from hub.store.writing import records
from hub.store.writing import scores as writing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hub.analysis.fitting import Fitted

DAY = 86_400_000_000
"""Microseconds after which a fit is old."""
_TOGETHER = 2000
"""Scores that are written, or looked at, between two batches: for longer nobody's rows should wait."""
_STEP = 0.05
"""How much further a run must have come to say so."""

_log = logging.getLogger(__name__)


class Scoring:
    """Runs of kind SCORE. ``clock`` gives microseconds, ``source`` is the desk, which runs of the whole hub name."""

    def __init__(
        self, reader: Reader, threads: Threads, company: Company, source: int, clock: Callable[[], int]
    ) -> None:
        self._reader = reader
        self._threads = threads
        self._company = company
        self._source = source
        self._clock = clock
        self._stopping = False
        self._beginning = asyncio.Lock()
        self._running: tuple[str, asyncio.Task[None]] | None = None

    async def score(self, *, refit: bool = False) -> str:
        """Start scoring; the answer is its run, or the one that is under way.

        Models are fitted when there are none, when the last ones are older than a day, or with ``refit``.
        """
        async with self._beginning:
            if self._running is None or self._running[1].done():
                run, id_ = await self._threads.write(
                    lambda session: records.start_run(session, self._source, "SCORE", self._clock())
                )
                self._running = (id_, asyncio.create_task(self._run(run, refit)))
            return self._running[0]

    async def scored(self) -> None:
        """Wait for the run that is under way to end."""
        if self._running is not None:
            await asyncio.shield(self._running[1])

    async def stale(self) -> bool:
        """Whether anything at all was heard since the last fit."""
        async with self._reader.snapshot() as snapshot:
            last, fitted = await scores.newest(snapshot)
        return last > fitted

    async def close(self) -> None:
        """Stop after the part that is being written; the next run completes it."""
        self._stopping = True
        await self.scored()

    async def _run(self, run: int, refit: bool) -> None:
        state, fault = "FAILED", "Scoring failed; the log has the reason. The scores of before stand."
        try:
            whole, changed = await self._score(run, refit)
            await self._threads.store(
                lambda session: records.count_run(session, run, whole, changed, 0, whole - changed)
            )
            state, fault = ("INTERRUPTED", "The hub was stopped.") if self._stopping else ("OK", "")
        except HubError as error:
            fault = error.message
        except Exception:  # noqa: BLE001 (the run says so)
            _log.exception("scoring failed")
        finally:
            ended = partial(records.finish_run, run=run, state=state, error=fault or None, at=self._clock())
            await self._threads.store(ended)

    async def _score(self, run: int, refit: bool) -> tuple[int, int]:
        """How many customers were scored, and of how many the scores are new."""
        # numpy and scipy take a third of a second to import, which nobody who does not score should wait for.
        from hub.analysis import fitting

        at, currency = self._clock(), self._company.currency
        today = clocks.day(clocks.moment(at), ZoneInfo(self._company.time_zone))
        async with self._reader.snapshot() as snapshot:
            found = await purchases.purchases(snapshot, today)
            models = await scores.last_fit(snapshot)
            ids = await _ids(snapshot, found.customer)
        if not len(ids):
            return 0, await self._keep(run, ids, [], at)
        bought = fitting.Bought(found.customer, found.day, found.converted / 10.0 ** money.digits(currency))
        if refit or not models or at - models[0].fitted_at >= DAY or models[0].currency != currency:
            fitted = await asyncio.to_thread(fitting.fit_all, bought, today)
            models = await self._threads.store(partial(_store, fitted, currency, at))
        work = partial(fitting.scores, bought, fitting.chosen(models), today, money.digits(currency))
        return len(ids), await self._keep(run, ids, await asyncio.to_thread(work), at)

    async def _keep(self, run: int, ids: NDArray[np.bytes_], columns: Sequence[NDArray[Any]], at: int) -> int:
        changed, said, size = 0, 0.0, len(ids)
        for start in range(0, size, _TOGETHER):
            if self._stopping:
                return changed
            part = slice(start, start + _TOGETHER)
            rows = await asyncio.to_thread(_rows, ids[part], [column[part] for column in columns], at)
            changed += await self._threads.between_batches(partial(self._write, writing.keep, rows))
            share = min(1.0, (start + _TOGETHER) / size)
            if share >= said + _STEP:
                said = share
                await self._threads.store(partial(records.advance_run, run=run, expected=size, done=share))
        kept = await self._threads.between_batches(lambda: writing.count(self._threads.projection))
        after: str | None = "" if kept > size else None
        while after is not None and not self._stopping:
            after = await self._threads.between_batches(partial(self._write, writing.sweep, after, _TOGETHER))
        return changed

    def _write(self, job: Callable[..., Any], *given: object) -> Any:
        session = self._threads.projection
        with session.transaction():
            return job(session, *given)


async def _ids(snapshot: Snapshot, customers: NDArray[np.int64]) -> NDArray[np.bytes_]:
    """Public ids of the different row numbers, ascending by these, which may name somebody else later."""
    import numpy as np

    different = await asyncio.to_thread(np.unique, customers)
    ids = np.empty(len(different), "S64")
    for start in range(0, len(different), _TOGETHER):
        part = different[start : start + _TOGETHER].tolist()
        known = await scores.ids(snapshot, part)
        ids[start : start + len(part)] = [known[each].encode() for each in part]
    return ids


def _rows(ids: NDArray[np.bytes_], columns: Sequence[NDArray[Any]], at: int) -> list[tuple[Any, ...]]:
    """Rows of the table; what is no number is null."""
    held = [[each.decode() for each in ids.tolist()]]
    for column in columns:
        values = column.tolist()
        if column.dtype.kind == "f":
            values = [int(value) if value == value else None for value in values]  # NaN is not itself
        held.append(values)
    return [(*row, at) for row in zip(*held, strict=True)]


def _store(fitted: Sequence[Fitted], currency: str, at: int, session: Session) -> list[StoredModel]:
    """Append a fit to truth, as one."""
    last = records.take_numbers(session)
    rows = [each.row(last + place, currency, at) for place, each in enumerate(fitted, 1)]
    writing.insert_models(session, rows)
    records.give_numbers(session, last + len(rows))
    return [StoredModel(*row) for row in rows]
