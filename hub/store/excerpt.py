"""All tables of a hub in memory, for a small part of its truth; the same whatever database the hub itself is on."""

from __future__ import annotations

import asyncio
import sqlite3
from functools import cache
from typing import Any

from hub.store.reader import Rows, Snapshot
from hub.store.sqlite_session import SqliteSession


class ExcerptSession(SqliteSession):
    """A session that is also the whole database: truth and projection set 1 without their files."""

    projection_set = 1

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._connection.executescript(_tables())

    def tidy(self) -> None:
        """Nothing: memory has no write-ahead log."""

    def __del__(self) -> None:
        # Excerpts are let go of by whoever read them last.
        self._connection.close()


class ExcerptSnapshot(Snapshot):
    """Reads what a session holds that nobody writes any more."""

    def __init__(self, session: ExcerptSession) -> None:
        self._session = session
        self._turn = asyncio.Lock()

    async def all(self, statement: str, *values: Any) -> Rows:
        async with self._turn:
            return await asyncio.to_thread(self._session.all, statement, *values)


@cache
def _tables() -> str:
    """The statements that make all tables, from what the migrations come to."""
    from sqlalchemy.dialects import sqlite
    from sqlalchemy.schema import CreateIndex, CreateTable

    from hub.store import matter_tables, portraits, rollup_tables  # noqa: F401 (their tables belong to the projection too)
    from hub.store.projection import PROJECTION
    from hub.store.truth import TRUTH

    dialect = sqlite.dialect()
    parts: list[str] = []
    for metadata in (TRUTH, PROJECTION):
        for table in metadata.sorted_tables:
            parts.append(str(CreateTable(table).compile(dialect=dialect)))
            indexes = sorted(table.indexes, key=lambda index: str(index.name))
            parts += [str(CreateIndex(index).compile(dialect=dialect)) for index in indexes]
    return ";\n".join(parts) + ";"
