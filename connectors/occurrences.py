"""Counting how often something was seen in a file, in memory that does not grow with it."""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import Self

CACHE_KIB = 4096


class Occurrences:
    """Tells exact copies apart: they are real rows, and need not stand next to each other.

    The counts stand in a private temporary database that spills to disk; names that begin alike stand together in
    it, so a file whose documents come one after the other touches few pages.
    """

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._seen.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._seen.execute("PRAGMA journal_mode = OFF")
        self._seen.execute("CREATE TABLE seen (name TEXT PRIMARY KEY, times INTEGER NOT NULL) WITHOUT ROWID")
        self._seen.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget all counts."""
        self._seen.close()

    def count(self, name: str) -> int:
        """How many times ``name`` was counted, this time included."""
        counted = self._seen.execute(
            "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times", (name,)
        )
        return int(counted.fetchone()[0])

    def numbered(self, name: str) -> str:
        """The name and how often it was counted: ``row/3f2a.../2`` is the second copy."""
        return f"{name}/{self.count(name)}"
