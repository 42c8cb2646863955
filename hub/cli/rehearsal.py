"""What a connector would make of a file, without a hub."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncGenerator, Hashable, Mapping
from contextlib import aclosing
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.cli.terminal import counted, out, progress, table
from hub.connector import Page, PullStream, Row
from hub.errors import ConfigWrong, RowUnreadable
from hub.registry import load_registry
from hub.values import Money, Touchpoint

FIRST = 10
"""Rows that a preview shows."""


def preview(connector: str, settings: Mapping[str, Any], time_zone: str) -> None:
    """Print the first rows as touchpoints, their times in the settings' time zone or else in ``time_zone``."""
    rows: list[tuple[object, ...]] = []
    first = asyncio.run(_first(connector, settings))
    zone = ZoneInfo(settings.get("time_zone") or time_zone)
    for number, (stream, row) in enumerate(first, 1):
        try:
            found = [one for one in stream.touchpoints(row) if isinstance(one, Touchpoint)]
        except RowUnreadable as problem:
            rows.append((number, "", "unreadable", "", "", problem.message))
            continue
        rows.extend(_line(number, one, zone) for one in found)
        if not found:
            rows.append((number, "", "nothing", "", "", ""))
    table(("row", "when", "kind", "who acted", "amount", "whose and what"), rows, numbers=("row", "amount"))


def count(connector: str, settings: Mapping[str, Any]) -> None:
    """Read everything and print how many rows, touchpoints and unreadable rows there are, what would become of the
    rows in a hub that knows none of them, and the first problems."""
    found = asyncio.run(_counted(connector, settings))
    told = (
        counted(found.rows, "row"),
        counted(found.touchpoints(), "touchpoint"),
        f"{counted(found.unreadable, 'row')} that cannot be read",
    )
    out.print(", ".join(told))
    new, contents = found.keys.count(), found.contents.count()
    out.print(
        f"Where none is known yet: {new:,} new, {contents - new:,} changed, {found.rows - contents:,} unchanged, "
        "0 refused"
    )
    for row, problem in found.problems:
        out.print(f"  {row}: {problem}", markup=False)


class _Distinct:
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


class _Count:
    """What a file comes to. Lines of one document are one touchpoint, and so are states of a row."""

    def __init__(self) -> None:
        self.rows = self.unreadable = 0
        self.problems: list[tuple[str, str]] = []
        self.names, self.keys, self.contents = _Distinct(), _Distinct(), _Distinct()

    def take(self, stream: PullStream, row: Row) -> None:
        """Count a row."""
        self.rows += 1
        self.keys.add((stream.name, row.key))
        self.contents.add((stream.name, row.key, row.version, row.payload))
        try:
            for one in stream.touchpoints(row):
                if isinstance(one, Touchpoint):
                    self.names.add((one.document or row.key, one.part))
        except RowUnreadable as problem:
            self.unreadable += 1
            if len(self.problems) < FIRST:
                self.problems.append((row.key, problem.message))

    def touchpoints(self) -> int:
        """How many there are."""
        return self.names.count()


async def _first(connector: str, settings: Mapping[str, Any]) -> list[tuple[PullStream, Row]]:
    found: list[tuple[PullStream, Row]] = []
    async with aclosing(_pages(connector, settings)) as pages:
        async for stream, page in pages:
            found += [(stream, row) for row in page.rows if not row.deleted]
            if len(found) >= FIRST:
                break
    return found[:FIRST]


async def _counted(connector: str, settings: Mapping[str, Any]) -> _Count:
    found = _Count()
    with progress() as shown:
        task = shown.add_task("Reading", total=1.0, rows=0)
        async for stream, page in _pages(connector, settings):
            for row in page.rows:
                if not row.deleted:
                    found.take(stream, row)
            shown.update(task, completed=page.done or 0.0, rows=found.rows)
    return found


async def _pages(connector: str, settings: Mapping[str, Any]) -> AsyncGenerator[tuple[PullStream, Page], None]:
    opened = load_registry().open(connector, settings)
    for fault in opened.check():
        raise ConfigWrong(fault)
    for stream in opened.streams():
        if isinstance(stream, PullStream):
            async for page in stream.pages(None):
                yield stream, page


def _line(number: int, one: Touchpoint, zone: ZoneInfo) -> tuple[object, ...]:
    at = one.occurred_at
    when = f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(at, datetime) else f"{at:%Y-%m-%d}"
    said = [one.traits.get("name"), *(held.value for held in one.identifiers), one.title, one.text]
    text = " · ".join(" ".join(str(each).split())[:60] for each in said if each)
    return number, when, one.kind, one.direction.value, _amount(one.amount), text


def _amount(money: Money | None) -> str:
    return f"{money.amount:,f} {money.currency}" if money else ""
