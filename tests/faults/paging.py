"""A provider at a port of its own that gives pages and fails often, and the connector that reads it.

The connector is found as those of partners are, by an entry point: ``installed`` makes the folder that names it.
"""

from __future__ import annotations

import json
import os
import random
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from hub import sdk

PAGE = 5


# The connector ----------------------------------------------------------------------------------------------------


class PagedSettings(sdk.Settings):
    """Where the provider is."""

    url: str


class PagedRows(sdk.PullStream):
    """Rows by number, page by page. The provider is told who asks, and in which pull."""

    name = "rows"
    nature = sdk.Nature.EVENTS

    def __init__(self, url: str, outside: sdk.Outside) -> None:
        self.url = url
        self.outside = outside

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        after: int | None = (cursor or {}).get("after", 0)
        async with self.outside.http(headers={"x-process": str(os.getpid()), "x-pull": uuid4().hex}) as http:
            while after is not None:
                answer = await http.get(self.url, params={"after": after})
                try:
                    page = answer.json()
                except ValueError:
                    raise sdk.SourceFailed("The provider sent no JSON.") from None
                rows = [sdk.Row(each["id"], json.dumps(each).encode()) for each in page["rows"]]
                following = page["next"]
                yield sdk.Page(rows, {"after": after + len(rows)})
                after = following

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        told = json.loads(row.payload)
        yield sdk.Touchpoint(
            kind="email",
            channel=sdk.Channel.EMAIL,
            direction=sdk.Direction.INBOUND,
            occurred_at=datetime(2026, 1, 1, tzinfo=UTC),
            title=told["id"],
            identifiers=(sdk.email(f"{told['id']}@x.org"),),
        )


class Paged(sdk.Connector):
    """Reads the provider."""

    name = "test.paged"
    title = "Pages of a provider that fails"
    Settings = PagedSettings
    every = 3600

    def streams(self) -> Sequence[sdk.Stream]:
        return [PagedRows(self.settings.url, self.outside)]


def installed(folder: Path) -> dict[str, str]:
    """The environment of a hub that has this connector, and may reach this machine."""
    about = folder / "paged-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: paged\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[hub.connectors]\ntest.paged = tests.faults.paging:Paged\n")
    return {"PYTHONPATH": str(folder), "HUB_ALLOW_PRIVATE_ADDRESSES": "127.0.0.1"}


# The provider -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """One request: for what, in which pull, by which process, and when it came and was answered."""

    source: str
    pull: str
    process: int
    after: int
    began: float
    ended: float


@dataclass
class Pages:
    """A provider with so many rows in each source, of whose answers a share goes wrong; each takes ``slow`` seconds."""

    rows: int
    wrong: float = 0.0
    slow: float = 0.0
    asked: list[Asked] = field(default_factory=list)
    faults: int = 0
    port: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def url(self, source: str) -> str:
        return f"http://127.0.0.1:{self.port}/{source}"

    def pulls(self, source: str) -> list[tuple[float, float, int]]:
        """Begin, end and process of every pull of a source, in order."""
        spans: dict[str, tuple[float, float, int]] = {}
        for each in list(self.asked):
            if each.source == source:
                began, ended, process = spans.get(each.pull, (each.began, each.ended, each.process))
                assert process == each.process
                spans[each.pull] = min(began, each.began), max(ended, each.ended), process
        return sorted(spans.values())


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: Pages

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        began = time.monotonic()
        time.sleep(self.provider.slow)
        parts = urlsplit(self.path)
        after = int(parse_qs(parts.query)["after"][0])
        source, headers = parts.path.strip("/"), self.headers
        self._answer(source, after)
        self.provider.asked.append(
            Asked(source, headers["x-pull"], int(headers["x-process"]), after, began, time.monotonic())
        )

    def _answer(self, source: str, after: int) -> None:
        provider = self.provider
        last = min(after + PAGE, provider.rows)
        rows = [{"id": f"{source}-{number}"} for number in range(after, last)]
        body = json.dumps({"rows": rows, "next": last if last < provider.rows else None}).encode()
        if provider.chance.random() >= provider.wrong:
            self._send(200, body)
            return
        provider.faults += 1
        match provider.chance.choice(("error", "patience", "reset", "nonsense")):
            case "error":
                self._send(500, b"oh")
            case "patience":
                self._send(429, b"", ("retry-after", "1"))
            case "reset":
                self.close_connection = True
                # Closed so, a socket sends a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
            case "nonsense":
                self._send(200, body[: len(body) // 2])

    def _send(self, status: int, body: bytes, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that are killed."""


@contextmanager
def serving_pages(provider: Pages) -> Iterator[Pages]:
    """The provider answers while the block runs."""
    door = type("Door", (_Door,), {"provider": provider})
    with _Server(("127.0.0.1", 0), door) as server:
        provider.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield provider
        server.shutdown()
        thread.join()
