"""A provider of the tests' own, the connector that reads it, and a hub at a clock that tests move."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub import sdk
from hub.desk import Desk
from hub.ingest.hub import Hub
from hub.registry import Registry
from tests.ingest.builders import COMPANY, NOW

SECOND = 1_000_000


@dataclass
class Clock:
    """Microseconds that pass when a test says so."""

    at: int = NOW

    def __call__(self) -> int:
        return self.at

    def pass_(self, seconds: float) -> None:
        self.at += round(seconds * SECOND)


class Running(Clock):
    """A clock that also goes by itself."""

    def __init__(self) -> None:
        super().__init__()
        self._began = time.monotonic()

    def __call__(self) -> int:
        return self.at + round((time.monotonic() - self._began) * SECOND)


@dataclass
class Provider:
    """What the other side has, two rows a page; ``faults`` are raised by the next asks, one each, before any page.

    ``door`` is shut where a test wants a pull to wait before its second page; ``bell`` rings for news.
    """

    rows: int = 4
    faults: list[Exception] = field(default_factory=list)
    deaf: list[Exception] = field(default_factory=list)
    asked: list[sdk.Cursor | None] = field(default_factory=list)
    listened: list[sdk.Cursor | None] = field(default_factory=list)
    door: asyncio.Event = field(default_factory=asyncio.Event)
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.door.set()

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        self.asked.append(cursor)
        if self.faults:
            raise self.faults.pop(0)
        start = int(cursor["at"]) if cursor else 0
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            for at in range(start, self.rows, 2):
                if at:
                    await self.door.wait()
                rows = [sdk.Row(f"r{number}", b"{}") for number in range(at, min(at + 2, self.rows))]
                yield sdk.Page(rows, {"at": at + len(rows)})
        finally:
            self.at_once -= 1

    async def news(self, cursor: sdk.Cursor | None) -> None:
        self.listened.append(cursor)
        if self.deaf:
            raise self.deaf.pop(0)
        await self.bell.wait()
        self.bell.clear()


def connector_of(provider: Provider, *, every: int | None = None, live: bool = False) -> type[sdk.Connector]:
    """A connector that reads a provider."""
    seconds, is_live = every, live

    class Feed(sdk.PullStream):
        """All there is."""

        name = "feed"
        live = is_live

        def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
            return provider.pages(cursor)

        async def news(self, cursor: sdk.Cursor | None) -> None:
            await provider.news(cursor)

        def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
            return ()

    class Told(sdk.PushStream):
        """That there is something to ask for."""

        name = "told"

        def receive(self, delivery: sdk.Delivery) -> sdk.Reception:
            return sdk.Reception(pull_within=float(delivery.body))

        def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
            return ()

    class Provided(sdk.Connector):
        """The connector of a test."""

        name = "test.provided"
        title = "Rows of a provider"
        every = seconds

        def streams(self) -> Sequence[sdk.Stream]:
            return [Feed(), Told()]

    return Provided


@dataclass
class Place:
    """Where hubs are opened, at one clock."""

    address: str
    provider: Provider = field(default_factory=Provider)
    clock: Clock = field(default_factory=Clock)
    every: int | None = None
    live: bool = False
    lease: float = 60.0

    async def open(self, provider: Provider | None = None) -> Hub:
        """A hub there, which reads the place's provider, or this one."""
        kind = connector_of(provider or self.provider, every=self.every, live=self.live)
        registry = Registry({"hub.desk": Desk, "test.provided": kind}, {})
        return await Hub.open(self.address, registry, COMPANY, self.clock, lease=self.lease)


async def made(hub: Hub, name: str = "provided") -> str:
    """A source of the provider."""
    return (await hub.create_source(name, "test.provided", {})).ids[0]


async def all_rows(hub: Hub, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(each) for each in await snapshot.all(statement, *values)]


async def states(hub: Hub) -> list[str]:
    """How the pulls stand, the first one first."""
    return [state for (state,) in await all_rows(hub, "SELECT state FROM run WHERE kind = 'PULL' ORDER BY num")]


async def next_in(hub: Hub, clock: Clock) -> float | None:
    """Seconds until the only source that was ever planned is pulled; None when nobody will."""
    rows = await all_rows(hub, "SELECT next_at FROM lease l JOIN source s ON s.num = l.source WHERE s.id <> 'src_desk'")
    return None if rows[0][0] is None else (rows[0][0] - clock()) / SECOND


async def until(reached: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait for something that comes by itself."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await reached():
        assert asyncio.get_running_loop().time() < deadline, "it did not come"
        await asyncio.sleep(0.01)
