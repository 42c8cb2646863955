"""A migration that is killed at any moment leaves the tables as they were or as they become, and opens again."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, event
from sqlalchemy.engine import Engine

from hub.store.engine import Store
from hub.store.migrate import configuration, enter_schema, open_engine
from hub.store.projection import PROJECTION
from hub.store.truth import TRUTH
from tests.faults.serving import PATIENCE, is_postgres

_FORK = multiprocessing.get_context("fork")
LINES: tuple[tuple[str, MetaData, str, str], ...] = (
    ("truth", TRUTH, "hub.db", "truth"),
    ("projection", PROJECTION, "projection-1.db", "projection_1"),
)
"""Line of migrations, its tables of today, its file on SQLite, its schema on PostgreSQL."""
KEPT = [("src_old", "run_old")]


def place(address: str, file: str, schema: str) -> tuple[str, str | None]:
    """Where a line's tables are: address and schema."""
    return (address, schema) if is_postgres(address) else (f"sqlite:///{address}/{file}", None)


def first_release(address: str) -> None:
    """A hub as the first release made it, with a source and a run."""
    if is_postgres(address):
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA truth; CREATE SCHEMA projection_1")
    else:
        Path(address).mkdir()
    for line, _, file, schema in LINES:
        url, within = place(address, file, schema)
        engine = open_engine(url)
        with engine.begin() as connection:
            enter_schema(connection, within)
            config = configuration(line)
            config.attributes["connection"] = connection
            command.upgrade(config, "0001")
            if line == "truth":
                connection.exec_driver_sql(
                    "INSERT INTO source (num, id, name, connector, settings, book_of_record, created_number, "
                    "created_at) VALUES (1, 'src_old', 'Old', 'hub.desk', '{}', true, 1, 0)"
                )
                connection.exec_driver_sql(
                    "INSERT INTO run (num, id, source, kind, state, started_at, received, stored, changed, unchanged) "
                    "VALUES (1, 'run_old', 1, 'PULL', 'OK', 0, 0, 0, 0, 0)"
                )
        engine.dispose()


def nothing(_: str) -> None:
    """No hub at all."""


def opened(address: str, kill_at: int, counted: Synchronized[int], begun: Any) -> None:
    """In a process of its own: open the hub, and die before the given statement of its migrations."""

    def before(*_: object) -> None:
        if counted.value == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        counted.value += 1

    event.listen(Engine, "before_cursor_execute", before)
    begun.set()
    Store.at(address).close()


def killed(address: str, kill_at: int = -1, after: float | None = None) -> int:
    """Open a hub in a process that is killed at a statement, or after some seconds; the statements it came to."""
    counted, begun = _FORK.Value("q", 0), _FORK.Event()
    process = _FORK.Process(target=opened, args=(address, kill_at, counted, begun))
    process.start()
    if after is not None:
        assert begun.wait(PATIENCE)
        time.sleep(after)
        process.kill()
    process.join(PATIENCE)
    return int(counted.value)


def tables(address: str) -> dict[str, frozenset[tuple[str, str]]]:
    """Tables with their columns, line by line."""
    found = {}
    for line, _, file, schema in LINES:
        if is_postgres(address):
            with psycopg.connect(address) as connection:
                rows = connection.execute(
                    "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s", (schema,)
                ).fetchall()
        elif not Path(address, file).exists():
            rows = []
        else:
            with closing(sqlite3.connect(f"{address}/{file}")) as connection:
                assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
                rows = connection.execute(
                    "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
                ).fetchall()
        found[line] = frozenset((str(table), str(column)) for table, column in rows)
    return found


def differences(address: str) -> list[Any]:
    """How the tables differ from those that the code names."""
    found: list[Any] = []
    for _, metadata, file, schema in LINES:
        url, within = place(address, file, schema)
        engine = open_engine(url)
        with engine.begin() as connection:
            enter_schema(connection, within)
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            found += compare_metadata(context, metadata)
        engine.dispose()
    return found


def kept(address: str) -> list[tuple[Any, ...]]:
    """The source and run of the first release, as they are now."""
    statement = "SELECT s.id, r.id FROM source s JOIN run r ON r.source = s.num"
    if is_postgres(address):
        with psycopg.connect(address, options="-c search_path=truth") as connection:
            return connection.execute(statement).fetchall()
    with closing(sqlite3.connect(f"{address}/hub.db")) as connection:
        return connection.execute(statement).fetchall()


def emptied(address: str) -> None:
    """No hub there any more."""
    if is_postgres(address):
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("DROP SCHEMA IF EXISTS truth CASCADE; DROP SCHEMA IF EXISTS projection_1 CASCADE")
    elif (folder := Path(address)).exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
@pytest.mark.parametrize("made", [nothing, first_release])
def test_migration_killed_at_any_moment_opens_again(bare_address: str, made: Callable[[str], None], kills: int) -> None:
    made(bare_address)
    before = tables(bare_address)
    began = time.monotonic()
    statements = killed(bare_address)
    took = time.monotonic() - began
    after = tables(bare_address)
    rng = random.Random(4)
    for turn in range(kills):
        emptied(bare_address)
        made(bare_address)
        if turn % 2:
            killed(bare_address, after=rng.uniform(0, took))
        else:
            at = rng.randrange(statements)
            assert killed(bare_address, kill_at=at) == at
        for line, found in tables(bare_address).items():
            assert found in (before[line], after[line])
        Store.at(bare_address).close()
        assert differences(bare_address) == []
        assert tables(bare_address) == after
        assert kept(bare_address) == (KEPT if made is first_release else [])
