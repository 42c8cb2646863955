"""A rebuild that is stopped or killed goes on; other processes turn to what it made."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sqlite3
import time
from contextlib import closing
from typing import Any

import psycopg
import pytest

from hub.ingest import refill
from hub.ingest.hub import Hub
from tests.ingest.builders import REGISTRY
from tests.ingest.rebuilding import (
    COMPANY,
    ended,
    filled,
    invoice,
    marked,
    opened,
    rebuilt,
    rows_of,
    sets_left,
    tell,
)


def test_a_rebuild_that_is_stopped_goes_on_when_the_hub_is_opened(
    hub_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refill, "TOGETHER", 3)
    monkeypatch.setattr(refill, "_NEAR", 5)
    runs = []

    async def begin(hub: Hub) -> None:
        await filled(hub, 60)
        runs.append(await hub.rebuilds.start(verify=True))
        await asyncio.sleep(0.05)

    async def end(hub: Hub) -> None:
        await hub.rebuilds.ended()
        outcome = await ended(hub, runs[0])
        assert (outcome["verify"], outcome["differing"]) == (True, [])
        assert await sets_left(hub, hub_address) == [2]

    opened(hub_address, begin)
    opened(hub_address, end)


def _rebuild_slowly(address: str, most: int) -> None:
    """In a process of its own: a rebuild in small batches, from where it was."""
    refill.TOGETHER = most

    async def look(hub: Hub) -> None:
        await hub.rebuilds.start(verify=True)
        await hub.rebuilds.ended()

    opened(address, look)


def _killed(address: str, kills: int) -> None:
    """Rebuild a hub, killed so often at points that are later and later; the result is that of before."""

    async def begin(hub: Hub) -> None:
        await filled(hub, 90)

    async def look(hub: Hub) -> None:
        assert len(await sets_left(hub, address)) == 1
        assert await rows_of(hub, "SELECT count(*) FROM run WHERE kind = 'REBUILD' AND state = 'OK'") == [(1,)]
        numbers = await rows_of(hub, "SELECT number, ordinal FROM ledger")
        assert len(numbers) == len(set(numbers)) > 90

    opened(address, begin)
    before = marked(address)
    context = multiprocessing.get_context("fork")
    reached: set[int] = set()
    for kill in range(kills):
        process = context.Process(target=_rebuild_slowly, args=(address, 2))
        process.start()
        goal = (kill + 1) * 110 // (kills + 1)
        while process.is_alive() and (number := filled_to(address)) < goal:
            time.sleep(0.002)
        reached.add(number)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    last = context.Process(target=_rebuild_slowly, args=(address, 1000))
    last.start()
    last.join(60)
    assert last.exitcode == 0
    assert len(reached) > 1
    assert marked(address).differing(before) == []
    opened(address, look)


def filled_to(address: str) -> int:
    """How far the second projection set of a hub is filled, seen from outside."""
    try:
        if address.startswith("postgresql"):
            with psycopg.connect(address) as connection:
                rows: Any = connection.execute("SELECT number FROM projection_2.processed").fetchall()
        else:
            with closing(sqlite3.connect(f"file:{address}/projection-2.db?mode=ro", uri=True)) as file:
                rows = file.execute("SELECT number FROM processed").fetchall()
    except (psycopg.Error, sqlite3.Error):
        return 0
    return int(rows[0][0]) if rows else 0


def test_a_rebuild_that_is_killed_at_any_point_ends_with_the_same_fingerprint(hub_address: str) -> None:
    _killed(hub_address, 3)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_rebuild_that_is_killed_at_twenty_points_ends_with_the_same_fingerprint(hub_address: str) -> None:
    _killed(hub_address, 20)


# Several processes ----------------------------------------------------------------------------------------------


def test_another_process_turns_to_the_rebuilt_set(pg_url: str) -> None:
    """Two web workers on PostgreSQL: one rebuilds, the other reads, writes and processes afterwards."""

    async def look() -> None:
        async with await Hub.open(pg_url, REGISTRY, COMPANY) as one, await Hub.open(pg_url, REGISTRY, COMPANY) as two:
            source = await filled(one, 20)
            assert len(await rows_of(two, "SELECT id FROM customer")) > 0
            await rebuilt(two)
            for hub, number in ((one, 50), (two, 51), (one, 52)):
                assert await hub.wait(await tell(hub, source, invoice(number)), 10)
                seen = await rows_of(hub, "SELECT count(*) FROM touchpoint WHERE num > 0 AND title = ''")
                assert seen == [(20 + number - 49,)]
            assert await sets_left(two, pg_url) == [2]
            dry = await one.corrections.withdraw("SOURCE", source, restore=False, reason="", by="me", dry_run=True)
            assert dry.changes.customers > 0

    asyncio.run(look())
