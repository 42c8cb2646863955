"""A source that turns unhealthy, or healthy again, is told of once, whoever is killed or does not answer meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub import sdk
from hub.errors import RetryLater, SourceFailed
from hub.ingest.hub import Hub
from hub.registry import Registry
from hub.work.notify import ReceiverGone
from hub.work.turning import tell
from tests.ingest.builders import COMPANY, NOW, REGISTRY, Rows

SECOND = 1_000_000
WHERE = "https://pager.example/hook"


class Moody(sdk.PullStream):
    """Fails while it is told to."""

    name = "moody"
    touchpoints = Rows.touchpoints
    fault: str | None = None

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        if Moody.fault:
            raise sdk.SourceFailed(Moody.fault)
        yield sdk.Page([])


class Shop(sdk.Connector):
    """A shop that may be asked by the clock."""

    name = "test.moody"
    title = "A shop that may be asked by the clock"

    def streams(self) -> Sequence[sdk.Stream]:
        return [Moody()]


@pytest.fixture(autouse=True)
def in_good_mood() -> Iterator[None]:
    Moody.fault = None
    yield
    Moody.fault = None


@dataclass
class Post:
    """Where news arrives. ``refuses``: the errors with which the next tries are answered."""

    came: list[tuple[str, str, Any]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    refuses: list[Exception] = field(default_factory=list)

    async def send(self, url: str, id_: str, body: bytes) -> None:
        self.tried.append(id_)
        if self.refuses:
            raise self.refuses.pop(0)
        self.came.append((url, id_, json.loads(body)))

    @property
    def types(self) -> list[tuple[str, str]]:
        return [(each["type"], each["data"]["state"]) for _, _, each in self.came]


@dataclass
class Time:
    now: int = NOW

    def __call__(self) -> int:
        return self.now


def opened(address: str, look: Callable[[Hub, Post, Time], Awaitable[None]], post: Post | None = None) -> None:
    async def run() -> None:
        registry = Registry({**REGISTRY.connectors, "test.moody": Shop}, {})
        time = Time()
        async with await Hub.open(address, registry, COMPANY, time) as hub:
            hub.turns.everywhere = WHERE
            await look(hub, post or Post(), time)

    asyncio.run(run())


async def shop(hub: Hub) -> str:
    return (await hub.create_source("anna@x.org's shop", "test.moody", {})).ids[0]


async def pulled(hub: Hub, source: str, fault: str | None) -> None:
    Moody.fault = fault
    await hub.sync(source)
    await hub.pulled(source)


async def looked(hub: Hub, post: Post) -> int:
    turned = await hub.turns.note()
    await tell(hub.turns, post.send)
    return turned


def test_each_turn_is_told_once_and_in_order(hub_address: str) -> None:
    async def look(hub: Hub, post: Post, time: Time) -> None:
        source = await shop(hub)
        assert await looked(hub, post) == 0, "a new source has not turned"
        await pulled(hub, source, "The mailbox of anna@x.org is gone.")
        assert [await looked(hub, post), await looked(hub, post)] == [1, 0]
        await pulled(hub, source, "Another reason.")
        assert await looked(hub, post) == 0, "it is unhealthy still"
        await pulled(hub, source, None)
        assert [await looked(hub, post), await looked(hub, post)] == [1, 0]
        assert post.types == [("source.unhealthy", "FAILING"), ("source.healthy", "HEALTHY")]
        url, id_, first = post.came[0]
        assert (url, first) == (
            WHERE,
            {
                "type": "source.unhealthy",
                "timestamp": "2026-01-01T00:00:00Z",
                "data": {
                    "id": id_, "source": source, "connector": "test.moody", "state": "FAILING",
                    "message": "Its pulls fail.",
                },
            },
        )  # fmt: skip
        assert "anna" not in json.dumps([each for _, _, each in post.came])

    opened(hub_address, look)


def test_who_does_not_answer_is_told_again_under_the_same_id_before_anything_newer(hub_address: str) -> None:
    async def look(hub: Hub, post: Post, time: Time) -> None:
        source = await shop(hub)
        await pulled(hub, source, "It is closed.")
        post.refuses = [SourceFailed("500"), RetryLater("429", after=600)]
        await looked(hub, post)
        assert (len(post.tried), post.came) == (1, [])
        await pulled(hub, source, None)
        await looked(hub, post)
        assert len(post.tried) == 1, "not before its time, and nothing newer either"
        time.now += 60 * SECOND
        await looked(hub, post)
        assert (len(post.tried), post.came) == (2, [])
        time.now += 599 * SECOND
        await looked(hub, post)
        assert len(post.tried) == 2, "who asks for ten minutes has them"
        time.now += 3600 * SECOND
        await looked(hub, post)
        assert post.types == [("source.unhealthy", "FAILING"), ("source.healthy", "HEALTHY")]
        assert len(set(post.tried[:3])) == 1

    opened(hub_address, look)


def test_a_receiver_that_is_gone_is_told_nothing_more(hub_address: str) -> None:
    async def look(hub: Hub, post: Post, time: Time) -> None:
        source = await shop(hub)
        gone: set[str] = set()
        await pulled(hub, source, "It is closed.")
        post.refuses = [ReceiverGone("410")]
        await hub.turns.note()
        await tell(hub.turns, post.send, gone)
        await pulled(hub, source, None)
        time.now += 3600 * SECOND
        await hub.turns.note()
        await tell(hub.turns, post.send, gone)
        assert (len(post.tried), post.came, gone) == (1, [], {WHERE})

    opened(hub_address, look)


def test_a_turn_survives_a_restart_and_is_not_told_twice_after_another(hub_address: str) -> None:
    post = Post()

    async def before(hub: Hub, post: Post, time: Time) -> None:
        source = await shop(hub)
        await pulled(hub, source, "It is closed.")
        await hub.turns.note()

    async def after(hub: Hub, post: Post, time: Time) -> None:
        await looked(hub, post)

    opened(hub_address, before, post)
    assert post.came == []
    for _ in range(2):
        opened(hub_address, after, post)
    assert post.types == [("source.unhealthy", "FAILING")]


def test_a_source_may_name_its_own_address_and_without_any_nobody_is_told_later(hub_address: str) -> None:
    async def look(hub: Hub, post: Post, time: Time) -> None:
        hub.turns.everywhere = None
        source = await shop(hub)
        await pulled(hub, source, "It is closed.")
        assert await looked(hub, post) == 1
        hub.turns.everywhere = WHERE
        await looked(hub, post)
        assert post.came == [], "an address that comes later hears no old news"
        own = "https://partner.example/hook"
        await hub.threads.write(lambda session: session.run("UPDATE source SET notify_url = $1", own))
        await pulled(hub, source, None)
        await looked(hub, post)
        assert [(url, each["type"]) for url, _, each in post.came] == [(own, "source.healthy")]

    opened(hub_address, look)


def test_two_processes_tell_a_turn_once(pg_url: str) -> None:
    async def both() -> Post:
        registry = Registry({**REGISTRY.connectors, "test.moody": Shop}, {})
        post, time = Post(), Time()
        async with (
            await Hub.open(pg_url, registry, COMPANY, time) as one,
            await Hub.open(pg_url, registry, COMPANY, time) as other,
        ):
            one.turns.everywhere = other.turns.everywhere = WHERE
            source = await shop(one)
            for fault in ("It is closed.", None) * 5:
                await pulled(one, source, fault)
                await asyncio.gather(*(looked(hub, post) for hub in (one, other) * 3))
        return post

    post = asyncio.run(both())
    assert post.types == [("source.unhealthy", "FAILING"), ("source.healthy", "HEALTHY")] * 5
    assert len(set(post.tried)) == len(post.tried) == 10
