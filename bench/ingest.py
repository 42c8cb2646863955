"""Bulk ingest, durable and whole, against inserting the same final rows with every index, in as many transactions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import MetaData

from bench.measuring import POSTGRESQL, SQLITE, Bench, Figure, in_turn, ratio
from bench.stream import bare, deliveries
from hub.store.engine import Store
from hub.store.projection import PROJECTION
from hub.store.session import Session
from hub.store.sqlite_session import SqliteSession
from hub.store.truth import TRUTH

GOALS = {SQLITE: 0.40, POSTGRESQL: 0.28}
TOGETHER = 1000
"""Deliveries in a transaction."""

Rows = dict[str, tuple[list[str], list[tuple[Any, ...]]]]
"""Columns and rows by table, in the order of their keys."""


async def measure(bench: Bench) -> list[Figure]:
    count = 10_000 if bench.quick else 150_000
    figures = []
    speeds: dict[str, float] = {}
    for database in bench.databases:
        final: list[tuple[Rows, Rows]] = []

        async def whole(database: str = database, final: list[tuple[Rows, Rows]] = final) -> float:
            return await asyncio.to_thread(_whole, bench.fresh(database), count, final)

        async def rows_alone(database: str = database, final: list[tuple[Rows, Rows]] = final) -> float:
            return await asyncio.to_thread(_rows_alone, bench.fresh(database), *final[-1], count)

        rounds = await in_turn({"whole": whole, "rows alone": rows_alone}, 1 if bench.quick else 3)
        seconds = {name: sorted(each)[len(each) // 2] for name, each in rounds.items()}
        speeds |= {f"{database}, {name}": count / each for name, each in seconds.items()}
        share = ratio(rounds["rows alone"], rounds["whole"])
        figures.append(Figure(f"of inserting the same rows, {database}", share, GOALS[database]))
    bench.chart(f"Deliveries a second, {TOGETHER:,} in a transaction", speeds)
    bench.say(f"{count:,} deliveries")
    return figures


def _whole(address: str, count: int, final: list[tuple[Rows, Rows]]) -> float:
    """Seconds for accepting and processing everything; what it wrote is added to ``final``."""
    hub = bare(address)
    together = _parts(list(deliveries(count)))
    started = time.perf_counter()
    hub.accept(together[0])
    for part in together[1:]:
        hub.accept(part)  # as in an import: while a batch is processed, the next has been accepted
        hub.processor.run(TOGETHER)
    while hub.processor.run(TOGETHER):
        pass
    hub.rest()
    taken = time.perf_counter() - started
    final[:] = [(_rows(hub.truth, TRUTH), _rows(hub.projection, PROJECTION))]
    hub.close()
    return taken


def _rows_alone(address: str, truth: Rows, projection: Rows, count: int) -> float:
    """Seconds for writing the rows into empty tables with all indexes, by ``executemany`` or binary COPY."""
    store = Store.at(address)
    sessions = (store.truth(), truth), (store.projection(), projection)
    transactions = -(-count // TOGETHER)
    for session, rows in sessions:
        with session.transaction():
            for table in reversed(rows):
                session.run(f"DELETE FROM {table}")
    started = time.perf_counter()
    for place in range(transactions):
        for session, rows in sessions:
            with session.transaction():
                for table, (columns, held) in rows.items():
                    # What records refer to comes first: sources and runs are few.
                    share = max(-(-len(held) // transactions), TOGETHER // 10)
                    first, last = place * share, (place + 1) * share
                    _insert(session, table, columns, held[first:last])
    taken = time.perf_counter() - started
    for session, _ in sessions:
        session.close()
    store.close()
    return taken


def _insert(session: Session, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """As fast as the driver can."""
    if isinstance(session, SqliteSession):
        places = ", ".join("?" * len(columns))
        session.many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)
    else:
        session.insert(table, columns, rows)


def _rows(session: Session, schema: MetaData) -> Rows:
    """All rows of all tables."""
    found: Rows = {}
    for table in schema.sorted_tables:
        name, columns = table.name, [column.name for column in table.columns]
        keys = ", ".join(column.name for column in table.primary_key.columns)
        found[name] = columns, session.all(f"SELECT {', '.join(columns)} FROM {name} ORDER BY {keys}")
    return found


def _parts(given: Sequence[Any]) -> list[Sequence[Any]]:
    return [given[at : at + TOGETHER] for at in range(0, len(given), TOGETHER)]
