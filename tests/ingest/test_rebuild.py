"""A rebuilt projection says what the old one said, also while rows arrive and people read."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from hub.ingest import founding, refill
from hub.ingest.hub import Hub
from hub.ingest.process import Processor
from hub.ingest.sources import Sources
from hub.journey.rules import load_rules
from hub.store import sets
from hub.store.session import Session
from hub.store.writing import records
from tests.ingest import streams
from tests.ingest.builders import REGISTRY, Bench, row
from tests.ingest.rebuilding import (
    FORMER,
    LEDGER,
    RETRACTED,
    ended,
    filled,
    invoice,
    opened,
    rebuilt,
    rows_of,
    sets_left,
    tell,
)


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


def test_ids_that_customers_once_had_resolve_after_a_rebuild(hub_address: str) -> None:
    """Two customers that turned out to be one: a rebuild, which hears all of it at once, never meets the other."""

    async def look(hub: Hub) -> None:
        source = await filled(hub, 5)
        for who in ({"email": "one@y.org"}, {"phone": "01711999999"}, {"email": "one@y.org", "phone": "01711999999"}):
            assert await hub.wait(await tell(hub, source, row(f"m{len(who)}{who.get('phone')}", who=who)), 10)
        before = await rows_of(hub, FORMER)
        await rebuilt(hub)
        assert await rows_of(hub, FORMER) == before
        last = await rows_of(hub, "SELECT id FROM touchpoint ORDER BY heard DESC LIMIT 3")
        assert [id_ in before for id_ in last] == [False, True, True]

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


# Any stream -----------------------------------------------------------------------------------------------------


def refilled(bench: Bench) -> list[str]:
    """Rebuild a hub without threads; the tables in which the result differs. The old set is live again then."""
    with bench.truth.transaction():
        run, _ = records.start_run(bench.truth, None, "REBUILD", 0)
        made = sets.begin(bench.truth, "", run)

    def make(session: Session, clock: Callable[[], int]) -> Processor:
        with session.transaction():
            founding.begin_projection(session)
        rules = load_rules(basis=bench.company.revenue_basis)
        return Processor(session, bench.company, Sources(REGISTRY), rules, clock, bench.identity)

    filling = refill.Refill(bench.store, make, made.number, threading.Event(), lambda *_: None)
    with closing(filling):
        filling.fill()
        _, before, after = filling.take_over(lambda: None, verify=True)
    assert before is not None
    assert after is not None
    with bench.truth.transaction():
        sets.retire(bench.truth, made.number)
    assert bench.store.drop_set(made.number)
    return before.differing(after)


@pytest.mark.parametrize(("first", "last"), [(0, 3), pytest.param(3, 20, marks=pytest.mark.long)])
def test_whatever_a_hub_is_told_it_can_be_rebuilt(hub_address: str, first: int, last: int) -> None:
    """Rows of all kinds, decisions, withdrawals of records, runs and sources, in small batches; then all at once."""
    with Bench(hub_address) as bench:
        for seed in range(first, last):
            bench.clear()
            streams.tell(bench, streams.stream(seed), [3, 7, 1])
            assert refilled(bench) == [], seed
