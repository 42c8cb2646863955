"""What a connector would make of a file, without a hub."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hub.cli.terminal import counted, out, progress, table
from hub.ingest.rehearsal import FIRST, Rehearsal, rehearse
from hub.registry import load_registry
from hub.values import Money, ReferenceData, Touchpoint


def preview(connector: str, settings: Mapping[str, Any], time_zone: str) -> None:
    """Print the first rows as touchpoints, their times in the settings' time zone or else in ``time_zone``."""
    rows: list[tuple[object, ...]] = []
    found = asyncio.run(rehearse(load_registry().open(connector, settings), FIRST))
    zone = ZoneInfo(settings.get("time_zone") or time_zone)
    for number, row in enumerate(found.first, 1):
        if row.problem is not None:
            rows.append((number, "", "unreadable", "", "", row.problem.message))
            continue
        rows.extend(_line(number, one, zone) for one in row.touchpoints)
        rows.extend(_about_us(number, one) for one in row.reference)
        if not row.touchpoints and not row.reference:
            rows.append((number, "", "nothing", "", "", ""))
    table(("row", "when", "kind", "who acted", "amount", "whose and what"), rows, numbers=("row", "amount"))


def count(connector: str, settings: Mapping[str, Any]) -> None:
    """Read everything and print how many rows, touchpoints and unreadable rows there are, what would become of the
    rows in a hub that knows none of them, and the first problems."""
    with progress() as shown:
        task = shown.add_task("Reading", total=1.0, rows=0)

        def told(found: Rehearsal, done: float) -> None:
            shown.update(task, completed=done, rows=found.rows)

        found = asyncio.run(rehearse(load_registry().open(connector, settings), None, told))
    said = (
        counted(found.rows, "row"),
        counted(found.touchpoints, "touchpoint"),
        *((f"{counted(found.reference, 'row')} of reference data",) if found.reference else ()),
        f"{counted(found.unreadable, 'row')} that cannot be read",
    )
    out.print(", ".join(said))
    new, contents = found.keys.count(), found.contents.count()
    out.print(
        f"Where none is known yet: {new:,} new, {contents - new:,} changed, {found.rows - contents:,} unchanged, "
        "0 refused"
    )
    for row in found.problems:
        out.print(f"  {row.key}: {row.problem.message if row.problem else ''}", markup=False)


def _line(number: int, one: Touchpoint, zone: ZoneInfo) -> tuple[object, ...]:
    at = one.occurred_at
    when = f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(at, datetime) else f"{at:%Y-%m-%d}"
    said = [one.traits.get("name"), *(held.value for held in one.identifiers), one.title, one.text]
    text = " · ".join(" ".join(str(each).split())[:60] for each in said if each)
    return number, when, one.kind, one.direction.value, _amount(one.amount), text


def _about_us(number: int, one: ReferenceData) -> tuple[object, ...]:
    held = asdict(one)
    when = next((f"{held[name]:%Y-%m-%d}" for name in ("on", "starts_on") if held.get(name)), "")
    amount = getattr(one, "amount", None) or getattr(one, "budget", None)
    names = ("reference", "sku", "campaign", "channel", "name", "base", "quote", "rate")
    text = " · ".join(str(held[name]) for name in names if held.get(name))
    return number, when, type(one).__name__, "", _amount(amount), text


def _amount(money: Money | None) -> str:
    return f"{money.amount:,f} {money.currency}" if money else ""
