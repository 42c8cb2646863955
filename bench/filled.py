"""Hubs filled once and kept outside of the tree: every row came by the hub's own write path, accept and process.

They lie below ``~/.cache/journey-hub-bench`` (``XDG_CACHE_HOME``); a change of the store's migrations makes them anew.
"""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import psycopg

from bench.measuring import POSTGRESQL, ROOT, Bench
from bench.stream import START, bare
from hub import sdk
from hub.clock import micros, now

TOGETHER = 1000
"""Deliveries in a transaction."""
_DAY = 86_400
_WAVE = 4_000
_SOURCES = ("mail", "social", "shop", "web")


def deliveries(customers: int, each: int) -> Iterator[tuple[str, sdk.Row]]:
    """``each`` touchpoints of every customer over two years, a quarter of them invoices. The same at every call.

    Each customer's come in the order in which they happened, those of ``_WAVE`` customers together: the processor
    can go on where it stands, and filling does not take hours.
    """
    pick = random.Random(7)
    apart = 330 * _DAY // each
    for number, (person, turn) in enumerate(
        (person, turn)
        for wave in range(0, customers, _WAVE)
        for turn in range(each)
        for person in range(wave, min(wave + _WAVE, customers))
    ):
        source = _SOURCES[(turn + person) % len(_SOURCES)]
        said = {
            "source": source, "at": START + turn * apart + pick.randrange(apart),
            "title": f"Number {number}: “{source}”",
            "user": f"u{person}", "email": f"person{person}@mail.example", "note": "x" * 80,
        }  # fmt: skip
        if turn == 0:
            said |= {"phone": f"+4917{person:08}", "name": f"First{person} Last{person}"}
        if source == "shop":
            said["amount"] = f"{pick.randrange(100, 90_000) / 100:.2f}"
        yield source, sdk.Row(f"d{number}", orjson.dumps(said))


async def filled(bench: Bench, database: str, customers: int, touchpoints: int) -> str:
    """The address of a hub with so many customers and touchpoints, filled now or before."""
    name = f"reads_{customers}_{touchpoints}_{_version()}"
    return await asyncio.to_thread(
        _postgres if database == POSTGRESQL else _sqlite, bench, name, customers, touchpoints
    )


def _version() -> str:
    """Changes with the tables."""
    texts = sorted((ROOT / "hub" / "store" / "migrations").rglob("versions/*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in texts)).hexdigest()[:8]


def _cache() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "journey-hub-bench"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _sqlite(bench: Bench, name: str, customers: int, touchpoints: int) -> str:
    folder = _cache() / name
    if not folder.exists():
        begun = folder.with_suffix(".begun")
        shutil.rmtree(begun, ignore_errors=True)
        _fill(bench, str(begun), customers, touchpoints)
        begun.rename(folder)
    return str(folder)


def _postgres(bench: Bench, name: str, customers: int, touchpoints: int) -> str:
    server = os.environ.get("HUB_TEST_POSTGRES") or _server()
    before, _, after = server.partition("?")
    address = f"{before.rpartition('/')[0]}/{name}" + (f"?{after}" if after else "")
    with psycopg.connect(server, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            return address
        begun = f"{name}_begun"
        connection.execute(f"DROP DATABASE IF EXISTS {begun} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {begun}")
        _fill(bench, address.replace(name, begun), customers, touchpoints)
        with psycopg.connect(address.replace(name, begun), autocommit=True) as filled_one:
            filled_one.execute("VACUUM ANALYZE")
        connection.execute(f"ALTER DATABASE {begun} RENAME TO {name}")
    return address


_running: list[str] = []


def _server() -> str:
    """A PostgreSQL of this process over the kept data, with more memory than the little that it takes by itself."""
    if not _running:
        server = _started()
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            small = connection.execute("SELECT current_setting('shared_buffers') = '128MB'").fetchone() == (True,)
            connection.execute("ALTER SYSTEM SET shared_buffers = '2GB'")
        if small:
            server.cleanup()
            server = _started()
        atexit.register(server.cleanup)
        _running.append(str(server.get_uri()))
    return _running[0]


def _started() -> Any:
    from tests.conftest import start_postgres

    # The path of a socket has room for about a hundred characters.
    folder = _cache() / "pg"
    shutil.rmtree(folder / "python_PostgresServer", ignore_errors=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    return start_postgres(folder)


def _fill(bench: Bench, address: str, customers: int, touchpoints: int) -> None:
    bench.say(f"  filling a hub with {touchpoints:,} touchpoints; it is kept")
    hub = bare(address, micros(now()))  # who opens it finds everybody as they are
    part = []
    for number, delivery in enumerate(deliveries(customers, touchpoints // customers), 1):
        part.append(delivery)
        if len(part) == TOGETHER:
            hub.take(part)
            part = []
        if number % 200_000 == 0:
            bench.say(f"  {number:,}")
    if part:
        hub.take(part)
    hub.close()
