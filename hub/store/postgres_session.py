"""Writing on PostgreSQL: one connection, through which rows go by COPY or as lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

from hub.errors import RetryLater, StorageFull
from hub.store.session import CHUNK, Session, Values, insert_of, keyed, update_of
from hub.store.sql import postgres_values

_FEW = 10
"""From so many rows on, one statement that takes them all as lists costs less than one for each (measured)."""


@contextmanager
def _clean_errors() -> Iterator[None]:
    """Storage trouble as the hub's own errors, so that no driver text travels further."""
    try:
        yield
    except psycopg.errors.DiskFull as error:
        raise StorageFull("The database's disk is full; nothing was stored.", after=5) from error
    except (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction) as error:
        # A lost connection, a restart, a deadlock: nothing was kept, and the same may go well in a moment.
        raise RetryLater("The database does not take writes right now.") from error


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
            while rows := cursor.fetchmany(CHUNK):
                yield rows

    def run(self, statement: str, *values: Any) -> int:
        with _clean_errors():
            return self._connection.execute(statement, postgres_values(values)).rowcount

    def many(self, statement: str, rows: Iterable[Values]) -> None:
        with _clean_errors(), self._connection.cursor() as cursor:
            cursor.executemany(statement, rows)

    def each(self, *questions: tuple[Any, ...]) -> list[list[tuple[Any, ...]]]:
        with self.pipeline():
            asked = [
                self._connection.execute(statement, postgres_values(values), binary=True)
                for statement, *values in questions
            ]
            return [cursor.fetchall() for cursor in asked]

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        if not rows:
            return
        if len(rows) < _FEW:
            self.many(insert_of(table, tuple(columns)), rows)
            return
        if self._connection.info.pipeline_status:
            # COPY would wait for each of its parts.
            given = self._given(table, columns)
            self.run(f"INSERT INTO {table} ({', '.join(columns)}) SELECT * FROM {given}", *zip(*rows, strict=True))
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
            self.many(update_of(table, tuple(key), tuple(columns)), rows)
            return
        changes = ", ".join(f"{name} = s.{name}" for name in columns)
        given = self._given(table, [*key, *columns])
        self.run(f"UPDATE {table} t SET {changes} FROM {given} WHERE {_matched(key)}", *zip(*rows, strict=True))

    def delete(self, table: str, key: Sequence[str], keys: Sequence[Values]) -> None:
        if not keys:
            return
        if len(keys) < _FEW:
            self.many(f"DELETE FROM {table} WHERE {keyed(tuple(key))}", keys)
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

    @contextmanager
    def pipeline(self) -> Iterator[None]:
        with _clean_errors(), self._connection.pipeline():
            yield

    def close(self) -> None:
        self._connection.close()
