"""A hub whose customers buy at their own rates until they leave, unnoticed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, timedelta

import numpy as np

from hub import sdk
from hub.ingest.hub import Hub
from tests.ingest.builders import COMPANY, NOW, REGISTRY, row
from tests.ingest.test_hub import given, told

FIRST = date(2024, 1, 1)
DAYS = 730


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> int:
        return self.at


def opened(address: str, look: Callable[[Hub, Clock], Awaitable[None]]) -> None:
    """Run ``look`` on the hub at an address, at the end of two years of purchases."""

    async def run() -> None:
        clock = Clock()
        async with await Hub.open(address, REGISTRY, COMPANY, clock) as hub:
            await look(hub, clock)

    asyncio.run(run())


def invoice(key: str, customer: str, day: int, amount: float) -> sdk.Row:
    """A purchase of a person, who is named by an e-mail address."""
    at = (FIRST + timedelta(days=day)).isoformat()
    return row(
        key, kind="invoice", channel="ACCOUNTING", direction="OUTBOUND", at=at, amount=f"{amount:.2f}",
        who={"email": f"{customer}@x.org"}, document=key,
    )  # fmt: skip


def purchases(customers: int, seed: int = 1) -> list[sdk.Row]:
    """What they bought: first in the first half year, then at a rate of their own, until they leave."""
    chance = np.random.default_rng(seed)
    rows: list[sdk.Row] = []
    for number in range(customers):
        rate, mean = chance.gamma(1.0, 1 / 40), chance.gamma(4.0, 10.0) + 5
        day = float(chance.integers(0, 180))
        until = min(DAYS, day + chance.exponential(300.0))
        while day < until:
            rows.append(invoice(f"i{number}-{len(rows)}", f"c{number}", int(day), mean * chance.gamma(4.0, 0.25) + 1))
            day += chance.exponential(1 / rate) + 1
    return rows


async def fill(hub: Hub, rows: list[sdk.Row]) -> str:
    """Bring rows in; their source."""
    source = await told(hub)
    for start in range(0, len(rows), 500):
        done = await hub.ingest(source, "rows", given(*rows[start : start + 500]))
    assert await hub.wait(done.sequence, 60)
    return source


async def scored(hub: Hub, *, refit: bool = False) -> str:
    """Score, to the end; the run."""
    run = await hub.scoring.score(refit=refit)
    await hub.scoring.scored()
    return run
