"""Attacks on the service: what they get, how long an innocent client waits meanwhile, and what memory they cost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from bench.attacks import SLOWEST, Innocent, Outcome, attacked, attacks
from bench.export import resident
from bench.measuring import Bench, Figure
from bench.served import Served, served

CUSTOMERS = 2_000
MOST_GROWTH = 50.0
"""MB that the memory of a hub may grow by."""
REQUESTS = 20_000


def write_sheet(path: Path, customers: int) -> None:
    """Six touchpoints for each customer."""
    with path.open("w", encoding="utf-8") as out:
        out.write("key,time,name,email,phone,title\n")
        for number in range(customers * 6):
            person = number % customers
            day = f"2026-0{1 + number // customers}-{1 + person % 28:02}T09:00:00Z"
            out.write(f"k{number},{day},Person {person},person{person}@mail.example,,Form {number}\n")


async def measure(bench: Bench) -> list[Figure]:
    """On each database: answers of 500 and above, what leaks, and the longest wait of an innocent client."""
    figures: list[Figure] = []
    bars: dict[str, float] = {}
    for database in bench.databases:
        async with served(bench.fresh(database)) as hub:
            outcomes, wrong = await _attacked(bench, hub)
            grown = await _grown(bench, hub)
        worst = max(outcomes, key=lambda outcome: outcome.stall)
        faults = [f"{each.name}: {fault}" for each in outcomes for fault in each.faults] + wrong
        for fault in faults[:20]:
            bench.say(f"  {fault}")
        for each in sorted(outcomes, key=lambda outcome: -outcome.stall)[:5]:
            bench.say(f"  {each.stall * 1000:5.0f} ms beside {each.name} ({sorted(set(each.statuses))})")
        bars[database] = worst.stall * 1000
        figures += [
            Figure(f"faults in the answers to {len(outcomes)} attacks, {database}", len(faults), 0, at_most=True),
            Figure(
                f"the longest wait of an innocent client ({worst.name}), {database}",
                worst.stall * 1000,
                SLOWEST * 1000,
                " ms",
                at_most=True,
            ),
            *(
                Figure(f"more memory after {what}, {database}", more, MOST_GROWTH, " MB", at_most=True)
                for what, more in grown.items()
            ),
        ]
    bench.chart("Milliseconds that an innocent client waits at most beside attacks", bars, " ms", goal=SLOWEST * 1000)
    return figures


async def _attacked(bench: Bench, hub: Served) -> tuple[list[Outcome], list[str]]:
    sheet = bench.folder() / "people.csv"
    write_sheet(sheet, CUSTOMERS // 4 if bench.quick else CUSTOMERS)
    await hub.obeys(f"pull {sheet}")
    await hub.obeys("drain")
    with Innocent(hub.url, hub.token) as innocent:
        outcomes = await attacked(hub.url, hub.token, innocent, attacks(hub.token), copies=2 if bench.quick else 6)
    return outcomes, innocent.wrong


async def _grown(bench: Bench, hub: Served) -> dict[str, float]:
    """How much more memory the hub has after all attacks once more, and after many requests; the first time fills what
    it remembers."""
    chosen = attacks(hub.token)
    before = resident(hub.process.pid)
    with Innocent(hub.url, hub.token) as innocent:
        await attacked(hub.url, hub.token, innocent, chosen, copies=2)
    attacked_ = resident(hub.process.pid)
    many = REQUESTS // 20 if bench.quick else REQUESTS
    headers = {"Authorization": f"Bearer {hub.token}"}
    async with httpx.AsyncClient(base_url=hub.url, headers=headers, trust_env=False, timeout=60) as client:

        async def ask(first: int) -> None:
            for number in range(first, many, 8):
                # Documents nobody has asked before, and fields that fail.
                fields = f'customers(first: 5) {{ nodes {{ id displayName }} }} a{number}: node(id: "x") {{ id }}'
                query = f"query Q{number} {{ {fields} }}"
                answer = await client.post("/graphql", json={"query": query, "variables": {"v": number}})
                assert answer.status_code == 200, answer.text

        await asyncio.gather(*(ask(first) for first in range(8)))
    return {"all attacks once more": attacked_ - before, f"{many:,} requests": resident(hub.process.pid) - attacked_}
