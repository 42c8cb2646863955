"""What a pull would bring now, without keeping any of it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

import orjson

from hub.connector import Cursor, Page, PullStream, Row
from hub.errors import CursorExpired, HubError
from hub.ingest.accept import Arrival, sort_out
from hub.ingest.dry import reading
from hub.ingest.outcomes import Problem, RowOutcome
from hub.ingest.sources import Source
from hub.ingest.storable import storable_text
from hub.settings import Company
from hub.store import records, run_streams
from hub.store.reader import Reader
from hub.store.writing.records import Version

_log = logging.getLogger(__name__)

MOST = 5_000
"""Rows that are read while somebody waits."""
PATIENCE = 20.0
"""Seconds that are spent reading."""
FIRST = 10
"""Problems that are listed."""


@dataclass(frozen=True, slots=True)
class DryProblem:
    """A row that could not be read."""

    stream: str
    key: str
    problem: Problem


@dataclass(slots=True)
class DryPull:
    """What came. ``whole``: it was all there is; ``faults``: what went wrong, a sentence for each stream."""

    rows: int = 0
    outcomes: Counter[RowOutcome] = field(default_factory=Counter)
    unreadable: int = 0
    whole: bool = True
    problems: list[DryProblem] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


async def look(reader: Reader, source: Source, company: Company) -> DryPull:
    """Ask a source's streams from where they stand, for the first rows. Nothing is stored, no checkpoint moves."""
    found = DryPull(faults=[source.broken] if source.broken else [])
    streams = source.connector.streams() if source.connector else ()
    try:
        async with asyncio.timeout(PATIENCE):
            for stream in streams:
                if isinstance(stream, PullStream):
                    await _Look(reader, source, company, stream, found).through()
    except TimeoutError:
        found.whole = False
    return found


class _Look:
    """One stream."""

    def __init__(self, reader: Reader, source: Source, company: Company, stream: PullStream, found: DryPull) -> None:
        self._reader = reader
        self._source = source
        self._company = company
        self._stream = stream
        self._found = found
        self._known: dict[str, list[Version]] = {}

    async def through(self) -> None:
        """Read to the end, or as far as somebody waits. A stream that fails stops no other."""
        async with self._reader.snapshot() as snapshot:
            text = await run_streams.cursor(snapshot, self._source.num, self._stream.name)
        cursor: Cursor | None = orjson.loads(text) if text else None
        try:
            try:
                await self._read(cursor)
            except CursorExpired:
                if cursor is None:
                    raise
                await self._read(None)
        except HubError as error:
            self._found.faults.append(self._source.discreet(f"{self._stream.name}: {error.message}"))
        except Exception:  # noqa: BLE001 (a connector may fail in any way)
            _log.exception("looking at the stream %s of %s failed", self._stream.name, self._source.name)
            self._found.faults.append(f"{self._stream.name}: The connector failed; the log has the reason.")

    async def _read(self, cursor: Cursor | None) -> None:
        async with aclosing(self._pages(cursor)) as pages:
            async for page in pages:
                left = MOST - self._found.rows
                await self._take(page.rows[:left])
                if len(page.rows) > left:
                    self._found.whole = False
                    return

    async def _pages(self, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        async for page in self._stream.pages(cursor):
            yield page

    async def _take(self, rows: Sequence[Row]) -> None:
        keys = {storable_text(row.key) for row in rows} - self._known.keys()
        async with self._reader.snapshot() as snapshot:
            self._known |= await records.versions_of(snapshot, self._source.num, self._stream.name, list(keys))
        arrival = Arrival(self._source.num, self._stream, 0, 0)
        outcomes, fresh = sort_out(rows, self._known, arrival, -len(rows) - 1)
        self._found.rows += len(rows)
        self._found.outcomes.update(outcome for outcome, _ in outcomes)
        await asyncio.to_thread(self._map, [row for row, _ in fresh])

    def _map(self, rows: Sequence[Row]) -> None:
        for row in rows:
            problem = reading(row, self._stream, self._source, self._company).problem
            if problem is not None:
                self._found.unreadable += 1
                if len(self._found.problems) < FIRST:
                    self._found.problems.append(DryProblem(self._stream.name, row.key, problem))
