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
    for _ in range(20):
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
            for _ in range(50):
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
