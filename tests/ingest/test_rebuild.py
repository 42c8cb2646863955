"""A rebuilt projection says what the old one said: while rows arrive and people read, and after a kill."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub import sdk
from hub.ingest import refill
from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from hub.settings import Company
from hub.store import fingerprint, sets
from hub.store.engine import Store
from hub.store.fingerprint import Fingerprint
from tests.ingest.builders import REGISTRY, row

COMPANY = Company(name="Test", currency="BDT", country="BD", time_zone="Asia/Dhaka")
LEDGER = "SELECT number, ordinal, kind, at, historical, customer, touchpoint, before, after FROM ledger ORDER BY 1, 2"
FORMER = "SELECT id FROM touchpoint WHERE gave_id ORDER BY id"
RETRACTED = (
    "SELECT t.id, t.retracted_at, t.title, c.id FROM touchpoint t LEFT JOIN customer c ON c.num = t.customer "
    "WHERE t.retracted_at IS NOT NULL ORDER BY t.id"
)


def opened(address: str, look: Callable[[Hub], Awaitable[None]]) -> None:
    async def run() -> None:
        async with await Hub.open(address, REGISTRY, COMPANY) as hub:
            await look(hub)

    asyncio.run(run())


def invoice(number: int, *, amount: int | None = None) -> sdk.Row:
    """One of 40 customers, who share phones, so that some are merged."""
    who = {"email": f"c{number % 40}@x.org"} | ({"phone": f"0171100{number % 25:04d}"} if number % 3 else {})
    money = f"{number + 1 if amount is None else amount}.00"
    return row(
        f"k{number}", kind="invoice", channel="ACCOUNTING", amount=money, who=who, lines=[("thing", money)],
        at=f"2025-{number % 12 + 1:02d}-01T09:00:00+00:00", traits={"name": f"Customer {number % 40}"},
        matters=[{"reference": f"I{number}", "amount": money}],
    )  # fmt: skip


async def tell(hub: Hub, source: str, *rows: sdk.Row) -> int:
    done = await hub.ingest(source, "rows", [GivenRow(each.payload, each.key) for each in rows])
    return done.sequence


async def filled(hub: Hub, rows: int) -> str:
    """A source with rows, some changed and some gone again, customers merged and split; its id."""
    source = (await hub.create_source("books", "test.told", {})).ids[0]
    await hub.wait(await tell(hub, source, *(invoice(number) for number in range(rows))), 30)
    await hub.wait(await tell(hub, source, *(invoice(number, amount=7) for number in range(0, rows, 5))), 30)
    await hub.wait(await tell(hub, source, *(row(f"k{number}") for number in range(2, rows, 9))), 30)
    customers = [id_ for (id_,) in await rows_of(hub, "SELECT id FROM customer ORDER BY id")]
    merged = await hub.corrections.merge(customers[:3], reason="one", by="me")
    await hub.wait(merged.sequence, 30)
    assert merged.operation is not None
    await hub.wait((await hub.corrections.undo(merged.operation, reason="two", by="me")).sequence, 30)
    return source


async def rows_of(hub: Hub, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(each) for each in await snapshot.all(statement, *values)]


async def rebuilt(hub: Hub, *, verify: bool = True) -> dict[str, Any]:
    run = await hub.rebuilds.start(verify=verify)
    await hub.rebuilds.ended()
    return await ended(hub, run)


async def ended(hub: Hub, run: str) -> dict[str, Any]:
    [(state, error, outcome)] = await rows_of(hub, "SELECT state, error, outcome FROM run WHERE id = $1", run)
    assert (state, error) == ("OK", None)
    told: dict[str, Any] = json.loads(outcome)
    return told


async def sets_left(hub: Hub, address: str) -> list[int]:
    """The projection sets that are there, once those that nobody reads have gone."""
    for _ in range(100):
        if len(await rows_of(hub, "SELECT number FROM projection_set")) == 1:
            break
        await asyncio.sleep(0.05)
    if address.startswith("postgresql"):
        return sorted(
            int(name.removeprefix("projection_"))
            for (name,) in await rows_of(hub, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'projection%'")
        )
    return files_left(address)


def files_left(address: str) -> list[int]:
    return sorted(int(path.stem.removeprefix("projection-")) for path in Path(address).glob("projection-*.db"))


def marked(address: str) -> Fingerprint:
    """The fingerprint of a hub that nobody has open."""
    store = Store.at(address)
    try:
        with closing(store.projection()) as session:
            return fingerprint.fingerprint(session)
    finally:
        store.close()


# The same, and in its place -----------------------------------------------------------------------------------


def test_a_rebuilt_projection_has_the_fingerprint_of_the_old_one(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await filled(hub, 100)
        before = [await rows_of(hub, each) for each in (LEDGER, FORMER, RETRACTED)]
        outcome = await rebuilt(hub)
        assert outcome["differing"] == []
        assert [await rows_of(hub, each) for each in (LEDGER, FORMER, RETRACTED)] == before
        assert all(before)
        assert await rows_of(hub, "SELECT number, state FROM projection_set WHERE state = 'LIVE'") == [(2, "LIVE")]
        assert await sets_left(hub, hub_address) == [2]

    opened(hub_address, look)


def test_a_rebuilt_hub_goes_on(hub_address: str) -> None:
    """Rows and decisions that come after it, another rebuild, and the hub opened again."""

    async def look(hub: Hub) -> None:
        source = await filled(hub, 30)
        await rebuilt(hub)
        assert await hub.wait(await tell(hub, source, invoice(31), invoice(32)), 10)
        assert (await rebuilt(hub))["differing"] == []
        assert await sets_left(hub, hub_address) == [3]

    async def again(hub: Hub) -> None:
        [(source,)] = await rows_of(hub, "SELECT id FROM source WHERE name = 'books'")
        assert await hub.wait(await tell(hub, source, invoice(33)), 10)
        assert await rows_of(hub, "SELECT count(*) FROM touchpoint WHERE retracted_at IS NULL") == [(29,)]

    opened(hub_address, look)
    opened(hub_address, again)


def test_rows_arrive_and_people_read_during_a_rebuild(hub_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refill, "TOGETHER", 7)
    monkeypatch.setattr(refill, "_NEAR", 5)

    async def look(hub: Hub) -> None:
        source = await filled(hub, 60)
        run = await hub.rebuilds.start(verify=True)
        number, seen = 100, []
        while True:
            [(state,)] = await rows_of(hub, "SELECT state FROM run WHERE id = $1", run)
            if state != "RUNNING" or number == 400:
                break
            written = await tell(hub, source, invoice(number))
            assert await hub.wait(written, 10)
            seen.append(await rows_of(hub, "SELECT count(*) FROM touchpoint WHERE title = '' AND retracted_at IS NULL"))
            number += 1
        await hub.rebuilds.ended()
        assert (await ended(hub, run))["differing"] == []
        assert [count for [(count,)] in seen] == list(range(seen[0][0][0], seen[0][0][0] + len(seen)))
        assert len(seen) > 2
        lines = await rows_of(hub, "SELECT touchpoint FROM ledger WHERE kind = 'TOUCHPOINT_ADDED'")
        assert len(lines) == len(set(lines)) == 60 + len(seen)

    opened(hub_address, look)


def test_a_snapshot_that_is_open_finishes_on_the_set_it_began_with(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await filled(hub, 20)
        async with hub.reader.snapshot() as early:
            before = await early.value("SELECT count(*) FROM touchpoint")
            await rebuilt(hub, verify=False)
            await asyncio.sleep(0.2)
            assert await early.value("SELECT count(*) FROM customer WHERE touchpoints > 0") > 0
            assert await early.value("SELECT count(*) FROM touchpoint") == before
            assert len(await rows_of(hub, "SELECT number FROM projection_set")) == 2
        assert await sets_left(hub, hub_address) == [2]

    opened(hub_address, look)


def test_a_second_rebuild_is_the_one_under_way(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        await filled(hub, 20)
        assert await hub.rebuilds.start() == await hub.rebuilds.start()
        await hub.rebuilds.ended()
        assert await sets_left(hub, hub_address) == [2]

    opened(hub_address, look)


# Stopped and killed -------------------------------------------------------------------------------------------


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


# What is lost is made again -----------------------------------------------------------------------------------


def _lose(address: str) -> None:
    if address.startswith("postgresql"):
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP SCHEMA projection_1 CASCADE")
    else:
        for path in Path(address).glob("projection-1.db*"):
            path.unlink()


def test_a_lost_projection_is_made_again_and_is_no_news(hub_address: str) -> None:
    async def begin(hub: Hub) -> None:
        await filled(hub, 40)

    async def look(hub: Hub) -> None:
        [(last,)] = await rows_of(hub, "SELECT value FROM sequence")
        assert await hub.wait(last, 20)
        assert await rows_of(hub, "SELECT DISTINCT historical FROM ledger") in ([(1,)], [(True,)])
        [(source,)] = await rows_of(hub, "SELECT id FROM source WHERE name = 'books'")
        assert await hub.wait(await tell(hub, source, invoice(900)), 10)
        added = "SELECT historical FROM ledger WHERE number > $1 AND kind = 'TOUCHPOINT_ADDED'"
        assert [bool(held) for (held,) in await rows_of(hub, added, last)] == [False]

    opened(hub_address, begin)
    before = marked(hub_address)
    _lose(hub_address)
    Store.at(hub_address).close()
    opened(hub_address, look)
    assert before.rows["touchpoint"] + 1 == marked(hub_address).rows["touchpoint"]


def test_a_projection_ahead_of_a_restored_hub_is_made_again(tmp_path: Path) -> None:
    """The folder's hub.db comes from a backup, its projection does not."""
    folder, backup = tmp_path / "hub", tmp_path / "backup.db"

    async def begin(hub: Hub) -> None:
        await filled(hub, 20)

    async def more(hub: Hub) -> None:
        [(source,)] = await rows_of(hub, "SELECT id FROM source WHERE name = 'books'")
        await hub.wait(await tell(hub, source, invoice(50), invoice(51)), 10)

    async def look(hub: Hub) -> None:
        [(last,)] = await rows_of(hub, "SELECT value FROM sequence")
        assert await hub.wait(last, 20)

    opened(str(folder), begin)
    before = marked(str(folder))
    backup.write_bytes((folder / "hub.db").read_bytes())
    opened(str(folder), more)
    assert marked(str(folder)).differing(before) != []
    for path in folder.glob("hub.db-*"):
        path.unlink()
    (folder / "hub.db").write_bytes(backup.read_bytes())
    opened(str(folder), look)
    assert marked(str(folder)).differing(before) == []


def test_sets_that_are_left_over_are_removed_when_the_hub_is_opened(tmp_path: Path) -> None:
    folder = tmp_path / "hub"
    Store.at(str(folder)).close()
    store = Store.at(str(folder))
    store.make_set(7)
    with closing(store.truth()) as session, session.transaction():
        session.run("INSERT INTO projection_set (number, state, born, code) VALUES (5, 'RETIRED', 0, '')")
    store.close()
    store = Store.at(str(folder))
    with closing(store.truth()) as session:
        assert [each.number for each in sets.known(session)] == [1]
    store.close()
    assert [path.name for path in folder.glob("projection-*.db")] == ["projection-1.db"]
