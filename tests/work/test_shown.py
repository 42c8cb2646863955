"""What the graph shows of schedules and leases."""

from __future__ import annotations

import asyncio

from hub.client import Client
from hub.clock import micros, moment, now
from hub.ingest.hub import Hub
from tests.work.provider import Clock, Place, made

ASKED = "query S($id: ID!) { source(id: $id) { nextRunAt pulledBy } }"


async def shown(hub: Hub, source: str) -> dict[str, str | None]:
    data = await Client.of(hub).execute(ASKED, {"id": source})
    return dict(data["source"])


def test_source_shows_who_pulls_it_and_when_it_is_pulled_next(hub_address: str) -> None:
    place = Place(hub_address, every=600, clock=Clock(micros(now())))

    async def look() -> None:
        async with await place.open() as hub:
            source = await made(hub)
            assert await shown(hub, source) == {"nextRunAt": None, "pulledBy": None}
            place.provider.door.clear()
            await hub.pulls.claim(4)
            assert (await shown(hub, source))["pulledBy"] == hub.pulls.holder
            place.provider.door.set()
            await hub.pulled(source)
            found = await shown(hub, source)
            assert found["pulledBy"] is None
            earliest, latest = (f"{moment(place.clock.at + wait * 1_000_000):%Y-%m-%dT%H:%M:%S}" for wait in (600, 661))
            assert earliest <= str(found["nextRunAt"]) <= latest

    asyncio.run(look())
