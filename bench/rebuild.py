"""A rebuild of 1 M records: the same fingerprint, its speed against the first processing, and its memory."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bench.measuring import Bench, Figure
from bench.stream import COMPANY, Bare, Told, bare, deliveries
from hub.desk import Desk
from hub.ingest import founding
from hub.ingest.process import Processor
from hub.ingest.refill import Refill
from hub.ingest.sources import Sources
from hub.journey.rules import load_rules
from hub.registry import Registry
from hub.store import sets
from hub.store.fingerprint import fingerprint
from hub.store.session import Session
from hub.store.writing import records

FULL, QUICK = 1_000_000, 6_000
_TOGETHER = 1000
_EARLY = 0.2
"""The first part of a rebuild, whose memory the rest is compared with."""
_MEGABYTE = 2**20


async def measure(bench: Bench) -> list[Figure]:
    """Fill a hub, rebuild it, compare."""
    figures = []
    rates: dict[str, float] = {}
    for database in bench.databases:
        made = await asyncio.to_thread(_measured, bench.fresh(database), QUICK if bench.quick else FULL)
        rates |= {f"{database}, at first": made.first, f"{database}, rebuilt": made.again}
        bench.say(
            f"{database}: {made.count:,} records, {made.first:,.0f}/s at first, {made.again:,.0f}/s rebuilt, "
            f"{made.paused:.2f} s to switch, memory {made.early:,.0f} MB early, {made.peak:,.0f} MB at most; "
            f"differing: {', '.join(made.differing) or 'nothing'}"
        )
        figures += [
            Figure(f"identical tables of a rebuild, {database}", 1.0 - bool(made.differing), 1.0),
            Figure(f"of the first processing's speed, {database}", made.again / made.first, 0.8),
            Figure(f"x memory in the end as early on, {database}", made.peak / made.early, 1.3, at_most=True),
        ]
    bench.chart("Records a second", rates)
    return figures


@dataclass
class _Made:
    """What was measured: records a second, and megabytes of resident memory."""

    count: int
    first: float
    again: float = 0.0
    paused: float = 0.0
    early: float = 0.0
    peak: float = 0.0
    differing: list[str] = field(default_factory=list)


def _measured(address: str, count: int) -> _Made:
    with closing(bare(address)) as hub:
        made = _Made(count, _fill(hub, count))
        gc.collect()
        _rebuild(hub, made)
    return made


def _fill(hub: Bare, count: int) -> float:
    given = deliveries(count)
    began = time.monotonic()
    while part := list(islice(given, _TOGETHER)):
        hub.take(part)
    return count / (time.monotonic() - began)


def _rebuild(hub: Bare, made: _Made) -> None:
    with hub.truth.transaction():
        run, _ = records.start_run(hub.truth, None, "REBUILD", 0)
        number = sets.begin(hub.truth, "", run).number

    def look(done: int, total: int) -> None:
        memory = _resident()
        made.peak = max(made.peak, memory)
        if done <= _EARLY * total or not made.early:
            made.early = max(made.early, memory)

    def switch() -> None:
        with hub.truth.transaction():
            sets.switch(hub.truth, number)

    began = time.monotonic()
    with closing(Refill(hub.store, _processor, number, threading.Event(), look)) as refill:
        refill.fill()
        made.again = made.count / (time.monotonic() - began)
        began = time.monotonic()
        refill.take_over(switch, verify=False)
        made.paused = time.monotonic() - began
        with closing(hub.store.projection(refill.old)) as old, closing(hub.store.projection(number)) as new:
            made.differing = fingerprint(old).differing(fingerprint(new))


def _processor(session: Session, clock: Callable[[], int]) -> Processor:
    with session.transaction():
        founding.begin_projection(session)
    sources = Sources(Registry({Desk.name: Desk, Told.name: Told}, {}))
    return Processor(session, COMPANY, sources, load_rules(basis=COMPANY.revenue_basis), clock)


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / _MEGABYTE
