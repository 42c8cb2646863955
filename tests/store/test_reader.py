"""Snapshots: one moment, read-only, and given back whatever happens."""

import asyncio
import gc
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import asyncpg
import psycopg
import pytest

from hub.store.engine import Store
from hub.store.reader import POSTGRES_LIVE, Reader, SqliteReader
from hub.store.sql import Query

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


def slowly(seconds: float) -> Query:
    """A statement that is answered at once, after some seconds."""
    return Query(f"SELECT 7, 0, {POSTGRES_LIVE} FROM pg_sleep({seconds})")


async def opened(store: Store) -> Reader:
    """A reader that knows which projection set is live."""
    reader = store.reader()
    async with reader.snapshot():
        return reader


def test_who_is_answered_at_once_leaves_room_for_snapshots(pg_url: str) -> None:
    async def read() -> None:
        reader = await opened(store)
        many = [asyncio.create_task(reader.at_once(slowly(0.1))) for _ in range(30)]
        await asyncio.sleep(0.05)
        async with asyncio.timeout(2), reader.snapshot() as snapshot:
            assert await snapshot.value("SELECT 7") == 7
            assert sum(each.done() for each in many) < 30
        assert [row and row[0] for row in await asyncio.gather(*many)] == [7] * 30
        used, there, most = reader.connections()
        assert (used, most) == (0, 10)
        assert there <= 10
        await reader.close()

    store = Store.at(pg_url)
    try:
        asyncio.run(read())
    finally:
        store.close()


def test_who_gives_up_waiting_for_a_connection_keeps_none(pg_url: str) -> None:
    async def read() -> None:
        reader = await opened(store)
        for pause in (0.0, 0.05, 0.1, 0.11):
            running = [asyncio.create_task(reader.at_once(slowly(0.1))) for _ in range(12)]
            await asyncio.sleep(pause)
            for each in running[4:]:
                each.cancel()
            found = await asyncio.gather(*running, return_exceptions=True)
            assert [row[0] for row in found[:4] if isinstance(row, asyncpg.Record)] == [7] * 4
        async with asyncio.timeout(5):
            assert len(await asyncio.gather(*(reader.at_once(slowly(0.01)) for _ in range(30)))) == 30
        assert reader.connections()[0] == 0
        await reader.close()

    store = Store.at(pg_url)
    try:
        asyncio.run(read())
    finally:
        store.close()


def test_connections_that_the_database_closed_are_not_used(pg_url: str) -> None:
    async def read() -> None:
        reader = await opened(store)
        await asyncio.gather(*(reader.at_once(slowly(0.05)) for _ in range(5)))
        with psycopg.connect(pg_url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE '%pg_sleep(0.05)%' AND pid <> pg_backend_pid()"
            )
        await asyncio.sleep(0.05)
        row = await reader.at_once(slowly(0.0))
        assert row is not None
        assert row[0] == 7
        await reader.close()

    store = Store.at(pg_url)
    try:
        asyncio.run(read())
    finally:
        store.close()


def test_a_read_of_somebody_who_is_cancelled_again_and_again_ends_quietly(
    hub_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def read() -> None:
        reader = store.reader()

        async def export() -> None:
            async with reader.snapshot() as snapshot:
                async for _ in snapshot.some(ENDLESS, together=10):
                    pass

        for _ in range(6):
            reading = asyncio.create_task(export())
            await asyncio.sleep(0.05)
            while not reading.done():  # as anyio does
                reading.cancel()
                await asyncio.sleep(0)
        async with asyncio.timeout(2), reader.snapshot() as snapshot:
            assert await snapshot.value("SELECT 7") == 7
        gc.collect()
        await reader.close()

    store = Store.at(str(hub_folder))
    try:
        asyncio.run(read())
    finally:
        store.close()
    assert caplog.messages == []


def test_others_go_on_while_a_locked_file_is_waited_for(hub_folder: Path) -> None:
    """Whatever SQLite waits for, the event loop does not wait for it."""

    async def read() -> int:
        reader = SqliteReader(hub_folder / "hub.db", lambda number: hub_folder / f"projection-{number}.db", Counter())
        rounds = 0

        async def begin() -> None:
            async with reader.snapshot() as snapshot:
                assert await snapshot.value("SELECT 7") == 7

        with closing(sqlite3.connect(hub_folder / "hub.db", isolation_level=None)) as owner:
            owner.execute("PRAGMA locking_mode = EXCLUSIVE")
            owner.execute("BEGIN EXCLUSIVE")
            owner.execute("SELECT count(*) FROM setting").fetchall()
            beginning = asyncio.create_task(begin())
            for rounds in range(1, 11):  # noqa: B007 (how many there were is the answer)
                await asyncio.sleep(0.01)
                assert not beginning.done()
            owner.execute("ROLLBACK")
        await beginning
        await reader.close()
        return rounds

    begun = time.monotonic()
    assert asyncio.run(read()) == 10
    assert time.monotonic() - begun < 5
