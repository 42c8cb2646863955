"""Rows of requests: accepted together, answered each for itself, and refused when too many wait."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, NoReturn

import pytest

from hub.errors import RetryLater
from hub.ingest import intake
from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow, Ingested, RowOutcome
from hub.store.session import Session
from tests.ingest.builders import COMPANY, REGISTRY, row
from tests.ingest.test_hub import all_rows, given, opened, told
from tests.settled import settled


@asynccontextmanager
async def busy(hub: Hub) -> AsyncIterator[None]:
    """Keep the writer busy, so that what comes meanwhile waits together."""
    let_go, begun = threading.Event(), threading.Event()

    def hold(_: Session) -> bool:
        begun.set()
        return let_go.wait(10)

    held = asyncio.create_task(hub.threads.store(hold))
    await asyncio.to_thread(begun.wait, 10)
    try:
        yield
    finally:
        let_go.set()
        await held


async def together(hub: Hub, source: str, requests: Sequence[Sequence[GivenRow]]) -> list[Ingested | BaseException]:
    """Send requests that all wait for the writer at the same time, in order."""
    async with busy(hub):
        sent = [asyncio.create_task(hub.ingest(source, "rows", rows)) for rows in requests]
        await asyncio.sleep(0.05)
    return await asyncio.gather(*sent, return_exceptions=True)


def outcomes(done: Ingested | BaseException) -> list[RowOutcome]:
    assert isinstance(done, Ingested)
    return [each.outcome for each in done.rows]


async def keys(hub: Hub) -> list[str]:
    return [key for (key,) in await all_rows(hub, "SELECT key FROM record ORDER BY number")]


def test_requests_that_wait_together_are_stored_in_their_order_and_counted_once(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        one, two = row("k1", who={"email": "a@x.org"}), row("k2", who={"email": "b@x.org"})
        done = await together(hub, source, [given(one), given(two, one), given(row("k1", who={"email": "c@x.org"}))])
        assert [outcomes(each) for each in done] == [
            [RowOutcome.NEW],
            [RowOutcome.NEW, RowOutcome.UNCHANGED],
            [RowOutcome.CHANGED],
        ]
        assert [each.sequence for each in done if isinstance(each, Ingested)] == sorted(
            number for (number,) in await all_rows(hub, "SELECT number FROM record")
        )
        assert await keys(hub) == ["k1", "k2", "k1"]
        runs = await all_rows(hub, "SELECT received, stored, changed, unchanged FROM run WHERE kind = 'PUSH'")
        assert runs == [(4, 2, 1, 1)]
        [(moments,)] = await all_rows(hub, "SELECT count(DISTINCT received_at) FROM record")
        assert moments == 1, "one transaction"

    opened(hub_address, look)


def test_a_request_that_cannot_be_stored_does_not_fail_its_neighbours(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        unstorable: Any = GivenRow(None, "k2")  # type: ignore[arg-type]
        first, broken, last = await together(
            hub, source, [given(row("k1")), [*given(row("k9")), unstorable], given(row("k3"))]
        )
        assert outcomes(first) == outcomes(last) == [RowOutcome.NEW]
        assert isinstance(broken, TypeError)
        assert await keys(hub) == ["k1", "k3"], "of a request that fails nothing is stored"
        await settled(hub)

    opened(hub_address, look)


def test_a_transaction_that_cannot_begin_is_told_to_all_who_wait(
    hub_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)

        def broken() -> NoReturn:
            raise ZeroDivisionError

        async with busy(hub):
            sent = [asyncio.create_task(hub.ingest(source, "rows", given(row(f"k{each}")))) for each in range(3)]
            await asyncio.sleep(0.05)
            monkeypatch.setattr(hub.threads._writer._session, "transaction", broken)
        found = await asyncio.wait_for(asyncio.gather(*sent, return_exceptions=True), 10)
        monkeypatch.undo()
        assert [type(each) for each in found] == [ZeroDivisionError] * 3
        assert outcomes(await hub.ingest(source, "rows", given(row("k1")))) == [RowOutcome.NEW]

    opened(hub_address, look)


def test_what_comes_on_one_day_is_gathered_by_one_run(hub_address: str) -> None:
    day = 86_400_000_000
    times = [20_000 * day, 20_001 * day - 1, 20_001 * day, 20_000 * day + 5]
    clock = [times[0]]

    async def look() -> None:
        async with await Hub.open(hub_address, REGISTRY, COMPANY, lambda: clock[-1]) as hub:
            source = await told(hub)
            for number, now in enumerate(times):
                clock.append(now)
                await hub.ingest(source, "rows", given(row(f"k{number}")))
            runs = await all_rows(
                hub, "SELECT started_at / 86400000000, received FROM run WHERE kind = 'PUSH' ORDER BY num"
            )
            assert runs == [(20_000, 2), (20_001, 2)], "a clock that goes back begins no run"

    asyncio.run(look())


def test_whoever_goes_away_before_their_turn_stores_nothing(hub_address: str) -> None:
    async def look(hub: Hub) -> None:
        source = await told(hub)
        async with busy(hub):
            gone = asyncio.create_task(hub.ingest(source, "rows", given(row("k1"))))
            stays = asyncio.create_task(hub.ingest(source, "rows", given(row("k2"))))
            await asyncio.sleep(0.05)
            gone.cancel()
        assert outcomes(await stays) == [RowOutcome.NEW]
        assert await keys(hub) == ["k2"]

    opened(hub_address, look)


def test_requests_past_the_rows_of_one_transaction_are_stored_by_the_next(
    hub_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_MOST_TOGETHER", 3)

    async def look(hub: Hub) -> None:
        source = await told(hub)
        requests = [given(row(f"a{each}"), row(f"b{each}")) for each in range(5)] + [
            given(row("x"), row("y"), row("z"))
        ]
        done = await together(hub, source, requests)
        assert all(set(outcomes(each)) == {RowOutcome.NEW} for each in done)
        assert len(await keys(hub)) == 13

    opened(hub_address, look)


def test_too_many_waiting_requests_are_told_to_come_later(hub_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "_MOST_WAITING", 2)

    async def look(hub: Hub) -> None:
        source = await told(hub)
        *kept, late = await together(hub, source, [given(row(f"k{each}")) for each in range(3)])
        assert isinstance(late, RetryLater)
        assert [outcomes(each) for each in kept] == [[RowOutcome.NEW]] * 2
        assert outcomes(await hub.ingest(source, "rows", given(row("k2")))) == [RowOutcome.NEW]

    opened(hub_address, look)
