"""Rows a second of an export of all touchpoints over HTTP, and how much memory it takes while it is written."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import httpx
import uvicorn
from starlette.applications import Starlette

from bench.measuring import Bench, Figure
from bench.reads import fill
from hub.api import http
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.settings import Company

EACH = 24
"""Touchpoints of each customer."""
FORMATS = ("csv", "ndjson", "parquet")
GOAL = 20_000
MOST = 150.0
"""MB over what the process holds before: some thousand rows, whatever the size of the list."""


def resident() -> float:
    """MB that this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


async def taken(url: str, token: str) -> tuple[int, float, float]:
    """Take an export away and throw it away: bytes, seconds, MB over before at most."""
    before = most = resident()
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
            most = max(most, resident())
    return size, time.perf_counter() - began, most - before


async def served(address: str, customers: int) -> dict[str, tuple[int, float, float]]:
    """Fill, serve, export: figures of each format."""
    company = Company(name="Bench", currency="BDT", time_zone="Asia/Dhaka", country="BD")
    async with await Hub.open(address, load_registry(), company) as hub:
        await fill(hub, customers, EACH)
        _, token = await hub.create_token("bench", ["analyse", "pii"])
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=http.routes(hub)), port=0, log_level="warning"))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        root = f"http://127.0.0.1:{port}/export/touchpoints"
        await taken(f"{root}.parquet", token)  # what is imported and opened once does not count
        found = {form: await taken(f"{root}.{form}", token) for form in FORMATS}
        server.should_exit = True
        await serving
        return found


async def measure(bench: Bench) -> list[Figure]:
    """Each format on both databases; a full run exports a million touchpoints."""
    customers = 1_000 if bench.quick else 42_000
    figures, bars = [], {}
    for database in bench.databases:
        for form, (size, seconds, memory) in (await served(bench.fresh(database), customers)).items():
            rate = customers * EACH / seconds
            bars[f"{form} {database}"] = rate
            bench.say(f"{form} on {database}: {rate:,.0f} rows/s, {size / 1e6:,.1f} MB, {memory:.0f} MB of memory")
            figures.append(Figure(f"{form} rows/s, {database}", rate, GOAL))
            figures.append(Figure(f"{form} memory, {database}", memory, MOST, " MB", at_most=True))
    bench.chart(f"Rows a second of {customers * EACH:,} touchpoints", bars, goal=GOAL)
    return figures
