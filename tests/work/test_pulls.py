"""Pulls hold the lease of their source: at a clock that tests move, with one hub or two on one database."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hub import sdk
from hub.ingest.hub import Hub
from hub.testing import delivery
from tests.work.provider import Place, Provider, all_rows, made, next_in, states, until

KEYS = "SELECT key FROM record WHERE stream = 'feed' ORDER BY number"


def run(place: Place, look: Callable[[Hub], Awaitable[None]]) -> None:
    """``look`` at the hub of a place."""

    async def opened() -> None:
        async with await place.open() as hub:
            await look(hub)

    asyncio.run(opened())


def run_two(place: Place, look: Callable[[Hub, Hub, Provider], Awaitable[None]]) -> None:
    """``look`` at two processes of one hub, as far as their database can tell; the second has a provider of its own."""

    async def opened() -> None:
        theirs = Provider(rows=place.provider.rows)
        async with await place.open() as one, await place.open(theirs) as other:
            await look(one, other, theirs)

    asyncio.run(opened())


async def running(hub: Hub) -> None:
    """Wait until a pull has stored its first page."""

    async def stored() -> bool:
        return await all_rows(hub, KEYS) != []

    await until(stored)


async def pulled_by_the_clock(hub: Hub, source: str) -> None:
    """Claim what is due, and wait until the source's pull ends."""
    await hub.pulls.claim(4)
    await hub.pulled(source)


async def until_states(hub: Hub, expected: list[str]) -> None:
    """Wait until the pulls stand so."""

    async def so() -> bool:
        return await states(hub) == expected

    await until(so)


def test_new_source_is_pulled_at_once_and_then_every_so_often(hub_address: str) -> None:
    place = Place(hub_address, every=600)

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await pulled_by_the_clock(hub, source)
        assert await states(hub) == ["OK"]
        assert 600 <= (await next_in(hub, place.clock) or 0) <= 660
        place.clock.pass_(599)
        assert await hub.pulls.claim(4) is not None
        assert await states(hub) == ["OK"]
        place.clock.pass_(61)
        await pulled_by_the_clock(hub, source)
        assert await states(hub) == ["OK", "OK"]
        assert place.provider.asked == [None, {"at": 4}]

    run(place, look)


async def tell(hub: Hub, source: str, within: float) -> None:
    """Have the provider say that there is something to ask for."""
    assert (await hub.door.take(source, "told", delivery(str(within).encode()))).status == 200


def test_source_that_is_told_of_something_is_pulled_before_its_time(hub_address: str) -> None:
    place = Place(hub_address, every=600)

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await pulled_by_the_clock(hub, source)
        for within in (1000, 60, 90):
            await tell(hub, source, within)
        assert await next_in(hub, place.clock) == 60
        place.clock.pass_(60)
        await pulled_by_the_clock(hub, source)
        assert await states(hub) == ["OK", "OK"]
        assert 600 <= (await next_in(hub, place.clock) or 0) <= 660

    run(place, look)


def test_source_that_is_told_of_something_while_it_is_pulled_is_pulled_once_more(hub_address: str) -> None:
    place = Place(hub_address, every=600)
    place.provider.door.clear()

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await hub.pulls.claim(4)
        await running(hub)
        await tell(hub, source, 60)
        place.clock.pass_(20)
        place.provider.door.set()
        await hub.pulled(source)
        assert await next_in(hub, place.clock) == 40

    run(place, look)


def test_source_that_fails_or_is_pulled_by_hand_alone_is_left_in_peace_whatever_it_is_told(hub_address: str) -> None:
    place = Place(hub_address, every=600)
    place.provider.faults = [sdk.RetryLater("Slow down.", after=900)]

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await pulled_by_the_clock(hub, source)
        await tell(hub, source, 10)
        assert 900 <= (await next_in(hub, place.clock) or 0) <= 990
        await hub.configuration.change(source, None, {"every": 0}, by="me")
        await hub.pulls.claim(4)
        await tell(hub, source, 10)
        assert await next_in(hub, place.clock) is None

    run(place, look)


def test_source_is_never_pulled_by_the_clock_where_nobody_says_how_often(hub_address: str) -> None:
    place = Place(hub_address)

    async def look(hub: Hub) -> None:
        source = await made(hub)
        assert await hub.pulls.claim(4) is None
        await hub.sync(source)
        await hub.pulled(source)
        place.clock.pass_(1e6)
        assert await hub.pulls.claim(4) is None
        assert await states(hub) == ["OK"]
        assert await next_in(hub, place.clock) is None

    run(place, look)


def test_failed_pull_is_tried_again_after_a_moment_and_goes_on_from_its_checkpoint(hub_address: str) -> None:
    place = Place(hub_address, every=600)
    place.provider.faults = [sdk.SourceFailed("It hung up."), sdk.SourceFailed("It hung up.")]

    async def look(hub: Hub) -> None:
        source = await made(hub)
        for longest in (4, 8):
            await pulled_by_the_clock(hub, source)
            assert 1 <= (await next_in(hub, place.clock) or 0) <= longest
            place.clock.pass_(longest)
        await pulled_by_the_clock(hub, source)
        assert await states(hub) == ["FAILED", "FAILED", "OK"]
        assert await all_rows(hub, "SELECT failures FROM lease WHERE next_at IS NOT NULL") == [(0,)]

    run(place, look)


def test_source_that_asks_for_patience_is_left_alone_for_so_long(hub_address: str) -> None:
    place = Place(hub_address, every=60)
    place.provider.faults = [sdk.RetryLater("Slow down.", after=900)]

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await pulled_by_the_clock(hub, source)
        assert 900 <= (await next_in(hub, place.clock) or 0) <= 990

    run(place, look)


def test_source_whose_owner_must_sign_in_waits_until_it_is_changed(hub_address: str) -> None:
    place = Place(hub_address, every=60)
    place.provider.faults = [sdk.SignInAgain("The password is wrong.")]

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await pulled_by_the_clock(hub, source)
        assert await next_in(hub, place.clock) is None
        assert await all_rows(hub, "SELECT blocked FROM lease WHERE blocked IS NOT NULL") == [
            ("The password is wrong.",)
        ]
        place.clock.pass_(1e6)
        assert await hub.pulls.claim(4) is None
        await hub.configuration.change(source, None, {"name": "signed in"}, by="me")
        await pulled_by_the_clock(hub, source)
        assert await states(hub) == ["FAILED", "OK"]

    run(place, look)


def test_paused_source_is_not_pulled_by_the_clock_and_goes_on_when_it_is_resumed(hub_address: str) -> None:
    place = Place(hub_address, every=60)

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await hub.configuration.pause(source, paused=True, by="me")
        await hub.pulls.claim(4)
        place.clock.pass_(1e6)
        await hub.pulls.claim(4)
        assert await states(hub) == []
        await hub.sync(source)
        await hub.pulled(source)
        await hub.configuration.pause(source, paused=False, by="me")
        place.clock.pass_(66)
        await pulled_by_the_clock(hub, source)
        assert await states(hub) == ["OK", "OK"]

    run(place, look)


def test_withdrawn_source_is_not_pulled_by_the_clock(hub_address: str) -> None:
    place = Place(hub_address, every=60)

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await hub.corrections.withdraw("SOURCE", source, restore=False, reason="Wrong.", by="me")
        await hub.pulls.claim(4)
        assert await states(hub) == []

    run(place, look)


def test_other_interval_counts_from_the_last_pull(hub_address: str) -> None:
    place = Place(hub_address, every=86_400)

    async def look(hub: Hub) -> None:
        source = await made(hub)
        await pulled_by_the_clock(hub, source)
        place.clock.pass_(100)
        await hub.configuration.change(source, None, {"every": 300}, by="me")
        await hub.pulls.claim(4)
        assert await next_in(hub, place.clock) == 200
        await hub.configuration.change(source, None, {"every": 0}, by="me")
        assert await hub.pulls.claim(4) is None
        assert await next_in(hub, place.clock) is None

    run(place, look)


def test_no_more_pulls_go_on_at_once_than_are_allowed(hub_address: str) -> None:
    place = Place(hub_address, every=60)

    async def look(hub: Hub) -> None:
        sources = [await made(hub, f"provided {number}") for number in range(5)]
        place.provider.door.clear()
        for _ in range(3):
            await hub.pulls.claim(2)
            await asyncio.sleep(0.05)
        assert place.provider.at_once == 2
        place.provider.door.set()
        for _ in range(3):
            await asyncio.gather(*(hub.pulled(source) for source in sources))
            await hub.pulls.claim(2)
        await asyncio.gather(*(hub.pulled(source) for source in sources))
        assert await states(hub) == ["OK"] * 5
        assert place.provider.most_at_once == 2

    run(place, look)


def test_pull_that_is_under_way_is_answered_also_by_another_process(pg_url: str) -> None:
    place = Place(pg_url)

    async def look(one: Hub, other: Hub, theirs: Provider) -> None:
        source = await made(one)
        place.provider.door.clear()
        begun = await one.sync(source)
        await running(one)
        assert await one.sync(source) == begun
        assert await other.sync(source) == begun
        place.provider.door.set()
        await asyncio.wait_for(other.pulled(source), 10)
        assert await states(one) == ["OK"]
        assert (place.provider.asked, theirs.asked) == ([None], [])

    run_two(place, look)


def test_who_follows_a_pull_goes_on_with_it_when_its_holder_is_silent(pg_url: str) -> None:
    place = Place(pg_url)

    async def look(one: Hub, other: Hub, theirs: Provider) -> None:
        source = await made(one)
        place.provider.door.clear()
        begun = await one.sync(source)
        await running(one)
        place.clock.pass_(59)
        assert await other.sync(source) == begun
        place.clock.pass_(2)
        await asyncio.wait_for(other.pulled(source), 10)
        assert await states(one) == ["INTERRUPTED", "OK"]
        assert theirs.asked == [{"at": 2}]
        place.provider.door.set()
        await asyncio.wait_for(one.pulled(source), 10)
        assert await states(one) == ["INTERRUPTED", "OK"]
        assert await all_rows(one, KEYS) == [("r0",), ("r1",), ("r2",), ("r3",)]

    run_two(place, look)


def test_who_lost_a_lease_stores_nothing_and_ends_interrupted(pg_url: str) -> None:
    place = Place(pg_url, every=600)

    async def look(sleeper: Hub, other: Hub, theirs: Provider) -> None:
        source = await made(sleeper)
        place.provider.door.clear()
        theirs.door.clear()
        await sleeper.pulls.claim(4)
        await running(sleeper)
        place.clock.pass_(61)
        await other.pulls.claim(4)
        place.provider.door.set()
        await asyncio.wait_for(sleeper.pulled(source), 10)
        assert await states(other) == ["INTERRUPTED", "RUNNING"]
        assert await all_rows(other, KEYS) == [("r0",), ("r1",)]
        theirs.door.set()
        await asyncio.wait_for(other.pulled(source), 10)
        assert await states(other) == ["INTERRUPTED", "OK"]
        assert await all_rows(other, KEYS) == [("r0",), ("r1",), ("r2",), ("r3",)]

    run_two(place, look)


def test_holder_that_lives_keeps_its_lease_however_long_a_page_takes(pg_url: str) -> None:
    place = Place(pg_url, every=600, lease=0.4)

    async def look(one: Hub, other: Hub, theirs: Provider) -> None:
        source = await made(one)
        place.provider.door.clear()
        await one.pulls.claim(4)
        await running(one)
        for _ in range(12):
            place.clock.pass_(0.2)
            await asyncio.sleep(0.2)
            await other.pulls.claim(4)
        place.provider.door.set()
        await asyncio.wait_for(one.pulled(source), 10)
        assert await states(one) == ["OK"]
        assert theirs.asked == []

    run_two(place, look)


def test_live_source_whose_listener_is_silent_is_pulled_by_another_one(pg_url: str) -> None:
    place = Place(pg_url, live=True)

    async def look(one: Hub, other: Hub, theirs: Provider) -> None:
        await made(one)
        await one.pulls.claim(4)
        await until_states(one, ["OK"])
        place.clock.pass_(59)
        await other.pulls.claim(4)
        assert theirs.asked == []
        place.clock.pass_(2)
        await other.pulls.claim(4)
        await until_states(one, ["OK", "OK"])
        assert theirs.asked == [{"at": 4}]

    run_two(place, look)


@pytest.mark.parametrize("live", [False, True])
def test_hub_that_closes_gives_its_leases_back_at_once(pg_url: str, live: bool) -> None:
    place = Place(pg_url, every=600, live=live)

    async def look() -> None:
        async with await place.open() as one:
            await made(one)
            place.provider.door.clear()
            await one.pulls.claim(4)
            await running(one)
        place.provider.door.set()
        async with await place.open() as other:
            assert await all_rows(other, "SELECT holder, run FROM lease WHERE next_at IS NOT NULL") == [(None, None)]
            await other.pulls.claim(4)
            await until_states(other, ["INTERRUPTED", "OK"])
            assert place.provider.asked == [None, {"at": 2}]

    asyncio.run(look())


def test_pull_that_brought_nothing_is_forgotten_after_a_day_and_every_other_stays(hub_address: str) -> None:
    place = Place(hub_address, every=600)

    async def look(hub: Hub) -> None:
        source = await made(hub)

        async def again(rows: int, hours: float) -> None:
            place.provider.rows = rows
            place.clock.pass_(hours * 3600)
            await hub.sync(source)
            await hub.pulled(source)

        stored = "SELECT stored FROM run WHERE kind = 'PULL' ORDER BY num"
        for rows, hours in ((4, 0), (4, 1), (6, 1), (6, 1), (6, 1)):
            await again(rows, hours)
        assert await all_rows(hub, stored) == [(4,), (0,), (2,), (0,), (0,)]
        place.provider.faults = [sdk.SourceFailed("No.")]
        await again(6, 48)
        assert await states(hub) == ["OK"] * 5 + ["FAILED"]
        await again(6, 1)
        assert await all_rows(hub, stored) == [(4,), (2,), (0,), (0,)]
        assert await states(hub) == ["OK", "OK", "FAILED", "OK"]
        parts = "SELECT s.stored FROM run_stream s JOIN run r ON r.num = s.run ORDER BY s.run"
        assert await all_rows(hub, parts) == await all_rows(hub, stored)

    run(place, look)
