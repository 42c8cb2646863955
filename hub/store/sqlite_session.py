"""Writing on SQLite: one file of a hub's folder, while the other is read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hub.errors import RetryLater, StorageFull
from hub.store.session import CHUNK, Session, Values, keyed, update_of
from hub.store.sql import for_sqlite, sqlite_values

MOST_AHEAD = 64 * 1024 * 1024
"""Bytes of a write-ahead log that are worth a pause."""
_AT_ONCE = 50
"""Rows that one statement inserts: at each statement a thread may have to wait for the interpreter."""
_STATEMENTS = 512
"""Statements that stay prepared. A batch has about 250, in the same order each time: of fewer, none would be found."""
_FULL = ("disk is full", "readonly database", "disk I/O error", "unable to open database file")


@contextmanager
def _clean_errors() -> Iterator[None]:
    """Storage trouble as the hub's own errors, so that no driver text travels further."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if any(sign in str(error) for sign in _FULL):
            raise StorageFull("The hub's folder is full or read-only; nothing was stored.", after=5) from error
        if "locked" in str(error):
            raise RetryLater("The hub is busy.") from error
        raise


class SqliteSession(Session):
    """A session that writes one file of a hub's folder and reads the other."""

    sparing = True  # the indexes of a column that is named are written again, whether it differs or not

    def __init__(self, writes: Path, reads: Path | None = None) -> None:
        self._file = writes
        with _clean_errors():
            self._connection = sqlite3.connect(
                f"file:{quote(str(writes))}", uri=True, isolation_level=None, check_same_thread=False, timeout=10,
                cached_statements=_STATEMENTS,
            )  # fmt: skip
            prepare_sqlite(self._connection)
            if reads is not None:
                # Read-only, so that BEGIN IMMEDIATE takes the write lock of this session's own file alone.
                self._connection.execute("ATTACH ? AS truth", (f"file:{quote(str(reads))}?mode=ro",))

    def all(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with _clean_errors():
            return self._connection.execute(for_sqlite(statement), sqlite_values(values)).fetchall()

    def chunks(self, statement: str, *values: Any) -> Iterator[list[tuple[Any, ...]]]:
        with _clean_errors():
            cursor = self._connection.execute(for_sqlite(statement), sqlite_values(values))
            while rows := cursor.fetchmany(CHUNK):
                yield rows

    def run(self, statement: str, *values: Any) -> int:
        with _clean_errors():
            return self._connection.execute(for_sqlite(statement), sqlite_values(values)).rowcount

    def many(self, statement: str, rows: Iterable[Values]) -> None:
        with _clean_errors():
            self._connection.executemany(for_sqlite(statement), rows)

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        into, row = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ", f"({', '.join('?' * len(columns))})"
        whole = len(rows) // _AT_ONCE * _AT_ONCE
        with _clean_errors():
            for first in range(0, whole, _AT_ONCE):
                values = list(chain.from_iterable(rows[first : first + _AT_ONCE]))
                self._connection.execute(into + ", ".join([row] * _AT_ONCE), values)
            self._connection.executemany(into + row, rows[whole:])

    def update(self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Values]) -> None:
        if rows and columns:
            self.many(update_of(table, tuple(key), tuple(columns)), rows)

    def delete(self, table: str, key: Sequence[str], keys: Sequence[Values]) -> None:
        if keys:
            self.many(f"DELETE FROM {table} WHERE {keyed(tuple(key))}", keys)

    def transaction(self) -> AbstractContextManager[None]:
        return self._undone("BEGIN IMMEDIATE", "ROLLBACK", "COMMIT")

    def tidy(self) -> None:
        if written_ahead(self._file) > MOST_AHEAD:
            with _clean_errors():
                # Somebody who reads for long is not waited for; next time, then.
                self._connection.execute("PRAGMA busy_timeout = 100")
                self._connection.execute("PRAGMA main.wal_checkpoint(TRUNCATE)")
                self._connection.execute("PRAGMA busy_timeout = 10000")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with _clean_errors():
            self._connection.execute("BEGIN")
            try:
                self._connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def savepoint(self) -> AbstractContextManager[None]:
        return self._undone("SAVEPOINT part", "ROLLBACK TO part", "RELEASE part")

    @contextmanager
    def _undone(self, begin: str, undo: str, end: str) -> Iterator[None]:
        """What is done in between ends, or is undone when it raises."""
        with _clean_errors():
            self._connection.execute(begin)
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute(undo)
                raise
            self._connection.execute(end)

    def close(self) -> None:
        self._connection.close()


def written_ahead(file: Path) -> int:
    """Bytes in the write-ahead log of a file. It begins anew only when nobody reads from it."""
    try:
        return file.with_name(file.name + "-wal").stat().st_size
    except FileNotFoundError:
        return 0


def prepare_sqlite(connection: sqlite3.Connection) -> None:
    """Durable (an answer means disk), with foreign keys, and with deleted data overwritten."""
    kept = "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"
    for setting in (*kept, "wal_autocheckpoint = 10000", "cache_size = -65536", "busy_timeout = 10000"):
        connection.execute(f"PRAGMA {setting}")
