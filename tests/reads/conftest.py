"""A hub that is written to no more, in which time stands still."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest

from hub.api import context
from hub.clock import now
from hub.store.postgres_reader import _PostgresSnapshot
from hub.store.reader import Rows, Snapshot, _SqliteSnapshot
from hub.store.sql import Query
from tests.api.conftest import Served, served
from tests.reads.hostile import fill
from tests.reads.pool import pool
from tests.reads.values import Pool


@pytest.fixture(scope="module")
def filled(module_address: str) -> Iterator[tuple[Served, Pool]]:
    """The hub, and what it has."""
    with served(module_address) as service:
        fill(service)
        yield service, pool(service)


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of answers stands still: ages and days left are the same both ways."""
    at = now()
    monkeypatch.setattr(context, "now", lambda: at)


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A statement that a database refuses is told, where a served hub would go the ordinary way: but for one in which
    the condition of a filter makes it too deep for SQLite."""

    async def attempt(self: Snapshot, query: Query) -> Rows | None:
        try:
            return await self.query(query)
        except sqlite3.OperationalError as error:
            if str(error) != "parser stack overflow":
                raise
            return None

    for kind in (_PostgresSnapshot, _SqliteSnapshot):
        monkeypatch.setattr(kind, "attempt", attempt)
