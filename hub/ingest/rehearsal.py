"""What a connector would make of a file: its first rows as touchpoints, and counts. Nothing is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from hub.connector import Connector, Page, PullStream, Row
from hub.errors import ConfigWrong, InputWrong, RowUnreadable
from hub.ingest.outcomes import Problem
from hub.registry import Registry
from hub.values import Touchpoint

FIRST = 10
"""Rows that are shown."""
MOST = 5_000
"""Rows that are read while somebody waits."""


@dataclass(frozen=True, slots=True)
class RehearsedRow:
    """A row, and what it would yield or why it cannot be read."""

    key: str
    touchpoints: Sequence[Touchpoint] = ()
    problem: Problem | None = None


@dataclass(slots=True)
class Rehearsal:
    """``whole``: every row was read, not only the first ``MOST``."""

    rows: int = 0
    touchpoints: int = 0
    unreadable: int = 0
    whole: bool = True
    first: list[RehearsedRow] = field(default_factory=list)
    problems: list[RehearsedRow] = field(default_factory=list)

    def take(self, stream: PullStream, rows: Sequence[Row]) -> None:
        """Count rows."""
        for row in rows:
            read = _read(stream, row)
            self.rows += 1
            self.touchpoints += len(read.touchpoints)
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


async def rehearse(connector: Connector) -> Rehearsal:
    """Read the first rows. Raises ``ConfigWrong`` and what the connector raises."""
    for fault in await asyncio.to_thread(lambda: list(connector.check())):
        raise ConfigWrong(fault, path="settings")
    found = Rehearsal()
    for stream in connector.streams():
        if isinstance(stream, PullStream):
            await _through(found, stream)
    return found


async def _through(found: Rehearsal, stream: PullStream) -> None:
    async with aclosing(_pages(stream)) as pages:
        async for page in pages:
            rows = [row for row in page.rows if not row.deleted]
            left = MOST - found.rows
            await asyncio.to_thread(found.take, stream, rows[:left])
            if len(rows) > left:
                found.whole = False
                return


async def _pages(stream: PullStream) -> AsyncGenerator[Page, None]:
    async for page in stream.pages(None):
        yield page


def _read(stream: PullStream, row: Row) -> RehearsedRow:
    try:
        return RehearsedRow(row.key, [one for one in stream.touchpoints(row) if isinstance(one, Touchpoint)])
    except RowUnreadable as fault:
        return RehearsedRow(row.key, problem=Problem(fault.code, fault.message, fault.path, fault.hint))
