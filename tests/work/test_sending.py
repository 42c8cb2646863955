"""Endpoints are told of changes: each once, under one id, signed, however the receiver behaves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from hub.outgoing import Reach
from hub.sealing import new_key
from hub.store import endpoints
from hub.store.pages import Window
from hub.work.posting import Post
from hub.work.sending import Sender
from tests.ingest.builders import COMPANY, REGISTRY, row
from tests.work.provider import SECOND, Clock
from tests.work.receiver import Receiver, receiving

KEY = new_key()
HERE = Reach.allowing(["127.0.0.1"])
EVERYTHING = ("TOUCHPOINT_ADDED", "STAGE_CHANGED", "CUSTOMERS_MERGED", "CUSTOMER_SPLIT")


class Desk:
    """A hub, somebody who sends, and a receiver."""

    def __init__(self, hub: Hub, sender: Sender, receiver: Receiver, clock: Clock) -> None:
        self.hub, self.sender, self.receiver, self.clock = hub, sender, receiver, clock
        self.source = ""

    async def endpoint(self, **given: Any) -> str:
        columns = {
            "name": "Partner", "url": self.receiver.url, "wants": list(EVERYTHING), "sources": [], "kinds": [],
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
        await self.sent()

    async def sent(self) -> None:
        async with self.hub.reader.snapshot() as snapshot:
            due = await endpoints.due(snapshot, self.clock())
        while due:
            await self.sender.send()
            await self.sender.idle()
            async with self.hub.reader.snapshot() as snapshot:
                due = await endpoints.due(snapshot, self.clock())

    async def messages(self, id_: str, state: str | None = None) -> list[Any]:
        async with self.hub.reader.snapshot() as snapshot:
            (found,) = (await endpoints.by_id(snapshot, [id_])).values()
            return list((await endpoints.messages(snapshot, found.num, state, Window(500))).rows)

    async def attempts(self, message: Any) -> list[tuple[int | None, str | None, str | None]]:
        async with self.hub.reader.snapshot() as snapshot:
            found = (await endpoints.attempts(snapshot, [message.num])).get(message.num, [])
        return [(each.status, each.fault, each.answer) for each in found]

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
            sender = Sender(hub, post)
            try:
                await look(Desk(hub, sender, receiver, clock))
            finally:
                await sender.close()

    asyncio.run(run())


def anna(key: str = "a1", **more: Any) -> Any:
    return row(key, who={"email": "anna@x.org"}, title="A question", **more)


def test_new_touchpoint_is_told_once_and_signed(hub_address: str) -> None:
    async def look(desk: Desk) -> None:
        await desk.heard(anna("a0"))
        id_ = await desk.endpoint()
        await desk.told()
        assert desk.receiver.came == {}, "what was there before is nothing new"
        await desk.heard(anna())
        for _ in range(3):
            await desk.told()
        ((message, told),) = desk.receiver.taken.items()
        assert (desk.receiver.came[message], desk.receiver.forged) == (1, 0)
        assert (told["type"], told["timestamp"]) == ("touchpoint.created", "2026-01-01T00:00:00Z")
        assert told["data"]["touchpoint"]["kind"] == "email"
        assert [each.state for each in await desk.messages(id_)] == ["DELIVERED"]

    with receiving() as receiver:
        desk(hub_address, look, receiver)
