"""Single rows over HTTP, durable: group commit against one request in a transaction, and beside a busy processor."""

from __future__ import annotations

import asyncio
import csv
import json
import shutil
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench.load import Load, Target, even, generator, press
from bench.measuring import ROOT, Bench, Figure, in_turn, ratio
from bench.served import SLOW_MS, Served, preloading, served
from bench.stream import bare, deliveries
from hub import sdk

GROUP_GAIN, OF_BULK, BESIDE = 10, 0.25, 50
TOGETHER = 1000
"""Rows in a transaction of the bulk."""
PACE = 50
"""Requests a second beside the busy processor."""
ROWS = 60_000
MUTATION = "mutation ($input: IngestInput!) { ingest(input: $input) { rows { outcome } receipt { sequence } } }"


@dataclass(frozen=True)
class Lines:
    """The same rows as each door takes them, one request in a line."""

    rows: Sequence[sdk.Row]
    posted: Path
    forms: Path


def write_lines(folder: Path, count: int) -> Lines:
    """The rows of the stream, and as many forms of people with three touchpoints each."""
    rows = [row for _, row in deliveries(count)]
    posted, forms = folder / "posted", folder / "forms"
    posted.write_bytes(b"\n".join(row.payload for row in rows))
    with forms.open("w") as out:
        for number in range(count):
            person = number // 3
            form = {
                "submission_id": f"{person:08x}-0000-4000-8000-{number:012x}", "name": f"First{person} Last{person}",
                "email": f"person{person}@mail.example", "phone": f"+4917{person:08}", "message": f"{number} " * 20,
            }  # fmt: skip
            out.write(urlencode(form) + "\n")
    return Lines(rows, posted, forms)


def door(hub: Served, name: str, lines: Lines, folder: Path) -> Target:
    """Where to post which lines: ``delivery``, ``form`` or ``mutation``."""
    if name == "delivery":
        return Target(hub.url, f"/in/{hub.posted}/deliveries", {"Content-Type": "application/json"}, lines.posted)
    if name == "form":
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://shop.example"}
        return Target(hub.url, f"/in/{hub.forms}/submissions", kind, lines.forms)
    path = folder / f"mutations-{hub.posted}"
    with path.open("wb") as out:
        for row in lines.rows:
            given = [{"payload": row.payload.decode(), "key": row.key}]
            variables = {"input": {"source": hub.posted, "stream": "deliveries", "rows": given}}
            out.write(json.dumps({"query": MUTATION, "variables": variables}).encode() + b"\n")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {hub.token}"}
    return Target(hub.url, "/graphql", headers, path)


def slow_fsync(bench: Bench) -> Path | None:
    """The compiled library that slows down syncs, or None without a C compiler."""
    if (compiler := shutil.which("cc")) is None:
        bench.say("No C compiler (cc), so syncs cannot be slowed down.")
        return None
    made = bench.folder() / "slow_fsync.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O2", "-o", made, ROOT / "bench" / "slow_fsync.c", "-ldl"], check=True
    )
    return made


async def measure(bench: Bench) -> list[Figure]:
    """On each database: requests a second by connections, what group commit gains, whole path, busy processor."""
    bench.say(f"Load by {generator()}")
    lines = await asyncio.to_thread(write_lines, bench.folder(), ROWS // 5 if bench.quick else ROWS)
    slow = slow_fsync(bench)
    figures = []
    for database in bench.databases:
        figures.append(await group_gain(bench, database, lines, slow))
        figures.append(await of_bulk(bench, database, lines))
        figures.append(await beside(bench, database, lines))
        if not bench.quick:
            await by_connections(bench, database, lines)
    return figures


async def group_gain(bench: Bench, database: str, lines: Lines, slow: Path | None) -> Figure:
    """Requests a second at c=64 with slow syncs, over those of one request in a transaction."""
    what = f"group commit over one request in a transaction, c=64, {SLOW_MS} ms fsync, {database}"
    if slow is None:
        return Figure(what, None, GROUP_GAIN, "x")

    async def pressed(*, one: bool) -> Load:
        async with served(bench.fresh(database, preloading(slow)), one=one, slow=slow) as hub:
            return await press(door(hub, "delivery", lines, bench.folder()), 64, 2 if bench.quick else 5)

    rounds = await in_turn(
        {"group": lambda: pressed(one=False), "one": lambda: pressed(one=True)}, 1 if bench.quick else 3
    )
    for way, loads in rounds.items():
        told(bench, f"{database}, {SLOW_MS} ms fsync, {way}, c=64", loads)
    rates = {way: [load.rate for load in loads] for way, loads in rounds.items()}
    bench.chart(
        f"Requests a second, c=64, {SLOW_MS} ms fsync, {database}",
        {way: statistics.median(each) for way, each in rates.items()},
    )
    return Figure(what, ratio(rates["group"], rates["one"]), GROUP_GAIN, "x")


async def of_bulk(bench: Bench, database: str, lines: Lines) -> Figure:
    """Rows a second from the first request at c=64 until the last row is processed, over the same rows in bulk."""
    count = 0

    async def posted() -> float:
        nonlocal count
        async with served(bench.fresh(database)) as hub:
            target = door(hub, "delivery", lines, bench.folder())
            began = time.perf_counter()
            load = await press(target, 64, 2 if bench.quick else 8)
            count = load.requests
            await hub.obeys("drain")
            told(bench, f"{database}, delivery, c=64", [load])
            return load.requests / (time.perf_counter() - began)

    async def bulk() -> float:
        return await asyncio.to_thread(in_bulk, bench.fresh(database), lines.rows[:count])

    rounds = await in_turn({"one in a request": posted, "bulk": bulk}, 1 if bench.quick else 3)
    rates = {way: statistics.median(each) for way, each in rounds.items()}
    bench.chart(f"Rows a second, accepted and processed, {database}", rates)
    share = ratio(rounds["one in a request"], rounds["bulk"])
    return Figure(f"of the bulk rate, c=64, {database}", share, OF_BULK)


def in_bulk(address: str, rows: Sequence[sdk.Row]) -> float:
    """Rows a second, a thousand of them in a transaction, accepted and processed."""
    hub = bare(address)
    began = time.perf_counter()
    for first in range(0, len(rows), TOGETHER):
        hub.take([("web", row) for row in rows[first : first + TOGETHER]])
    took = time.perf_counter() - began
    hub.close()
    return len(rows) / took


async def beside(bench: Bench, database: str, lines: Lines) -> Figure:
    """p99 of deliveries at a modest pace while a large import is pulled and processed."""
    seconds = 6 if bench.quick else 20
    sheet = await asyncio.to_thread(write_sheet, bench.folder() / "sheet.csv", 2500 * seconds + 10_000)
    async with served(bench.fresh(database)) as hub:
        await hub.obeys(f"pull {sheet}")
        load = await even(door(hub, "delivery", lines, bench.folder()), PACE, seconds)
        behind = await hub.obeys("behind")
    told(bench, f"{database}, {PACE} requests/s beside an import", [load])
    if not behind:
        bench.say("The processor was idle at the end: this machine needs a larger import.")
    return Figure(f"p99 beside a busy processor, {database}", load.p99 if behind else None, BESIDE, " ms", at_most=True)


def write_sheet(path: Path, count: int) -> Path:
    """A sheet of people with three touchpoints each."""
    with path.open("w", newline="") as out:
        sheet = csv.writer(out)
        sheet.writerow("key time name email phone title".split())
        for number in range(count):
            person = 1_000_000 + number // 3
            at = f"2025-{number % 12 + 1:02}-{number % 28 + 1:02}T09:00:00+00:00"
            reached = f"sheet{person}@mail.example", f"+4917{person:08}"
            sheet.writerow([number, at, f"Sheet{person} Person{person}", *reached, f"Row {number}"])
    return path


async def by_connections(bench: Bench, database: str, lines: Lines) -> None:
    """Requests a second of every door at c=1, 16 and 64, and of one request in a transaction."""
    bars = {}
    for name, one in (("delivery", False), ("delivery", True), ("form", False), ("mutation", False)):
        async with served(bench.fresh(database), one=one) as hub:
            target = door(hub, name, lines, bench.folder())
            first = 0
            for connections in (1, 16, 64):
                load = await press(target, connections, 4, first)
                first += load.requests
                label = f"{name}{', one in a transaction' if one else ''}, c={connections}"
                told(bench, f"{database}, {label}", [load])
                bars[label] = load.rate
                await hub.obeys("drain")
    bench.chart(f"Requests a second, {database}", bars)


def told(bench: Bench, what: str, loads: Sequence[Load]) -> None:
    """Say what came of the rounds of a load: medians."""
    rate, p50, p99 = (statistics.median(getattr(load, name) for load in loads) for name in ("rate", "p50", "p99"))
    refused = sum(load.refused for load in loads)
    bench.say(f"{what}: {rate:,.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms{f', {refused} refused' if refused else ''}")
