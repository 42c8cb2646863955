"""A PostgreSQL that drops every connection: nothing is lost, nothing is doubled, and work goes on by itself."""

from __future__ import annotations

import asyncio

import psycopg

from hub.errors import RetryLater
from hub.ingest.hub import Hub
from hub.ingest.outcomes import Entry, Written
from hub.registry import load_registry
from hub.values import Direction, Identifier


def entry(key: str) -> Entry:
    who = (Identifier("email", f"{key}@x.example"),)
    return Entry(key=key, kind="call", direction=Direction.INBOUND, title=key, identifiers=who)


def drop_connections(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def until_taken(hub: Hub, key: str) -> Written:
    """What a client does: send the same again while the answer is "try later"."""
    for _ in range(200):
        try:
            return await hub.log(entry(key))
        except RetryLater:
            await asyncio.sleep(0.1)
    raise AssertionError("the hub did not come back")


def test_lost_connections_lose_nothing(pg_url: str) -> None:
    async def told() -> tuple[int, int]:
        async with await Hub.open(pg_url, load_registry()) as hub:
            for number in range(4):
                written = await until_taken(hub, f"call{number}")
                await asyncio.to_thread(drop_connections, pg_url)
            for _ in range(200):
                try:
                    if await hub.wait(written.sequence, 0.2):
                        break
                except RetryLater:
                    await asyncio.sleep(0.1)
            async with hub.reader.snapshot() as snapshot:
                return (
                    await snapshot.value("SELECT count(*) FROM touchpoint"),
                    await snapshot.value("SELECT count(*) FROM customer"),
                )

    assert asyncio.run(told()) == (4, 4)


_CUT_LONG_TRANSACTIONS = """
CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(*) FROM came) > 40 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER cut AFTER INSERT ON projection_1.touchpoint REFERENCING NEW TABLE AS came
    FOR EACH STATEMENT EXECUTE FUNCTION cut();
"""


def test_a_link_that_bears_only_short_batches_gets_short_batches(pg_url: str) -> None:
    async def told() -> int:
        async with await Hub.open(pg_url, load_registry()) as hub:
            with psycopg.connect(pg_url, autocommit=True) as connection:
                connection.execute(_CUT_LONG_TRANSACTIONS)
            written = await asyncio.gather(*(hub.log(entry(f"call{number}")) for number in range(300)))
            last = max(each.sequence for each in written)
            for _ in range(100):
                if await hub.wait(last, 0.2):
                    break
            async with hub.reader.snapshot() as snapshot:
                return int(await snapshot.value("SELECT count(*) FROM touchpoint"))

    assert asyncio.run(told()) == 300
