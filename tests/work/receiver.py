"""A receiver of messages on a real socket, which behaves as badly as it is told, and verifies what it is sent."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import standardwebhooks

Behaviour = Callable[[str, int], str]
"""How to answer a message of this id that comes for this time: one of ``_ANSWERS``, ``reset`` or ``hang``."""

_ANSWERS = {
    "ok": b"HTTP/1.1 204 No Content\r\n\r\n",
    "500": b"HTTP/1.1 500 Internal Server Error\r\ncontent-length: 5\r\n\r\noops\0",
    "410": b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n",
    "429": b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 2\r\ncontent-length: 0\r\n\r\n",
    "patience": b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 7200\r\ncontent-length: 0\r\n\r\n",
    "redirect": b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
    "bad json": b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"ok": nu',
    "no http": b"\x16\x03\x01 hello, this is no HTTP\r\n\r\n",
}
HUGE = 64 * 1024 * 1024


@dataclass
class Receiver:
    """What came, and how it is answered."""

    behave: Behaviour = lambda id_, times: "ok"
    came: Counter[str] = field(default_factory=Counter)
    """How often messages came, by id."""
    taken: dict[str, Any] = field(default_factory=dict)
    """Messages that were answered with success, by id."""
    paths: set[str] = field(default_factory=set)
    bodies: dict[str, set[bytes]] = field(default_factory=dict)
    forged: int = 0
    at_once: int = 0
    most_at_once: int = 0
    secret: str | None = None
    """What signatures are verified by."""
    port: int = 0
    rung: threading.Event = field(default_factory=threading.Event)
    """Set when something has come."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            self.at_once -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n")[1:])}
        body = await reader.readexactly(int(headers["content-length"]))
        self.paths.add(head.split(" ")[1])
        id_ = headers["webhook-id"]
        if self.secret is not None:
            try:
                standardwebhooks.Webhook(self.secret).verify(body, headers)
            except standardwebhooks.WebhookVerificationError:
                self.forged += 1
        self.came[id_] += 1
        self.bodies.setdefault(id_, set()).add(body)
        self.rung.set()
        kind = self.behave(id_, self.came[id_])
        if kind in ("ok", "bad json", "huge"):
            self.taken[id_] = json.loads(body)
        await self._behave(kind, writer)

    async def _behave(self, kind: str, writer: asyncio.StreamWriter) -> None:
        if kind == "reset":
            writer.transport.abort()
        elif kind == "hang":
            await self.over.wait()
        elif kind == "huge":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % HUGE)
            for _ in range(HUGE // 65536):
                writer.write(b"x" * 65536)
                await writer.drain()
        else:
            writer.write(_ANSWERS[kind])
            await writer.drain()


@contextmanager
def receiving(behave: Behaviour = lambda id_, times: "ok") -> Iterator[Receiver]:
    """A receiver for as long as the block; it has a thread of its own."""
    receiver, ready = Receiver(behave), threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(receiver.over.set))
        async with await asyncio.start_server(receiver.answer, "127.0.0.1", 0) as server:
            receiver.port = server.sockets[0].getsockname()[1]
            ready.set()
            await receiver.over.wait()
            while receiver.at_once:  # noqa: ASYNC110 (they end by themselves)
                await asyncio.sleep(0.01)

    thread = threading.Thread(target=asyncio.run, args=[serve()], daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield receiver
    finally:
        stop[0]()
        thread.join(10)
