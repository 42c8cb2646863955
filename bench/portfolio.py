"""The whole portfolio reckoned anew: RFM, ABC, cohorts and a funnel of a million customers, beside DuckDB."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.measuring import POSTGRESQL, Bench, Figure
from hub.analysis import cohorts, funnel
from hub.analysis.portfolio import Asked, Portfolio
from hub.ingest.hub import Hub
from hub.journey.choices import CohortPeriod, CohortStart
from hub.journey.cut_offs import CUT_OFFS
from hub.registry import load_registry
from hub.settings import Company
from hub.store.engine import Store
from hub.store.filters import CustomerFilter, Span, TouchpointFilter
from hub.store.session import Session

if TYPE_CHECKING:
    from hub.store.reader import Snapshot

TIMES = 3.0
"""As long as DuckDB takes over a Parquet file of the same touchpoints, at most."""
DAYS = 730
LAST = 20_500
CUSTOMERS = CustomerFilter(relationships=("CUSTOMER",))
STEPS = [TouchpointFilter(kinds=(kind,)) for kind in ("email", "form", "invoice")]
_COMPANY = Company(name="Bench", currency="EUR", country="DE")
_KINDS = ("invoice", "email", "email", "form", "page_view")
_DAY = 86_400_000_000
_KEPT = ("touchpoint_timeline", "touchpoint_kind")
"""The indexes of touchpoints that analyses use; the others would take long to fill."""


async def measure(bench: Bench) -> list[Figure]:
    """On each database, and RFM beside DuckDB where that is installed."""
    customers = 100_000 if bench.quick else 1_000_000
    figures = []
    for database in bench.databases:
        address = bench.fresh(database)
        async with await Hub.open(address, load_registry(), _COMPANY):
            pass
        began = time.perf_counter()
        await asyncio.to_thread(_fill, address, customers, database)
        bench.say(f"  {database}: {customers:,} customers, {customers * 10:,} touchpoints in {_since(began):.0f} s")
        figures += await _on(bench, database, address, customers)
    return figures


async def _on(bench: Bench, database: str, address: str, customers: int) -> list[Figure]:
    with closing(Store.at(address)) as store:
        reader = store.reader()
        try:
            seconds: dict[str, float] = {}
            for name, work in _WORKS.items():
                _forget_peak()
                async with reader.snapshot() as snapshot:
                    began = time.perf_counter()
                    told = await work(snapshot)
                    seconds[name] = _since(began)
                bench.say(f"  {database}: {name} {seconds[name]:.2f} s, {_peak()} MB at most: {told}")
            bench.chart(f"Seconds for {customers:,} customers, {database}", seconds, "s")
            beside = await _duckdb(bench, reader, seconds["RFM, ABC"])
        finally:
            await reader.close()
    most = Figure(f"in all, {database}", sum(seconds.values()), customers / 10_000, "s", at_most=True)
    if beside is None:
        return [most]
    return [most, Figure(f"RFM and ABC over DuckDB on Parquet, {database}", beside, TIMES, "x", at_most=True)]


async def _scores(snapshot: Snapshot) -> str:
    held = Portfolio(snapshot, Asked(customers=CUSTOMERS, days=Span(), today=LAST))
    cells, classes = await held.rfm(), await held.classes(CUT_OFFS)
    best = cells[0].customers
    return f"{sum(each.members for each in classes):,} buyers, A {classes[0].members:,}, best of both scores {best:,}"


async def _places(snapshot: Snapshot) -> str:
    found = await Portfolio(snapshot, Asked(customers=CUSTOMERS, days=Span(), today=LAST)).places()
    return f"{len(found)} places, {sum(each.customers for each in found):,} customers"


async def _cohorts(snapshot: Snapshot) -> str:
    asked = cohorts.Asked(
        start=CohortStart.FIRST_PURCHASE, period=CohortPeriod.MONTH, fiscal_start=1, began=Span(), most=12,
        customers=CUSTOMERS,
    )  # fmt: skip
    found = await cohorts.cohorts(snapshot, asked)
    return f"{len(found.cohorts)} cohorts of {sum(each.size for each in found.cohorts):,}"


async def _funnel(snapshot: Snapshot) -> str:
    found = await funnel.of_steps(snapshot, STEPS, None, CUSTOMERS)
    return " > ".join(f"{each.customers:,}" for each in found)


_WORKS: dict[str, Callable[[Any], Awaitable[str]]] = {
    "RFM, ABC": _scores,
    "stage by standing": _places,
    "cohorts": _cohorts,
    "funnel of three steps": _funnel,
}


# The hub ----------------------------------------------------------------------------------------------------------


def _fill(address: str, customers: int, database: str) -> None:
    """Rows that look like a hub's, made by the database itself: the same at every call, on both databases."""
    touchpoints = customers * 10
    with closing(Store.at(address)) as store, closing(store.projection()) as session:
        saved = _drop_indexes(session, database)
        for step in (_TOUCHPOINTS, _CUSTOMERS, _PURCHASES):
            with session.transaction():
                session.run(step, *([customers, touchpoints] if step is _TOUCHPOINTS else []))
        for statement in saved:
            with session.transaction():
                session.run(statement)
        if database == POSTGRESQL:  # as a server does by itself in time
            with session.transaction():
                session.run("ANALYZE")


def _drop_indexes(session: Session, database: str) -> list[str]:
    """Drop the indexes of touchpoints; the answer makes those again that are wanted."""
    if database == POSTGRESQL:
        schema = f"projection_{session.projection_set}"
        rows = session.all(
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = $1 AND tablename = 'touchpoint'"
            " AND indexdef NOT LIKE '%UNIQUE%'",
            schema,
        )
    else:
        rows = session.all(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'touchpoint' AND sql LIKE 'CREATE INDEX%'"
        )
    with session.transaction():
        for name, _ in rows:
            session.run(f"DROP INDEX {name}")
    return [statement for name, statement in rows if name in _KEPT]


_SERIES = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {0})"
_MIXED = "((i * 2654435761 + {0}) % 4294967291)"
_WHO = (
    # Two in three customers buy, so that purchases are of fewer hands than touches.
    f"1 + CASE WHEN i % 5 = 0 THEN {_MIXED.format(17)} % ($1::bigint * 68 / 100)"
    f" ELSE {_MIXED.format(29)} % $1::bigint END"
)
_AT = f"({LAST - DAYS} * {_DAY} + {_MIXED.format(43)} % ({DAYS} * 86400) * 1000000)"
_KIND = " ".join(f"WHEN {place} THEN '{kind}'" for place, kind in enumerate(_KINDS))
_TOUCHPOINTS = (
    _SERIES.format("$2::bigint")
    + " INSERT INTO touchpoint (num, id, source, record, heard, kind, channel, direction, automated, historical,"
    " occurred_at, occurred_on, time_precision, recorded_at, title, properties, gave_id, digest, customer, amount,"
    f" currency) SELECT i, 'tp_' || (1000000000 + i), 1, i, i, CASE i % 5 {_KIND} END, 'EMAIL', 'INBOUND', FALSE, TRUE,"
    f" {_AT}, '2026-01-01', 'INSTANT', {_AT}, 'Something of thirty characters or so',"
    ' \'{"number": "INV-1000", "fields": {"question": "When does it come?"}}\', FALSE, \'d1fa5c0e\','
    f" {_WHO}, CASE WHEN i % 5 = 0 THEN 500 + {_MIXED.format(71)} % 20000 END, 'EUR' FROM n"
)
_CUSTOMERS = (
    "INSERT INTO customer (num, id, kind, relationship, display_name, display_name_masked, name, name_key, touchpoints,"
    " first_touch_at, last_touch_at, stage, standing, revenue, currency)"
    " SELECT customer, 'cus_' || (1000000000 + customer), 'PERSON', 'CUSTOMER', 'Person of Family', 'P••• F•••',"
    " 'Person of Family', 'person of family', count(*), min(occurred_at), max(occurred_at),"
    " CASE WHEN sum(amount) IS NULL THEN 'LEAD' ELSE 'CUSTOMER' END,"
    " CASE customer % 3 WHEN 0 THEN 'ACTIVE' WHEN 1 THEN 'AT_RISK' ELSE 'LAPSED' END, coalesce(sum(amount), 0), 'EUR'"
    " FROM touchpoint GROUP BY customer ORDER BY customer"
)
_PURCHASES = (
    "INSERT INTO purchase (customer, touchpoint, at, day, amount, currency, converted)"
    f" SELECT customer, num, occurred_at, occurred_at / {_DAY}, amount, currency, amount"
    " FROM touchpoint WHERE kind = 'invoice' ORDER BY customer, num"
)


# Beside it --------------------------------------------------------------------------------------------------------


async def _duckdb(bench: Bench, reader: Any, ours: float) -> float | None:
    """How many times as long the hub takes as DuckDB over Parquet; None where that is not installed."""
    if any(importlib.util.find_spec(each) is None for each in ("duckdb", "pyarrow")):
        bench.say("  DuckDB or pyarrow is not installed: RFM is not compared (pip install duckdb pyarrow)")
        return None
    import duckdb
    import numpy as np
    import pyarrow as pa
    from pyarrow import parquet

    file = bench.folder() / "touchpoints.parquet"
    writer = None
    async with reader.snapshot() as snapshot:
        after = 0
        while rows := await snapshot.all(
            "SELECT num, customer, occurred_at, CASE WHEN kind = 'invoice' THEN 1 ELSE 0 END, coalesce(amount, 0)"
            " FROM touchpoint WHERE num > $1::bigint ORDER BY num LIMIT 200000",
            after,
        ):
            columns = np.array([tuple(row) for row in rows], np.int64).T
            after = int(columns[0, -1])
            table = pa.table(dict(zip(("num", "customer", "moment", "bought", "amount"), columns, strict=True)))
            writer = writer or parquet.ParquetWriter(file, table.schema)
            writer.write_table(table)
    if writer is not None:
        writer.close()

    def theirs() -> float:
        began = time.perf_counter()
        with duckdb.connect() as connection:
            connection.execute(
                "CREATE TEMP TABLE b AS SELECT customer, sum(amount) AS spent, count(*) AS often,"
                f" {LAST} - max(moment) // {_DAY} AS days FROM '{file}' WHERE bought = 1 GROUP BY customer"
            )
            connection.execute(
                "SELECT r, f, count(*), sum(spent) FROM (SELECT spent, ntile(5) OVER (ORDER BY days DESC) AS r,"
                " ntile(5) OVER (ORDER BY often) AS f, ntile(5) OVER (ORDER BY spent) AS m,"
                " sum(spent) OVER (ORDER BY spent DESC) AS until FROM b) GROUP BY r, f"
            ).fetchall()
        return _since(began)

    seconds = min([await asyncio.to_thread(theirs) for _ in range(3)])
    bench.say(f"  DuckDB over Parquet, the same: {seconds:.2f} s")
    return ours / seconds


def _since(began: float) -> float:
    return time.perf_counter() - began


def _forget_peak() -> None:
    """Have the system forget how much memory was used at most; where it cannot, the peak is that of everything."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _peak() -> int:
    """Megabytes used at most since then, by this process alone."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) // 1024 if found else 0
