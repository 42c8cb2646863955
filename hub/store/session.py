"""The writing side: one synchronous session in one thread, speaking to the driver directly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from functools import lru_cache
from typing import Any

from hub.clock import micros, now

Values = Sequence[Any]

CHUNK = 2000
"""Rows that are read at a time where there may be many."""


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

    def pipeline(self) -> Any:
        """Statements whose answers are awaited at the end of the block, all at once; within a transaction.

        Whatever one of them raises may come with a later one, or at the end. Thousands of rows are inserted sooner
        outside of it; nothing is read in chunks in it.
        """
        return nullcontext()

    def each(self, *questions: tuple[Any, ...]) -> list[list[tuple[Any, ...]]]:
        """All rows of several statements, each given with its values, asked in one go and answered in this order."""
        return [self.all(*question) for question in questions]

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
def insert_of(table: str, columns: tuple[str, ...]) -> str:
    """An insertion of a row; parameters in the order of its columns."""
    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"


@lru_cache(maxsize=256)
def _upsert(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
    action = f"DO UPDATE SET {changes}" if columns else "DO NOTHING"
    return f"{insert_of(table, key + columns)} ON CONFLICT ({', '.join(key)}) {action}"


@lru_cache(maxsize=256)
def update_of(table: str, key: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """An update of the columns of a row that has a key; parameters in this order: key, columns."""
    changes = ", ".join(f"{name} = ${place}" for place, name in enumerate(columns, len(key) + 1))
    return f"UPDATE {table} SET {changes} WHERE {keyed(key)}"


@lru_cache(maxsize=256)
def keyed(key: tuple[str, ...]) -> str:
    """Whether a row has a key; parameters in its order."""
    return " AND ".join(f"{name} = ${place}" for place, name in enumerate(key, 1))
