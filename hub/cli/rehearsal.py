"""What a connector would make of a file, without a hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from hub.cli.terminal import counted, notes, out, table
from hub.connector import PullStream, Row
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
    notes.print("Nothing was stored.")


def count(connector: str, settings: Mapping[str, Any]) -> None:
    """Read everything and print how many rows, touchpoints and unreadable rows there are, and the first problems."""
    rows, touchpoints, problems = asyncio.run(_counted(connector, settings))
    told = (
        counted(rows, "row"),
        counted(touchpoints, "touchpoint"),
        f"{counted(len(problems), 'row')} that cannot be read",
    )
    out.print(", ".join(told))
    for row, problem in islice(problems.items(), FIRST):
        out.print(f"  {row}: {problem}", markup=False)
    notes.print("Nothing was stored.")


async def _first(connector: str, settings: Mapping[str, Any]) -> list[tuple[PullStream, Row]]:
    found: list[tuple[PullStream, Row]] = []
    async with aclosing(_rows(connector, settings)) as rows:
        async for each in rows:
            found.append(each)
            if len(found) == FIRST:
                break
    return found


async def _counted(connector: str, settings: Mapping[str, Any]) -> tuple[int, int, dict[str, str]]:
    rows, touchpoints, problems = 0, set[str](), dict[str, str]()
    async for stream, row in _rows(connector, settings):
        rows += 1
        try:
            # Lines of one document are one touchpoint.
            touchpoints |= {
                f"{one.document or row.key} {one.part}"
                for one in stream.touchpoints(row)
                if isinstance(one, Touchpoint)
            }
        except RowUnreadable as problem:
            problems[row.key] = problem.message
    return rows, len(touchpoints), problems


async def _rows(connector: str, settings: Mapping[str, Any]) -> AsyncGenerator[tuple[PullStream, Row], None]:
    opened = load_registry().open(connector, settings)
    for fault in opened.check():
        raise ConfigWrong(fault)
    for stream in opened.streams():
        if isinstance(stream, PullStream):
            async for page in stream.pages(None):
                for row in page.rows:
                    yield stream, row


def _line(number: int, one: Touchpoint, zone: ZoneInfo) -> tuple[object, ...]:
    at = one.occurred_at
    when = f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(at, datetime) else f"{at:%Y-%m-%d}"
    said = [one.traits.get("name"), *(held.value for held in one.identifiers), one.title, one.text]
    text = " · ".join(" ".join(str(each).split())[:60] for each in said if each)
    return number, when, one.kind, one.direction.value, _amount(one.amount), text


def _amount(money: Money | None) -> str:
    return f"{money.amount:,f} {money.currency}" if money else ""
