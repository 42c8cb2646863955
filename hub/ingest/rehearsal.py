"""What a connector would make of a file: its first rows as touchpoints, and counts. Nothing is stored."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Hashable, Sequence
from dataclasses import dataclass, field

from hub.connector import Connector, Page, PullStream, Row
from hub.errors import ConfigWrong, InputWrong, RowUnreadable
from hub.ingest.outcomes import Problem
from hub.registry import Registry
from hub.values import ReferenceData, Touchpoint

FIRST = 10
"""Rows that are shown."""
MOST = 5_000
"""Rows that are read while somebody waits."""


@dataclass(frozen=True, slots=True)
class RehearsedRow:
    """A row, and what it would yield or why it cannot be read."""

    key: str
    touchpoints: Sequence[Touchpoint] = ()
    reference: Sequence[ReferenceData] = ()
    problem: Problem | None = None


class Distinct:
    """How many different things there are, in eight bytes each."""

    def __init__(self) -> None:
        self._hashes = [array("q") for _ in range(256)]

    def add(self, thing: Hashable) -> None:
        """One more, or one again."""
        hashed = hash(thing)
        self._hashes[hashed & 255].append(hashed)

    def count(self) -> int:
        """How many different ones there were."""
        return sum(len(set(hashes)) for hashes in self._hashes)


@dataclass(slots=True)
class Rehearsal:
    """What rows come to, in a hub that knows none of them; ``whole``: every row was read.

    ``reference``: rows of reference data. ``keys`` and ``contents`` are the different rows, and their different states.
    """

    rows: int = 0
    reference: int = 0
    unreadable: int = 0
    whole: bool = True
    first: list[RehearsedRow] = field(default_factory=list)
    problems: list[RehearsedRow] = field(default_factory=list)
    keys: Distinct = field(default_factory=Distinct)
    contents: Distinct = field(default_factory=Distinct)
    _names: Distinct = field(default_factory=Distinct)

    @property
    def touchpoints(self) -> int:
        """How many there are: lines of one document are one, and so are states of a row."""
        return self._names.count()

    def take(self, stream: PullStream, rows: Sequence[Row]) -> None:
        """Count rows."""
        for row in rows:
            read = _read(stream, row)
            self.rows += 1
            self.keys.add((stream.name, row.key))
            self.contents.add((stream.name, row.key, row.version, row.payload))
            for one in read.touchpoints:
                self._names.add((one.document or row.key, one.part))
            self.reference += bool(read.reference)
            if read.problem is not None:
                self.unreadable += 1
                if len(self.problems) < FIRST:
                    self.problems.append(read)
            if len(self.first) < FIRST:
                self.first.append(read)


def reader_of(registry: Registry, name: str) -> str:
    """The connector that reads files with such a name. Raises ``InputWrong``."""
    found = [each for each, kind in sorted(registry.connectors.items()) if name.lower().endswith(kind.files)]
    if len(found) == 1:
        return found[0]
    endings = ", ".join(ending for _, kind in sorted(registry.connectors.items()) for ending in kind.files)
    raise InputWrong(f"The name {name} does not say how it is read: files end in {endings}.", path="connector")


async def rehearse(
    connector: Connector, most: int | None = MOST, told: Callable[[Rehearsal, float], None] | None = None
) -> Rehearsal:
    """Read the first ``most`` rows, or all. ``told`` hears after each page how far it is, 0 to 1 of a stream.

    Raises ``ConfigWrong`` and what the connector raises.
    """
    for fault in await asyncio.to_thread(lambda: list(connector.check())):
        raise ConfigWrong(fault, path="settings")
    found = Rehearsal()
    for stream in connector.streams():
        if isinstance(stream, PullStream) and found.whole:
            pages = stream.pages(None)
            try:
                await _through(found, stream, pages, most, told)
            finally:
                if isinstance(pages, AsyncGenerator):
                    await pages.aclose()
    return found


async def _through(
    found: Rehearsal,
    stream: PullStream,
    pages: AsyncIterator[Page],
    most: int | None,
    told: Callable[[Rehearsal, float], None] | None,
) -> None:
    async for page in pages:
        rows = [row for row in page.rows if not row.deleted]
        left = len(rows) if most is None else most - found.rows
        await asyncio.to_thread(found.take, stream, rows[:left])
        if told is not None:
            told(found, page.done or 0.0)
        if len(rows) > left:
            found.whole = False
            return


def _read(stream: PullStream, row: Row) -> RehearsedRow:
    try:
        said = list(stream.touchpoints(row))
    except RowUnreadable as fault:
        return RehearsedRow(row.key, problem=Problem(fault.code, fault.message, fault.path, fault.hint))
    touchpoints = [one for one in said if isinstance(one, Touchpoint)]
    return RehearsedRow(row.key, touchpoints, [one for one in said if not isinstance(one, Touchpoint)])
