"""A worker that runs: it looks, pulls, listens, and ends in order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from hub import sdk
from hub.ingest import listening
from hub.ingest.hub import Hub
from hub.work import worker
from hub.work.worker import working
from tests.work.provider import Place, Running, all_rows, made, next_in, states, until


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks come often, so that a test that moves the clock need not wait for one."""
    monkeypatch.setattr(worker, "_LOOK", 0.05)
    monkeypatch.setattr(listening, "_LEAST", 0.05)


def work(place: Place, look: Callable[[Hub], Awaitable[None]]) -> None:
    """``look`` at a hub while a worker works for it."""

    async def opened() -> None:
        async with await place.open() as hub, working(hub):
            await look(hub)

    asyncio.run(opened())


async def pulls(hub: Hub, number: int) -> None:
    """Wait until so many pulls have come to a good end, and none goes on."""

    async def so() -> bool:
        return await states(hub) == ["OK"] * number

    await until(so)


async def listens(place: Place, times: int) -> None:
    """Wait until it has been listened so often."""

    async def so() -> bool:
        return len(place.provider.listened) == times

    await until(so)


def test_worker_pulls_by_the_clock(hub_address: str) -> None:
    place = Place(hub_address, every=600)

    async def look(hub: Hub) -> None:
        await made(hub)
        await pulls(hub, 1)
        for number in (2, 3):
            place.clock.pass_(661)
            await pulls(hub, number)
        assert place.provider.asked == [None, {"at": 4}, {"at": 4}]

    work(place, look)


def test_live_source_is_pulled_when_it_has_news(hub_address: str) -> None:
    place = Place(hub_address, live=True, clock=Running())

    async def look(hub: Hub) -> None:
        await made(hub)
        await listens(place, 1)
        assert await all_rows(hub, "SELECT holder, run FROM lease WHERE next_at IS NOT NULL") == [
            (hub.pulls.holder, None)
        ]
        assert 890 <= (await next_in(hub, place.clock) or 0) <= 990
        place.provider.rows = 6
        place.provider.bell.set()
        await pulls(hub, 2)
        await listens(place, 2)
        assert place.provider.listened == [{"at": 4}, {"at": 6}]
        assert await all_rows(hub, "SELECT count(*) FROM record WHERE stream = 'feed'") == [(6,)]

    work(place, look)


def test_live_source_that_is_synced_by_hand_is_listened_to_again(hub_address: str) -> None:
    place = Place(hub_address, live=True, clock=Running())

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await listens(place, 1)
        await hub.sync(source)
        await hub.pulled(source)
        await listens(place, 2)
        await pulls(hub, 3)

    work(place, look)


def test_source_that_cannot_be_listened_to_is_pulled_ever_more_rarely(hub_address: str) -> None:
    place = Place(hub_address, live=True, clock=Running())
    place.provider.deaf = [sdk.SourceFailed("The line is down.") for _ in range(3)]

    async def look(hub: Hub) -> None:
        await made(hub)
        for failures in (1, 2, 3):
            await listens(place, failures)

            async def given_up(failures: int = failures) -> bool:
                rows = await all_rows(hub, "SELECT failures FROM lease WHERE holder IS NULL AND next_at IS NOT NULL")
                return rows == [(failures,)]

            await until(given_up)
            assert 0.5 <= (await next_in(hub, place.clock) or 0) <= 2.0 * 2**failures
            place.clock.pass_(2.0 * 2**failures)
        await listens(place, 4)
        await asyncio.sleep(0.1)  # news at once would be none
        place.provider.bell.set()
        await listens(place, 5)
        assert await all_rows(hub, "SELECT max(failures) FROM lease") == [(0,)]

    work(place, look)


def test_news_without_end_that_bring_nothing_are_no_busy_loop(hub_address: str) -> None:
    place = Place(hub_address, live=True, clock=Running())
    place.provider.bell = Rung()

    async def look(hub: Hub) -> None:
        await made(hub)
        await listens(place, 2)
        await asyncio.sleep(0.5)
        assert len(place.provider.listened) == 2
        assert await all_rows(hub, "SELECT max(failures) FROM lease") == [(1,)]

    work(place, look)


class Rung(asyncio.Event):
    """A bell that never stops."""

    async def wait(self) -> bool:  # type: ignore[override]
        return True


def test_changed_source_is_listened_to_as_it_is_now(hub_address: str) -> None:
    place = Place(hub_address, live=True, clock=Running())

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await listens(place, 1)
        await hub.configuration.change(source, None, {"name": "changed"}, by="me")
        await listens(place, 2)
        await hub.configuration.pause(source, paused=True, by="me")

        async def silent() -> bool:
            return await all_rows(hub, "SELECT count(*) FROM lease WHERE holder IS NOT NULL") == [(0,)]

        await until(silent)
        await hub.configuration.pause(source, paused=False, by="me")
        await listens(place, 3)

    work(place, look)


def test_worker_that_ends_leaves_its_live_sources_to_the_next_one(pg_url: str) -> None:
    place = Place(pg_url, live=True, clock=Running())

    async def look() -> None:
        async with await place.open() as one, working(one):
            await made(one)
            await listens(place, 1)
        async with await place.open() as other, working(other):
            await listens(place, 2)
            await pulls(other, 2)

    asyncio.run(look())


@pytest.mark.long
def test_idle_worker_costs_next_to_nothing(hub_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place = Place(hub_address, every=600)
    monkeypatch.setattr(worker, "_LOOK", 5.0)

    async def look(hub: Hub) -> None:
        for number in range(20):
            await made(hub, f"provided {number}")
        await asyncio.sleep(0)
        hub.pulls.wake()
        await pulls(hub, 20)
        await asyncio.sleep(0.5)
        before, began = time.process_time(), time.monotonic()
        await asyncio.sleep(5)
        assert (time.process_time() - before) / (time.monotonic() - began) < 0.05

    work(place, look)
