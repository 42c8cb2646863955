"""PostgreSQL that stops as in an accident, and links to it that are cut: the hub refuses, waits and goes on."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.faults.postgres import Links, OwnPostgres, links, own_postgres
from tests.faults.sending import (
    EXACT,
    Sender,
    calling,
    difference_of_records,
    difference_of_touchpoints,
    gaps,
)
from tests.faults.serving import ServedHub, founded, until_processed

AGAIN = 10.0
"""Seconds after which everything goes on as before, once the database is back; two where nothing else runs."""


@pytest.fixture(scope="module")
def postgres() -> Iterator[OwnPostgres]:
    with own_postgres() as server:
        yield server


@pytest.fixture
def own_url(postgres: OwnPostgres) -> str:
    """A fresh database of the own server."""
    return postgres.fresh()


def check_nothing_is_lost(hub: ServedHub, sender: Sender, address: str, rows: int) -> None:
    """Everything sent is there, once; refusals were clean, and the process is the one that began."""
    until_processed(address)
    assert sender.acknowledged == set(range(rows))
    assert set(sender.refusals) <= {(503, "RETRY_LATER")}, sender.bodies
    assert sender.outcomes["CHANGED"] == 0
    assert difference_of_records(address, sender.account, range(rows)) == EXACT
    assert difference_of_touchpoints(address, sender.account, range(rows)) == EXACT
    assert gaps(address) == []
    hub.stop()
    assert "Traceback" not in hub.log.read_text()


@asynccontextmanager
async def sending(sender: Sender, rows: int, pace: float) -> AsyncIterator[asyncio.Task[None]]:
    """Send rows beside what the block does."""
    task = asyncio.create_task(sender.all(range(rows), pace=pace))
    try:
        yield task
    finally:
        await task


async def refused_cleanly(sender: Sender) -> None:
    """A row is refused at once, not after a time-out; the hub itself answers."""
    async with calling() as client:
        begun = time.monotonic()
        answer = await sender.once(client, 0)
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) >= 1
        assert time.monotonic() - begun < 12
        assert (await client.get(f"{sender.urls[0]}/health")).status_code == 200


async def taken_again(sender: Sender) -> float:
    """Seconds until a row is taken."""
    begun = time.monotonic()
    async with calling() as client:
        await sender.until_acknowledged(client, 0)
    return time.monotonic() - begun


@pytest.mark.parametrize(
    ("rows", "stops"), [(200, 2), pytest.param(3000, 20, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_database_stopped_as_in_an_accident_loses_nothing(
    postgres: OwnPostgres, own_url: str, serving: Callable[..., ServedHub], rows: int, stops: int
) -> None:
    hub = serving(own_url)
    sender = Sender(founded(own_url), [hub.url])
    hub.start()
    again = []

    async def told() -> None:
        rng = random.Random(5)
        async with sending(sender, rows, pace=0.0):
            for turn in range(stops):
                await sender.reached(rows * (turn + rng.random()) / stops)
                await asyncio.to_thread(postgres.stop)
                await refused_cleanly(sender)
                await asyncio.to_thread(postgres.start)
                again.append(await taken_again(sender))

    asyncio.run(told())
    check_nothing_is_lost(hub, sender, own_url, rows)
    assert max(again) < AGAIN


@pytest.mark.parametrize(
    ("rows", "down"), [(200, 2.0), pytest.param(2000, 30.0, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_cut_links_lose_nothing(pg_url: str, serving: Callable[..., ServedHub], rows: int, down: float) -> None:
    account = founded(pg_url)
    with links(pg_url) as proxy:
        hub = serving(proxy.url)
        hub.start()
        sender = Sender(account, [hub.url])

        async def cutting(task: asyncio.Task[None]) -> None:
            rng = random.Random(3)
            while not task.done():
                await asyncio.sleep(rng.uniform(0.02, 0.3))
                proxy.cut(0.3)

        async def told(proxy: Links) -> float:
            async with sending(sender, rows, pace=0.02) as task:
                cuts = asyncio.create_task(cutting(task))
                await sender.reached(rows // 2)
                proxy.down(True)
                await asyncio.sleep(down)
                await refused_cleanly(sender)
                proxy.down(False)
                again = await taken_again(sender)
                await cuts
            return again

        again = asyncio.run(told(proxy))
        check_nothing_is_lost(hub, sender, pg_url, rows)
        assert proxy.cuts > 10
        assert again < AGAIN
