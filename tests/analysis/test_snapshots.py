"""Snapshots outlive the process that takes them."""

from __future__ import annotations

import asyncio
from typing import Any

from hub.analysis.as_of import AsOf
from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from hub.store import snapshots
from tests.ingest.builders import COMPANY, REGISTRY, row


async def _filled(hub: Hub, rows: int) -> int:
    source = (await hub.create_source("Books", "test.told", {})).ids[0]
    given = [row(f"k{at}", who={"email": f"{at}@x.org"}) for at in range(rows)]
    stored = await hub.ingest(source, "rows", [GivenRow(each.payload, each.key) for each in given])
    await hub.wait(stored.sequence, 30)
    return stored.sequence


async def _shown(hub: Hub) -> list[tuple[bool, int]]:
    """Whether each snapshot can be asked, and how many touchpoints it shows."""
    found: list[tuple[bool, int]] = []
    async with hub.reader.snapshot() as now:
        held = await snapshots.everything(now)
    for each in held:
        async with hub.reader.snapshot(each.number) as then:
            found.append((each.ready, int(await then.value("SELECT count(*) FROM touchpoint"))))
    return found


def test_a_snapshot_that_was_stopped_is_taken_when_the_hub_is_opened_again(hub_address: str) -> None:
    async def stopped() -> None:
        async with await Hub.open(hub_address, REGISTRY, COMPANY) as hub:
            number = await _filled(hub, 30)
            await hub.snapshots.take(AsOf(known=number - 10))
            hub.snapshots._stop.set()  # as closing does, before the first batch

    async def opened() -> list[tuple[bool, int]]:
        async with await Hub.open(hub_address, REGISTRY, COMPANY) as hub:
            await hub.snapshots.taken()
            return await _shown(hub)

    asyncio.run(stopped())
    assert asyncio.run(opened()) == [(True, 20)]
    assert asyncio.run(opened()) == [(True, 20)]


def test_a_snapshot_by_another_version_of_the_hub_is_taken_anew(hub_address: str, monkeypatch: Any) -> None:
    async def taken() -> None:
        async with await Hub.open(hub_address, REGISTRY, COMPANY) as hub:
            await hub.snapshots.take(AsOf(known=await _filled(hub, 5)))
            await hub.snapshots.taken()
            assert await _shown(hub) == [(True, 5)]

    async def anew() -> list[tuple[bool, int]]:
        async with await Hub.open(hub_address, REGISTRY, COMPANY) as hub:
            async with hub.reader.snapshot() as now:
                assert [each.ready for each in await snapshots.everything(now)] == [False]
            await hub.snapshots.taken()
            return await _shown(hub)

    asyncio.run(taken())
    monkeypatch.setattr("hub.analysis.snapshots.__version__", "99")
    assert asyncio.run(anew()) == [(True, 5)]
