"""Asking sources, and those that cannot be asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import pairwise

import pytest

from hub import sdk
from hub.errors import InputWrong
from hub.ingest import threads
from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from hub.registry import Registry, load_registry
from tests.ingest.builders import COMPANY, REGISTRY, row


class Slow(sdk.PullStream):
    """One page, and then nothing for a long time."""

    name = "slow"

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        yield sdk.Page([sdk.Row(f"k{number}", b"{}") for number in range(10)])
        await asyncio.sleep(3600)

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        return ()


class Endless(sdk.Connector):
    """A source whose pull does not end."""

    name = "test.endless"
    title = "A source whose pull does not end."

    def streams(self) -> Sequence[sdk.Stream]:
        return (Slow(),)


def test_a_source_that_is_told_cannot_be_pulled(hub_address: str) -> None:
    async def told() -> None:
        async with await Hub.open(hub_address, load_registry()) as hub:
            source = (await hub.create_source("Forms", "webforms.endpoint", {"origins": ["*"]})).ids[0]
            await hub.sync(source)

    with pytest.raises(InputWrong, match="Forms is told, not asked"):
        asyncio.run(told())


def test_a_request_during_a_pull_is_seen_within_a_second(hub_address: str) -> None:
    async def seen() -> bool:
        registry = Registry({**REGISTRY.connectors, "test.endless": Endless}, {})
        async with await Hub.open(hub_address, registry, COMPANY) as hub:
            endless = (await hub.create_source("Endless", "test.endless", {})).ids[0]
            told = (await hub.create_source("Told", "test.told", {})).ids[0]
            await hub.sync(endless)
            await asyncio.sleep(0.2)
            known = row("k1", who={"email": "a@x.org"})
            done = await hub.ingest(told, "rows", [GivenRow(known.payload, known.key, None)])
            return await hub.wait(done.sequence, 1.0)

    assert asyncio.run(seen())


class Broad(Slow):
    """One page of many rows."""

    name = "broad"

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        yield sdk.Page([sdk.Row(f"k{number}", b"{}") for number in range(260)])


class Large(Endless):
    """A source with a large page."""

    name = "test.large"

    def streams(self) -> Sequence[sdk.Stream]:
        return (Broad(),)


async def _pulled(hub: Hub, name: str) -> list[tuple[int, int]]:
    """How many rows of a large page were stored together, and when."""
    source = (await hub.create_source(name, "test.large", {})).ids[0]
    await hub.sync(source)
    await hub.pulled(source)
    async with hub.reader.snapshot() as snapshot:
        found = await snapshot.all(
            "SELECT count(*), received_at FROM record WHERE stream = 'broad' GROUP BY received_at ORDER BY received_at"
        )
        return [(count, at) for count, at in found]


def test_a_pull_stores_smaller_portions_and_rests_after_each_while_requests_store_too(
    hub_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "_LATELY", 3600.0)
    monkeypatch.setattr(threads, "_ROOM", 0.0)

    async def pulled() -> None:
        registry = Registry({**REGISTRY.connectors, "test.large": Large}, {})
        async with await Hub.open(hub_address, registry, COMPANY) as hub:
            assert [count for count, _ in await _pulled(hub, "Large")] == [250, 10]
            told = (await hub.create_source("Told", "test.told", {})).ids[0]
            known = row("k1", who={"email": "a@x.org"})
            await hub.ingest(told, "rows", [GivenRow(known.payload, known.key, None)])
            assert [count for count, _ in (await _pulled(hub, "Larger"))[2:]] == [100, 100, 60]
            monkeypatch.setattr(threads, "_LONGEST_REST", 0.5)
            monkeypatch.setattr(threads, "_ROOM", 1e9)  # as long as it may
            times = [at for _, at in (await _pulled(hub, "Largest"))[5:]]
            assert all(later - earlier >= 500_000 for earlier, later in pairwise(times))

    asyncio.run(pulled())
