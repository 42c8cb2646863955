"""Rows a second of an export of all touchpoints over HTTP, and how much memory it takes while it is written."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from asyncio.subprocess import PIPE, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.filled import filled
from bench.measuring import ROOT, Bench, Figure
from hub.ingest.hub import Hub
from hub.registry import load_registry

FORMATS = ("csv", "ndjson", "parquet")
GOAL = 20_000
MOST = 150.0
"""MB over what the process holds before: some thousand rows, whatever the size of the list."""
HIGHEST = 400.0
"""MB that the serving process holds in all."""
LOOK = 0.02
"""Seconds between two looks at its memory."""


@dataclass(frozen=True, slots=True)
class Taken:
    """One export: bytes, seconds; MB that the serving process held at most, and how many more than before."""

    size: int
    seconds: float
    peak: float
    more: float


@asynccontextmanager
async def served(address: str) -> AsyncIterator[tuple[str, int]]:
    """Serve a hub in a process of its own: where, and the number of the process."""
    in_postgres = address.startswith("postgres")
    process = await create_subprocess_exec(
        sys.executable, "-m", "hub", *([] if in_postgres else ["--data", address]), "serve", "--port", "0",
        "--no-worker", cwd=ROOT, env=os.environ | ({"HUB_DATABASE_URL": address} if in_postgres else {}),
        stdout=PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = (await process.stdout.readline()).decode()
        yield line.partition(" is served at ")[2].partition(". ")[0], process.pid
    finally:
        process.terminate()
        await process.wait()


def resident(process: int) -> float:
    """MB that a process has in memory for itself: without the pages of files, which the system takes back at will."""
    _, all_, of_files, *_ = map(int, Path(f"/proc/{process}/statm").read_text().split())
    return (all_ - of_files) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def taken(url: str, token: str, process: int) -> Taken:
    """Take an export away and throw it away, looking at the memory of the hub all the while."""
    before = most = resident(process)

    async def look() -> None:
        nonlocal most
        while True:
            most = max(most, resident(process))
            await asyncio.sleep(LOOK)

    looking = asyncio.create_task(look())
    began = time.perf_counter()
    size = 0
    async with (
        httpx.AsyncClient(headers={"authorization": f"Bearer {token}"}, timeout=120, trust_env=False) as client,
        client.stream("GET", url, headers={"accept-encoding": "identity"}) as answer,
    ):
        if answer.status_code != 200:
            raise SystemExit((await answer.aread())[:300])
        async for part in answer.aiter_raw():
            size += len(part)
    seconds = time.perf_counter() - began
    looking.cancel()
    return Taken(size, seconds, most, most - before)


async def exported(address: str) -> dict[str, Taken]:
    """Serve a filled hub and export: figures of each format."""
    async with await Hub.open(address, load_registry()) as hub:
        _, token = await hub.create_token("bench", ["analyse", "pii"])
    async with served(address) as (url, process):
        few = "filter=%7B%22search%22%3A%22nobody%22%7D"
        await taken(f"{url}/export/touchpoints.parquet?{few}", token, process)  # what is imported once does not count
        return {form: await taken(f"{url}/export/touchpoints.{form}", token, process) for form in FORMATS}


async def measure(bench: Bench) -> list[Figure]:
    """Each format on both databases; a full run exports a million touchpoints."""
    customers, touchpoints = (2_000, 40_000) if bench.quick else (20_000, 1_000_000)
    figures, bars = [], {}
    for database in bench.databases:
        for form, found in (await exported(await filled(bench, database, customers, touchpoints))).items():
            rate = touchpoints / found.seconds
            bars[f"{form} {database}"] = rate
            bench.say(
                f"{form} on {database}: {rate:,.0f} rows/s, {found.size / 1e6:,.1f} MB; "
                f"the hub has {found.peak:.0f} MB of memory at most, {found.more:.0f} MB more than before"
            )
            figures.append(Figure(f"{form} rows/s, {database}", rate, GOAL))
            figures.append(Figure(f"{form} memory more than before, {database}", found.more, MOST, " MB", at_most=True))
            figures.append(Figure(f"{form} memory at most, {database}", found.peak, HIGHEST, " MB", at_most=True))
    bench.chart(f"Rows a second of {touchpoints:,} touchpoints", bars, goal=GOAL)
    return figures
