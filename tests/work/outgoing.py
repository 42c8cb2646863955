"""A hub, somebody who sends its messages, a receiver of them, and a clock that tests move."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from hub.outgoing import Reach
from hub.sealing import new_key
from hub.store import endpoints
from hub.store.pages import Window
from hub.work.posting import Post
from hub.work.sending import Sender
from tests.ingest.builders import COMPANY, REGISTRY, row
from tests.work.provider import Clock
from tests.work.receiver import Receiver

KEY = new_key()
HERE = Reach.allowing(["127.0.0.1"])
WANTS = ["TOUCHPOINT_ADDED", "STAGE_CHANGED", "CUSTOMERS_MERGED", "CUSTOMER_SPLIT"]


class Desk:
    """A hub, somebody who sends, and a receiver."""

    def __init__(self, hub: Hub, post: Post, receiver: Receiver, clock: Clock) -> None:
        self.hub, self.post, self.receiver, self.clock = hub, post, receiver, clock
        self.sender = Sender(hub, post)
        self.source = ""

    async def endpoint(self, **given: Any) -> str:
        columns = {
            "name": "Partner", "url": self.receiver.url, "wants": WANTS, "sources": [], "kinds": [],
            "stages": [], "contacts": False, "historical": False,
        } | given  # fmt: skip
        id_, self.receiver.secret = await self.hub.endpoints.create(columns, by="anna")
        return id_

    async def heard(self, *rows: Any) -> None:
        """Rows that the hub hears, and has processed."""
        if not self.source:
            self.source = (await self.hub.create_source("Shop", "test.told", {})).ids[0]
        given = [GivenRow(each.payload, each.key, each.version) for each in rows]
        told = await self.hub.ingest(self.source, "rows", given)
        assert await self.hub.wait(told.sequence, 10)

    async def told(self) -> None:
        """Write and send until nothing is due."""
        while await self.sender.write():
            pass
        while await self.due():
            await self.sender.send()
            await self.sender.idle()

    async def due(self) -> bool:
        async with self.hub.reader.snapshot() as snapshot:
            return bool(await endpoints.due(snapshot, self.clock()))

    async def messages(self, id_: str, state: str | None = None) -> list[Any]:
        async with self.hub.reader.snapshot() as snapshot:
            (found,) = (await endpoints.by_id(snapshot, [id_])).values()
            return list((await endpoints.messages(snapshot, found.num, state, Window(500))).rows)

    async def attempts(self, message: Any) -> list[tuple[int | None, str | None, str | None]]:
        async with self.hub.reader.snapshot() as snapshot:
            found = (await endpoints.attempts(snapshot, [message.num])).get(message.num, [])
        return [(each.status, each.fault, each.answer) for each in found]

    async def all(self) -> list[Any]:
        async with self.hub.reader.snapshot() as snapshot:
            return await endpoints.enabled(snapshot)

    async def row(self, id_: str) -> Any:
        async with self.hub.reader.snapshot() as snapshot:
            return (await endpoints.by_id(snapshot, [id_]))[id_]


def desk(address: str, look: Callable[[Desk], Awaitable[None]], receiver: Receiver, longest: float = 10.0) -> None:
    async def run() -> None:
        clock = Clock()
        async with (
            await Hub.open(address, REGISTRY, COMPANY, clock, secret_key=KEY) as hub,
            Post(HERE, longest=longest) as post,
        ):
            desk = Desk(hub, post, receiver, clock)
            try:
                await look(desk)
            finally:
                await desk.sender.close()

    asyncio.run(run())


def anna(key: str = "a1", **more: Any) -> Any:
    """A row about Anna."""
    return row(key, **({"who": {"email": "anna@x.org"}, "title": "A question"} | more))
