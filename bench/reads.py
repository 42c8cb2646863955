"""How long the two queries that pages send most take, over HTTP with a token, one client after another.

Q1 is one customer with identifiers, value and 20 touchpoints.
Q2 is a page of 50 customers with identifiers, value and 10 touchpoints each.
"""

from __future__ import annotations

import asyncio
import csv
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette

from bench.measuring import Bench, Figure, percentile
from hub.api import http
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.settings import Company

TOUCHPOINT = "id kind channel direction automated occurredAt title amount { amount currency }"
CUSTOMER = (
    "id displayName email phone lifecycle { stage standing since } "
    "identifiers(first: 3) { nodes { kind value display } } "
    "value { revenue { amount currency } outstanding { amount currency } orders lastPurchaseAt } "
)
PAGE = "pageInfo { hasNextPage endCursor }"
Q1 = (
    f"query Q1($id: ID!) {{ customer(by: {{ id: $id }}) {{ {CUSTOMER} "
    f"timeline(first: 20) {{ nodes {{ {TOUCHPOINT} }} {PAGE} }} }} }}"
)
Q2 = (
    f"query Q2 {{ customers(first: 50, orderBy: {{ field: LAST_TOUCH }}) {{ nodes {{ {CUSTOMER} "
    f"timeline(first: 10) {{ nodes {{ {TOUCHPOINT} }} }} }} {PAGE} }} }}"
)
GOALS = {"Q1": 15, "Q2": 150}
"""Milliseconds at p50."""
KINDS = (("invoice", "ACCOUNTING"), ("email", "EMAIL"), ("form", "WEB"), ("mention", "SOCIAL"))


def write_sheets(folder: Path, customers: int, each: int) -> list[tuple[str, str, Path]]:
    """One sheet for each kind: together ``each`` touchpoints for each customer. The same at every call."""
    pick = random.Random(7)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    sheets = []
    for kind, channel in KINDS:
        file = folder / f"{kind}.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["key", "time", "name", "email", "phone", "title", "amount"])
            for number in range(customers * each // len(KINDS)):
                person = number % customers
                at = start + timedelta(minutes=pick.randrange(60 * 24 * 650))
                amount = f"{pick.randrange(100, 90_000) / 100:.2f}" if kind == "invoice" else ""
                writer.writerow([
                    number, at.isoformat(), f"Person{person} Family{person}", f"person{person}@mail.example",
                    f"+8801711{person:06}", f"{kind} number {number}", amount,
                ])  # fmt: skip
        sheets.append((kind, channel, file))
    return sheets


async def fill(hub: Hub, customers: int, each: int) -> str:
    """Fill the hub and give the id of a customer."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, channel, file in await asyncio.to_thread(write_sheets, Path(folder), customers, each):
            columns = {name: name for name in "key time name email phone title amount".split()}
            settings = {
                "path": str(file),
                "kind": kind,
                "channel": channel,
                "direction": "INBOUND",
                "currency": "BDT",
                "columns": columns,
            }
            source = (await hub.create_source(kind, "generic.csv", settings)).ids[0]
            await hub.sync(source)
            await hub.pulled(source)
        async with hub.reader.snapshot() as snapshot:
            last = await snapshot.value("SELECT value FROM sequence WHERE id = 1")
        while not await hub.wait(last, 60):
            pass
        async with hub.reader.snapshot() as snapshot:
            return str(await snapshot.value("SELECT id FROM customer ORDER BY touchpoints DESC, id LIMIT 1"))


def ask(url: str, token: str, query: str, variables: dict[str, Any], rounds: int) -> tuple[float, float]:
    """Ask one after another: p50 and p99 in milliseconds."""
    with httpx.Client(headers={"authorization": f"Bearer {token}"}) as client:
        times = []
        for number in range(rounds + 20):
            began = time.perf_counter()
            answer = client.post(url, json={"query": query, "variables": variables})
            if number >= 20:
                times.append((time.perf_counter() - began) * 1000)
        body = answer.json()
        if answer.status_code != 200 or body.get("errors"):
            raise SystemExit(answer.text[:300])
    return statistics.median(times), percentile(times, 0.99)


async def served(address: str, customers: int, rounds: tuple[int, int]) -> dict[str, tuple[float, float]]:
    """Fill, serve, ask: p50 and p99 of each query."""
    company = Company(name="Bench", currency="BDT", time_zone="Asia/Dhaka", country="BD")
    async with await Hub.open(address, load_registry(), company) as hub:
        customer = await fill(hub, customers, 24)
        _, token = await hub.create_token("bench", ["read", "pii"])
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=http.routes(hub)), port=0, log_level="warning"))
        serving = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        url = f"http://127.0.0.1:{port}/graphql"
        found = {
            "Q1": await asyncio.to_thread(ask, url, token, Q1, {"id": customer}, rounds[0]),
            "Q2": await asyncio.to_thread(ask, url, token, Q2, {}, rounds[1]),
        }
        server.should_exit = True
        await serving
        return found


async def measure(bench: Bench) -> list[Figure]:
    """Both queries on both databases. The goals keep what ordinary execution reaches from getting slower."""
    customers, rounds = (200, (100, 15)) if bench.quick else (2000, (200, 30))
    figures, bars = [], {}
    for database in bench.databases:
        for name, (median, slow) in (await served(bench.fresh(database), customers, rounds)).items():
            bars[f"{name} {database}"] = median
            bench.say(f"{name} on {database}: p50 {median:.1f} ms, p99 {slow:.1f} ms")
            figures.append(Figure(f"{name} p50, {database}", median, GOALS[name], " ms", at_most=True))
    bench.chart(f"p50 among {customers:,} customers", bars, " ms")
    return figures
