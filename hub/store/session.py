"""The writing side: one synchronous session in one thread, speaking to the driver directly."""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from hub.clock import micros, now
from hub.errors import RetryLater, StorageFull
from hub.store.sql import for_sqlite, postgres_values, sqlite_values

Values = Sequence[Any]

_CHUNK = 2000

MOST_AHEAD = 64 * 1024 * 1024
"""Bytes of a write-ahead log that are worth a pause."""
_FEW = 10
"""From so many rows on, one statement that takes them all as lists costs less than one for each (measured)."""
_AT_ONCE = 50
"""Rows that one statement of SQLite inserts: at each statement a thread may have to wait for the interpreter."""
_STATEMENTS = 512
"""Statements that stay prepared. A batch has about 250, in the same order each time: of fewer, none would be found."""
_FULL = ("disk is full", "readonly database", "disk I/O error", "unable to open database file")


class Session(ABC):
    """Statements on one connection, in one thread. A transaction is opened by ``with session.transaction():``."""

    sparing = False
    """Whether an update does well to name only those indexed columns that differ."""
    projection_set = 0
    """The number of the projection set that unqualified names are looked up in; 0 for truth alone."""

    @abstractmethod
    def all(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows of a statement."""

    @abstractmethod
    def chunks(self, statement: str, *values: Any) -> Iterator[list[tuple[Any, ...]]]:
        """The rows of a statement, some at a time, however many there are; within a transaction."""

    @abstractmethod
    def run(self, statement: str, *values: Any) -> int:
        """Run a statement; the answer is the number of rows it touched."""

    @abstractmethod
    def many(self, statement: str, rows: Iterable[Values]) -> None:
        """Run a statement once for each row of values."""

    @abstractmethod
    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        """Insert new rows; none may exist already."""

    @abstractmethod
    def update(self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Values]) -> None:
        """Set ``columns`` of the rows that have a key; values come key columns first, then ``columns``."""

    @abstractmethod
    def delete(self, table: str, key: Sequence[str], keys: Sequence[Values]) -> None:
        """Remove rows by their keys."""

    @abstractmethod
    def transaction(self) -> Any:
        """A transaction: committed at the end of the block, rolled back when it raises."""

    @abstractmethod
    def snapshot(self) -> Any:
        """What the database holds at one moment, for reading at length while others write."""

    @abstractmethod
    def savepoint(self) -> Any:
        """A part of a transaction that is undone alone when it raises."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    def instant(self) -> int:
        """Microseconds since 1970 by the one clock of all that write here; not of when a transaction began."""
        return micros(now())

    @abstractmethod
    def tidy(self) -> None:
        """Between transactions: give back room that the database keeps for what was written."""

    def one(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        rows = self.all(statement, *values)
        return rows[0] if rows else None

    def value(self, statement: str, *values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self.one(statement, *values)
        return row[0] if row else None

    def among(self, statement: str, held: Iterable[Any]) -> list[tuple[Any, ...]]:
        """All rows of a statement whose only value is a list to look in. For an empty one the database is not asked."""
        values = list(held)
        return self.all(statement, values) if values else []

    def upsert(self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Values]) -> None:
        """Insert rows (key columns first, then ``columns``), or replace ``columns`` where the key exists."""
        if rows:
            self.many(_upsert(table, tuple(key), tuple(columns)), rows)


@lru_cache(maxsize=256)
def _upsert(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    names = key + columns
    places = ", ".join(f"${position}" for position in range(1, len(names) + 1))
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    action = f"DO UPDATE SET {changes}" if columns else "DO NOTHING"
    return f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}) ON CONFLICT ({', '.join(key)}) {action}"


@lru_cache(maxsize=256)
def _update(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, len(key) + 1))
    return f"UPDATE {table} SET {changes} WHERE {_keyed(key)}"


@lru_cache(maxsize=256)
def _keyed(key: tuple[str, ...]) -> str:
    return " AND ".join(f"{name} = ${place}" for place, name in enumerate(key, 1))


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
    except psycopg.errors.DiskFull as error:
        raise StorageFull("The database's disk is full; nothing was stored.", after=5) from error
    except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction) as error:
        # A lost connection, a restart, a deadlock: nothing was kept, and the same may go well in a moment.
        raise RetryLater("The database does not take writes right now.") from error


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
            while rows := cursor.fetchmany(_CHUNK):
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
            self.many(_update(table, tuple(key), tuple(columns)), rows)

    def delete(self, table: str, key: Sequence[str], keys: Sequence[Values]) -> None:
        if keys:
            self.many(f"DELETE FROM {table} WHERE {_keyed(tuple(key))}", keys)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with _clean_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

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

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        with _clean_errors():
            self._connection.execute("SAVEPOINT part")
            try:
                yield
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK TO part")
                raise
            self._connection.execute("RELEASE part")

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


def _matched(key: Sequence[str]) -> str:
    return " AND ".join(f"t.{name} = s.{name}" for name in key)


class PostgresSession(Session):
    """A session on one PostgreSQL connection; table names are found through the search path.

    A lost connection is opened again by the next transaction, never within one.
    """

    def __init__(self, url: str, search_path: str) -> None:
        self._url = url
        self._search_path = search_path
        self._types: dict[tuple[str, tuple[str, ...]], list[str]] = {}
        with _clean_errors():
            self._connection = self._open()

    def _open(self) -> psycopg.Connection[tuple[Any, ...]]:
        connection = psycopg.connect(self._url, autocommit=True, cursor_factory=psycopg.RawCursor, connect_timeout=10)
        connection.execute(f"SET search_path = {self._search_path}")
        # Else rows of a batch are found by reading whole tables, which takes three times as long: pages seem far away.
        # And what waits is read through for each row, if its table was empty when it was counted last: four times.
        connection.execute("SET random_page_cost = 1.1; SET enable_material = off")
        # A machine that dies says nothing: asked and silent for 25 s, its locks are given to others.
        alive = "idle = 10", "interval = 5", "count = 3"
        connection.execute("; ".join(f"SET tcp_keepalives_{setting}" for setting in alive))
        return connection

    def all(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with _clean_errors():
            # In binary form payloads do not come as twice as many hexadecimal digits.
            return self._connection.execute(statement, postgres_values(values), binary=True).fetchall()

    def chunks(self, statement: str, *values: Any) -> Iterator[list[tuple[Any, ...]]]:
        with _clean_errors(), psycopg.RawServerCursor(self._connection, "chunks") as cursor:
            cursor.execute(statement, postgres_values(values))
            while rows := cursor.fetchmany(_CHUNK):
                yield rows

    def run(self, statement: str, *values: Any) -> int:
        with _clean_errors():
            return self._connection.execute(statement, postgres_values(values)).rowcount

    def many(self, statement: str, rows: Iterable[Values]) -> None:
        with _clean_errors(), self._connection.cursor() as cursor:
            cursor.executemany(statement, rows)

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        if not rows:
            return
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
        types = self._types_of(table, tuple(columns))
        with _clean_errors(), self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            copy.set_types(types)
            for row in rows:
                copy.write_row(row)

    def _types_of(self, table: str, columns: tuple[str, ...]) -> list[str]:
        """The types of columns, which the binary form of COPY must be told."""
        known = self._types.get((table, columns))
        if known is None:
            rows = self.all(
                "SELECT a.attname, t.typname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
                "WHERE a.attrelid = $1::text::regclass AND a.attnum > 0",
                table,
            )
            by_name = dict(rows)
            known = self._types[table, columns] = [by_name[column] for column in columns]
        return known

    def update(self, table: str, key: Sequence[str], columns: Sequence[str], rows: Sequence[Values]) -> None:
        if not rows or not columns:
            return
        if len(rows) < _FEW:
            self.many(_update(table, tuple(key), tuple(columns)), rows)
            return
        changes = ", ".join(f"{name} = s.{name}" for name in columns)
        given = self._given(table, [*key, *columns])
        self.run(f"UPDATE {table} t SET {changes} FROM {given} WHERE {_matched(key)}", *zip(*rows, strict=True))

    def delete(self, table: str, key: Sequence[str], keys: Sequence[Values]) -> None:
        if not keys:
            return
        if len(keys) < _FEW:
            self.many(f"DELETE FROM {table} WHERE {_keyed(tuple(key))}", keys)
            return
        given = self._given(table, key)
        self.run(f"DELETE FROM {table} t USING {given} WHERE {_matched(key)}", *zip(*keys, strict=True))

    def _given(self, table: str, columns: Sequence[str]) -> str:
        """Rows that come as a list for each of these columns, as a table ``s``."""
        types = self._types_of(table, tuple(columns))
        lists = ", ".join(f"${place}::{type_}[]" for place, type_ in enumerate(types, 1))
        return f"unnest({lists}) AS s ({', '.join(columns)})"

    def instant(self) -> int:
        return int(self.value("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"))

    def tidy(self) -> None:
        """Nothing: the server does it by itself."""

    @contextmanager
    def transaction(self) -> Iterator[None]:
        try:
            with _clean_errors():
                if self._connection.closed:
                    self._connection = self._open()
                with self._connection.transaction():
                    yield
        except RetryLater as trouble:
            if isinstance(trouble.__cause__, psycopg.errors.ReadOnlySqlTransaction):
                # A standby, or a database made read-only: another connection may find one that is not.
                self._connection.close()
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        with _clean_errors():
            self._connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                self._connection.execute("SELECT 1")
                yield
            finally:
                if not self._connection.closed:
                    self._connection.execute("ROLLBACK")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        with _clean_errors(), self._connection.transaction():
            yield

    def close(self) -> None:
        self._connection.close()
