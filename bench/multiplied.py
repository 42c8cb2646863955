"""Hubs many times as large as one that was processed: for what would take hours to fill, and is only read.

Customers, their values and their touchpoints are there so many times, each copy with numbers and ids of its own,
with all indexes. What no document of ``--growth`` reads is there once: identifiers, records, rollups.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg

from bench.filled import filled
from bench.measuring import Bench
from hub.store import portraits
from hub.store.projection import PROJECTION

_DIGITS = 28
"""Of an id after its prefix."""
_COPIED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "customer": (
        "num",
        {"num": "customer", **dict.fromkeys(("first_touch", "last_touch", "acquired_by"), "touchpoint")},
    ),
    "customer_value": ("customer", {"customer": "customer"}),
    "touchpoint": ("num", {"num": "touchpoint", "customer": "customer"}),
}
"""By table: the column that tells originals from copies, and of columns that are numbers of which table's rows."""
_PREFIXES = {"customer": "cus_", "touchpoint": "tp_"}

_TABLES = (portraits,)
"""Modules of tables, which are known once these are imported."""
Run = Callable[[str], list[tuple[Any, ...]]]


async def multiplied(bench: Bench, database: str, customers: int, touchpoints: int, times: int) -> str:
    """The address of a hub with ``times`` as many of both, made of a filled one now or before."""
    original = await filled(bench, database, customers, touchpoints)
    bench.say(
        f"  {customers * times:,} customers and {touchpoints * times:,} touchpoints, {times} of each processed one"
    )
    began = time.perf_counter()
    address = await asyncio.to_thread(several, original, times)
    bench.say(f"  there after {time.perf_counter() - began:.0f} s")
    return address


def several(original: str, times: int) -> str:
    """The address of a hub beside another one with the rows of that so many times, made now or before."""
    return _postgres(original, times) if "://" in original else _sqlite(original, times)


def _postgres(original: str, times: int) -> str:
    before, _, after = original.partition("?")
    server, _, name = before.rpartition("/")
    end = f"?{after}" if after else ""
    wanted, begun = f"{name}_x{times}", f"{name}_x{times}_begun"
    with psycopg.connect(f"{server}/postgres{end}", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (wanted,)).fetchone():
            connection.execute(f"DROP DATABASE IF EXISTS {begun} WITH (FORCE)")
            connection.execute(f"CREATE DATABASE {begun} TEMPLATE {name}")
            with psycopg.connect(f"{server}/{begun}{end}", autocommit=True) as copy:
                _copy_in_postgres(copy, times)
            connection.execute(f"ALTER DATABASE {begun} RENAME TO {wanted}")
    return f"{server}/{wanted}{end}"


def _copy_in_postgres(connection: psycopg.Connection[Any], times: int) -> None:
    def run(statement: str) -> list[tuple[Any, ...]]:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []

    number = run("SELECT number FROM truth.projection_set WHERE state = 'LIVE'")[0][0]
    run(f"SET search_path = projection_{number}, truth")
    run("SET synchronous_commit = off; SET maintenance_work_mem = '512MB'")
    names = ", ".join(f"'{name}'" for name in _COPIED)
    indexes = run(
        "SELECT i.indexname, i.indexdef FROM pg_indexes i WHERE i.schemaname = current_schema() "
        f"AND i.tablename IN ({names}) AND i.indexdef NOT LIKE 'CREATE UNIQUE%'"
    )
    _copy(run, times, f"left(md5(substr(id, %d) || '-%d'), {_DIGITS})", dict(indexes))
    run("VACUUM ANALYZE")


def _sqlite(original: str, times: int) -> str:
    folder = Path(f"{original}_x{times}")
    if not folder.exists():
        begun = folder.with_suffix(".begun")
        shutil.rmtree(begun, ignore_errors=True)
        shutil.copytree(original, begun, ignore=shutil.ignore_patterns("serve.json"))
        with closing(sqlite3.connect(begun / "hub.db")) as truth:
            number = truth.execute("SELECT number FROM projection_set WHERE state = 'LIVE'").fetchone()[0]
        with closing(sqlite3.connect(begun / f"projection-{number}.db", isolation_level=None)) as connection:
            _copy_in_sqlite(connection, times)
        begun.rename(folder)
    return str(folder)


def _copy_in_sqlite(connection: sqlite3.Connection, times: int) -> None:
    def run(statement: str) -> list[tuple[Any, ...]]:
        return connection.execute(statement).fetchall()

    connection.create_function("copied", 2, _copied, deterministic=True)
    run("PRAGMA journal_mode = OFF")  # a copy that is not finished is thrown away
    run("PRAGMA synchronous = OFF")
    run("PRAGMA cache_size = -524288")
    names = ", ".join(f"'{name}'" for name in _COPIED)
    indexes = run(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name IN ({names}) "
        "AND sql NOT LIKE 'CREATE UNIQUE%'"
    )
    run("BEGIN")
    _copy(run, times, "copied(substr(id, %d), %d)", dict(indexes))
    run("COMMIT")
    run("ANALYZE")
    run("PRAGMA journal_mode = WAL")


def _copied(id_: str, copy: int) -> str:
    return hashlib.md5(f"{id_}-{copy}".encode(), usedforsecurity=False).hexdigest()[:_DIGITS]


def _copy(run: Run, times: int, id_: str, indexes: Mapping[str, str]) -> None:
    """All copies, in the order in which a hub would have heard of them. ``id_``: an id's digits, by where they begin in
    the original's and which copy it is; ``indexes``: what makes each of them."""
    for name in indexes:
        run(f"DROP INDEX {name}")
    most = {name: run(f"SELECT max({key}) FROM {name}")[0][0] for name, (key, _) in _COPIED.items()}
    for copy in range(1, times):
        for name, (key, numbers) in _COPIED.items():
            columns = [each.name for each in PROJECTION.tables[name].columns]
            values = {each: f"{each} + {copy * most[of]}" for each, of in numbers.items()}
            if prefix := _PREFIXES.get(name):
                values["id"] = f"'{prefix}' || {id_ % (len(prefix) + 1, copy)}"
            shown = ", ".join(values.get(each, each) for each in columns)
            run(f"INSERT INTO {name} ({', '.join(columns)}) SELECT {shown} FROM {name} WHERE {key} <= {most[name]}")
    for statement in indexes.values():
        run(statement)
