"""The limit: a bare ASGI application that gives the bytes of one known statement on. `python -m bench.contestants.raw`

Standard input says where the database is and what each operation's statement is; it knows neither tokens nor limits.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from base64 import b64decode
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import asyncpg
import orjson

from bench.contestants.serving import run, serve

Fetch = Callable[[str, list[Any]], Awaitable[bytes]]
_END = {"type": "http.response.start", "status": 200}


class Raw:
    """Looks the statement up by the operation's name, and puts the customer's id where it belongs."""

    def __init__(self, statements: dict[str, Any], fetch: Fetch) -> None:
        self._statements = {
            name: (each["text"], decoded(each["values"]), each["place"]) for name, each in statements.items()
        }
        self._fetch = fetch

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        asked = orjson.loads(body)
        text, values, place = self._statements[asked["operationName"]]
        if place is not None:
            values = [*values]
            values[place] = asked["variables"]["id"]
        answer = b'{"data":' + await self._fetch(text, values) + b"}"
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({**_END, "headers": headers})
        await send({"type": "http.response.body", "body": answer})


def decoded(values: list[Any]) -> list[Any]:
    """Values as they were bound; bytes come as ``{"bytes": base64}``."""
    return [b64decode(each["bytes"]) if isinstance(each, dict) else each for each in values]


async def postgres(url: str, path: str) -> Fetch:
    """Ten connections, like everybody else; nothing is reset between requests."""

    class Connection(asyncpg.Connection):  # type: ignore[misc]
        def get_reset_query(self) -> str:
            return ""

    settings = {"search_path": path, "jit": "off", "random_page_cost": "1.1"}  # the hub's own
    pool = await asyncpg.create_pool(
        url, min_size=10, max_size=10, connection_class=Connection, server_settings=settings
    )

    async def fetch(text: str, values: list[Any]) -> bytes:
        async with pool.acquire() as connection:
            row = await connection.fetchrow(text, *values)
        found = row[0]
        return found if isinstance(found, bytes) else str(found).encode()

    return fetch


def sqlite(folder: Path, number: int) -> Fetch:
    """One connection in each of two threads."""
    from hub.store.reader import attach

    threads = ThreadPoolExecutor(2)
    free: asyncio.LifoQueue[sqlite3.Connection] = asyncio.LifoQueue()
    for _ in range(2):
        connection = sqlite3.connect("file::memory:", uri=True, check_same_thread=False)
        for name, file in (("truth", "hub.db"), ("projection", f"projection-{number}.db")):
            attach(connection, name, folder / file)
        free.put_nowait(connection)

    async def fetch(text: str, values: list[Any]) -> bytes:
        connection = await free.get()
        try:
            found = await asyncio.get_running_loop().run_in_executor(
                threads, lambda: connection.execute(text, values).fetchone()[0]
            )
        finally:
            free.put_nowait(connection)
        return found if isinstance(found, bytes) else str(found).encode()

    return fetch


async def main() -> None:
    """Serve until the standard input ends."""
    told = orjson.loads(sys.stdin.readline())
    fetch = await postgres(told["url"], told["path"]) if "url" in told else sqlite(Path(told["folder"]), told["number"])
    await serve(Raw(told["statements"], fetch))


if __name__ == "__main__":
    run(main())
