"""Subscribers that come again with the last cursor they saw, over WebSocket and over Server-Sent Events."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.faults.serving import PATIENCE

DOCUMENT = """subscription ($after: String) {
  touchpointAdded(after: $after) { cursor touchpoint { id title customer { id } } } }"""


@dataclass
class Subscriber:
    """Follows touchpoints at one hub after another, whenever it loses one."""

    urls: Sequence[str]
    token: str
    cursor: str
    over_events: bool
    seen: list[str] = field(default_factory=list)
    """Ids of touchpoints in the order in which they came."""
    broken: int = 0
    """How often it lost its hub."""

    async def follow(self) -> None:
        """Follow until it is cancelled."""
        turn = 0
        while True:
            url = self.urls[turn % len(self.urls)]
            turn += 1
            try:
                async for answer in self._events(url) if self.over_events else self._socket(url):
                    assert "errors" not in answer, answer
                    added = answer["data"]["touchpointAdded"]
                    self.seen.append(added["touchpoint"]["id"])
                    self.cursor = added["cursor"]
            except (OSError, httpx.HTTPError, WebSocketException):
                pass
            self.broken += 1
            await asyncio.sleep(0.05)

    async def reached(self, many: int) -> None:
        """Wait until so many touchpoints have come; whether they ever do is for the test to say."""
        deadline = time.monotonic() + PATIENCE
        while len(self.seen) < many and time.monotonic() < deadline:  # noqa: ASYNC110 (they come one by one)
            await asyncio.sleep(0.02)

    async def _socket(self, url: str) -> AsyncIterator[dict[str, Any]]:
        protocol = Subprotocol("graphql-transport-ws")
        address = f"{url.replace('http', 'ws', 1)}/graphql"
        async with connect(address, subprotocols=[protocol], proxy=None, open_timeout=PATIENCE) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": {"token": self.token}}))
            await socket.recv()
            payload = {"query": DOCUMENT, "variables": {"after": self.cursor}}
            await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
            async for text in socket:
                message = json.loads(text)
                assert message["type"] == "next", message
                yield message["payload"]

    async def _events(self, url: str) -> AsyncIterator[dict[str, Any]]:
        headers = {
            "Authorization": f"Bearer {self.token}", "Accept": "text/event-stream", "Last-Event-ID": self.cursor,
        }  # fmt: skip
        async with (
            httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client,
            client.stream("POST", f"{url}/graphql", json={"query": DOCUMENT}, headers=headers) as response,
        ):
            if response.status_code == 503:
                return
            assert response.status_code == 200, await response.aread()
            async for line in response.aiter_lines():
                assert line != "event: complete"
                if line.startswith("data: "):
                    yield json.loads(line.removeprefix("data: "))


@dataclass(frozen=True)
class Faults:
    """How what a subscriber saw differs from the ledger: all three are 0 in a hub that keeps its word."""

    missing: int
    doubled: int
    out_of_order: int


NONE = Faults(0, 0, 0)


def faults(seen: Sequence[str], expected: Sequence[str]) -> Faults:
    """What is wrong with what came."""
    first = list(dict.fromkeys(seen))
    place = {id_: number for number, id_ in enumerate(expected)}
    return Faults(
        missing=len(set(expected) - set(seen)),
        doubled=len(seen) - len(first),
        out_of_order=sum(place[one] > place[other] for one, other in pairwise(first)),
    )
