"""A hub in a process of its own, started by the real command, that tests kill and start again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psycopg

from hub.ingest.hub import Hub
from hub.registry import load_registry
from tests.conftest import ROOT

PATIENCE = 60
"""Seconds within which whatever a test waits for has come, also on a busy machine."""


def free_port() -> int:
    """A port at which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_postgres(address: str) -> bool:
    """Whether a hub's address is one of PostgreSQL."""
    return address.startswith("postgresql")


def environment(address: str) -> dict[str, str]:
    """This environment with the hub's address as its only setting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
    return {**kept, "HUB_DATABASE_URL" if is_postgres(address) else "HUB_DATA": address}


@dataclass(frozen=True)
class Account:
    """A source of web forms and a token that may send to it, and read."""

    source: str
    token: str


def founded(address: str) -> Account:
    """Make the hub at an address, with an account."""

    async def made() -> Account:
        async with await Hub.open(address, load_registry()) as hub:
            (source,) = (await hub.create_source("Forms", "webforms.endpoint", {"origins": ["*"]})).ids
            _, token = await hub.create_token("tests", ["read", "pii", "write", "manage", f"ingest:{source}"])
            return Account(source, token)

    return asyncio.run(made())


@dataclass
class ServedHub:
    """``hub serve`` at a port that stays the same when it is started again."""

    address: str
    log: Path
    port: int = field(default_factory=free_port)
    before: Sequence[str] = ()
    """A command that runs the server, like strace with its arguments."""
    process: subprocess.Popen[bytes] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    """More of its environment."""

    @property
    def command(self) -> Sequence[str]:
        """What it is told to do."""
        return ("serve", "--port", str(self.port))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def launch(self) -> None:
        """Start the process; it is not ready yet."""
        command = [*self.before, sys.executable, "-W", "ignore", "-m", "hub", *self.command]
        variables = {**environment(self.address), **self.settings}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=variables, stdout=log, stderr=log, start_new_session=True
            )

    def start(self) -> float:
        """Start and wait until it answers; the seconds that took."""
        begun = time.perf_counter()
        self.launch()
        while not self.ready():
            assert self.running, self.log.read_text()
            assert time.perf_counter() - begun < PATIENCE, self.log.read_text()
            time.sleep(0.02)
        return time.perf_counter() - begun

    def ready(self) -> bool:
        """Whether it answers."""
        # A client of httpx would read all certificates of the machine each time that it is asked.
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection, suppress(OSError, HTTPException):
            connection.request("GET", "/health")
            return connection.getresponse().status == 200
        return False

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """As the kernel kills it when memory is short: at once, wherever it stands."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """As an administrator stops it."""
        if self.process is not None and self.running:
            os.killpg(self.process.pid, signal.SIGTERM)
            assert self.process.wait(PATIENCE) == 0, self.log.read_text()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, such as one that makes it sleep."""
        assert self.process is not None
        os.killpg(self.process.pid, number)

    def end(self) -> None:
        """Leave nothing behind, whatever state it is in."""
        if self.running:
            self.kill()


class WorkingHub(ServedHub):
    """``hub worker``, or ``hub serve`` for a hub in a folder, which works for it too."""

    @property
    def command(self) -> Sequence[str]:
        return ("worker",) if is_postgres(self.address) else super().command

    def ready(self) -> bool:
        if is_postgres(self.address):
            return self.running and f"/{self.process.pid if self.process else 0}/" in self.log.read_text()
        return super().ready()


# What a hub holds, whoever serves it --------------------------------------------------------------------------


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """A connection to truth and projection."""
    if is_postgres(address):
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SET search_path = projection_1, truth")
            yield connection
        return
    with closing(sqlite3.connect(f"file:{address}/projection-1.db?mode=ro", uri=True, timeout=30)) as connection:
        connection.execute("ATTACH ? AS truth", (f"file:{address}/hub.db?mode=ro",))
        yield connection


def held(address: str, statement: str) -> list[tuple[Any, ...]]:
    """Rows of a statement over truth and projection."""
    with connected(address) as connection:
        return [tuple(row) for row in connection.execute(statement).fetchall()]


def until_processed(address: str, patience: float = PATIENCE) -> float:
    """Wait until everything accepted is processed; the seconds that took."""
    begun = time.monotonic()
    with connected(address) as connection:
        while connection.execute("SELECT s.value - p.number FROM sequence s, processed p").fetchall() != [(0,)]:
            assert time.monotonic() - begun < patience, "not everything was processed"
            time.sleep(0.05)
    return time.monotonic() - begun


def faults_of_files(address: str) -> list[str]:
    """What SQLite finds wrong in a folder's files; nothing to ask where PostgreSQL keeps them."""
    if is_postgres(address):
        return []
    return [
        f"{name}: {fault}"
        for name in ("truth", "main")
        for (fault,) in held(address, f"PRAGMA {name}.integrity_check")
        if fault != "ok"
    ]
