"""Snapshots: one moment, read-only, and given back whatever happens."""

import asyncio
import time
from pathlib import Path

import pytest

from hub.store.engine import Store

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT count(*) FROM n"


def test_a_read_that_is_given_up_stops_and_frees_its_connection(hub_address: str) -> None:
    async def read() -> None:
        reader = store.reader()
        for _ in range(6):  # more often than there are connections on SQLite
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1), reader.snapshot() as snapshot:
                    await snapshot.all(ENDLESS)
        async with asyncio.timeout(1), reader.snapshot() as snapshot:
            assert await snapshot.value("SELECT 7") == 7
        await reader.close()

    store = Store.at(hub_address)
    began = time.monotonic()
    try:
        asyncio.run(read())
    finally:
        store.close()
    assert time.monotonic() - began < 5


def test_a_snapshot_shows_one_moment(hub_address: str) -> None:
    async def read() -> list[int]:
        reader = store.reader()
        async with reader.snapshot() as early:
            seen = [await early.value("SELECT count(*) FROM setting")]
            await asyncio.to_thread(session.run, "INSERT INTO setting (name, value) VALUES ('a', '1')")
            seen.append(await early.value("SELECT count(*) FROM setting"))
        async with reader.snapshot() as late:
            seen.append(await late.value("SELECT count(*) FROM setting"))
        await reader.close()
        return seen

    store = Store.at(hub_address)
    session = store.truth()
    try:
        assert asyncio.run(read()) == [0, 0, 1]
    finally:
        session.close()
        store.close()


def test_a_snapshot_cannot_write(hub_folder: Path) -> None:
    async def write() -> None:
        reader = store.reader()
        async with reader.snapshot() as snapshot:
            with pytest.raises(Exception, match="readonly"):
                await snapshot.all("DELETE FROM setting")
        await reader.close()

    store = Store.at(str(hub_folder))
    try:
        asyncio.run(write())
    finally:
        store.close()
