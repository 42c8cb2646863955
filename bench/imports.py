"""Real data through the real connectors: what arrives, how fast, and how much memory it takes."""

from __future__ import annotations

import asyncio
import csv
import resource
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from bench.measuring import Bench, Figure
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.settings import Company

COMPANY = Company(name="Bench", currency="GBP", time_zone="UTC", country="US")
UCI_COLUMNS = {
    "number": "InvoiceNo", "date": "InvoiceDate", "contact": "CustomerID", "sku": "StockCode",
    "description": "Description", "quantity": "Quantity", "unit_price": "UnitPrice", "country": "Country",
}  # fmt: skip
LEDGER = {"columns": UCI_COLUMNS, "credit_note_prefix": "C", "currency": "GBP", "date_format": "%Y-%m-%d %H:%M:%S"}


@dataclass(frozen=True)
class Import:
    """What one import came to. Rates are rows each second, from the first row to the last processed."""

    name: str
    rows: int
    accepted: float
    processed: float
    facts: dict[str, Any]

    def line(self) -> str:
        """The import as one line."""
        facts = " ".join(f"{name}={value}" for name, value in self.facts.items())
        return (
            f"{self.name}: {self.rows} rows, accepted in {self.accepted:.1f} s ({self.rows / self.accepted:,.0f}/s), "
            f"processed after {self.processed:.1f} s ({self.rows / self.processed:,.0f}/s) | {facts} | "
            f"peak {peak_mb()} MB"
        )


def peak_mb() -> int:
    """The most memory this process ever held, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


async def pull(hub: Hub, source: str) -> tuple[int, float, float]:
    """Pull a source to its end: rows received, seconds until accepted, seconds until processed."""
    began = time.perf_counter()
    run = await hub.sync(source)
    await hub.pulled(source)
    accepted = time.perf_counter() - began
    async with hub.reader.snapshot() as snapshot:
        last = await snapshot.value("SELECT value FROM sequence WHERE id = 1")
        received, state, error = tuple(await snapshot.one("SELECT received, state, error FROM run WHERE id = $1", run))
    if state != "OK":
        raise SystemExit(f"{source}: {state} {error}")
    while not await hub.wait(last, 60):
        pass
    return int(received), accepted, time.perf_counter() - began


async def value(hub: Hub, statement: str, *values: Any) -> Any:
    """One value from the hub."""
    async with hub.reader.snapshot() as snapshot:
        return await snapshot.value(statement, *values)


OF_SOURCE = "FROM touchpoint WHERE source = (SELECT num FROM source WHERE id = $1)"
TOUCHPOINTS = f"SELECT count(*) {OF_SOURCE}"
CUSTOMERS = f"SELECT count(DISTINCT customer) {OF_SOURCE}"
PROBLEMS = "SELECT count(*) FROM problem p JOIN source s ON s.num = p.source WHERE s.id = $1"
NET = f"SELECT sum(CASE WHEN kind = 'credit_note' THEN -amount ELSE amount END) {OF_SOURCE} AND retracted_at IS NULL"


def write_uci(data: Path, target: Path, keep: Callable[[str], bool] = lambda _: True, most: int | None = None) -> Path:
    """The UCI ledger, or its first rows, as CSV; ``keep`` chooses rows by their time (ISO text)."""
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(data / "orders" / "online_retail_2010_2011.parquet")
    with target.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(
            ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
        )
        rows = (row for batch in file.iter_batches(batch_size=20_000) for row in batch.to_pylist())
        for row in islice(rows, most):
            at = str(row["InvoiceDate"])
            if keep(at):
                customer = row["CustomerID"]
                writer.writerow([
                    row["InvoiceNo"], row["StockCode"], row["Description"] or "", row["Quantity"], at,
                    row["UnitPrice"], "" if customer is None else str(customer).removesuffix(".0"), row["Country"],
                ])  # fmt: skip
    return target


async def uci(hub: Hub, data: Path, folder: Path) -> AsyncIterator[Import]:
    """541,909 ledger lines, then the same again."""
    file = await asyncio.to_thread(write_uci, data, folder / "uci.csv")
    source = (await hub.create_source("UCI", "accounting.csv", LEDGER | {"path": str(file)})).ids[0]
    for name in ("uci", "uci again"):
        if name == "uci again":
            with file.open("ab") as out:
                out.write(b"\n")
        rows, accepted, processed = await pull(hub, source)
        yield Import(
            name, rows, accepted, processed,
            {
                "documents": await value(hub, TOUCHPOINTS, source),
                "lines": await value(hub, "SELECT count(*) FROM line_item"),
                "customers": await value(hub, "SELECT count(*) FROM customer"),
                "net": await value(hub, NET, source),
                "problems": await value(hub, "SELECT count(*) FROM problem"),
            },
        )  # fmt: skip


async def mails(hub: Hub, data: Path, folder: Path) -> AsyncIterator[Import]:
    """1,155 real mails."""
    total = 0
    for kind in sorted(path.name for path in (data / "email" / "spamassassin").iterdir() if path.is_dir()):
        settings = {"path": str(data / "email" / "spamassassin" / kind), "own_addresses": ["zzzzteana@example.com"]}
        source = (await hub.create_source(f"Mail {kind}", "email.mailbox", settings)).ids[0]
        rows, accepted, processed = await pull(hub, source)
        total += rows
        yield Import(
            f"mails {kind}", rows, accepted, processed,
            {
                "touchpoints": await value(hub, TOUCHPOINTS, source),
                "problems": await value(hub, PROBLEMS, source),
                "total": total,
            },
        )  # fmt: skip


CRM = {
    "email": {"kind": "email", "channel": "EMAIL"},
    "webform": {"kind": "form", "channel": "WEB"},
    "accounting": {"kind": "invoice", "channel": "ACCOUNTING"},
    "social": {"kind": "mention", "channel": "SOCIAL"},
}


def crm_settings(path: Path, source: str) -> dict[str, Any]:
    """The mapping of one of the four sources in crm_mix."""
    return CRM[source] | {
        "path": str(path), "direction": "INBOUND", "where": {"source": source}, "occurred_on": "2026-01-31",
        "columns": {"key": "record_id", "name": "full_name", "email": "email", "phone": "phone", "handle": "handle",
                    "street": "street", "postcode": "zip", "city": "city", "birthday": "date_of_birth"},
        "birthday_format": "%m/%d/%Y", "region": "US", "network": "x",
    }  # fmt: skip


def pairwise(truth: dict[str, str], found: dict[str, str]) -> tuple[float, float]:
    """Precision and recall over pairs of records put together."""

    def pairs(groups: dict[Any, int]) -> int:
        return sum(size * (size - 1) // 2 for size in groups.values())

    def sizes(keys: list[Any]) -> dict[Any, int]:
        counted: dict[Any, int] = {}
        for key in keys:
            counted[key] = counted.get(key, 0) + 1
        return counted

    both = pairs(sizes([(truth[record], found[record]) for record in truth]))
    return both / pairs(sizes([found[r] for r in truth])), both / pairs(sizes([truth[r] for r in truth]))


async def crm_mix(hub: Hub, data: Path, folder: Path) -> AsyncIterator[Import]:
    """7,752 touchpoints of 2,500 people from four sources."""
    file = data / "er" / "crm_mix.csv"
    ids = []
    rows = accepted = processed = 0.0
    for kind in CRM:
        ids.append((await hub.create_source(f"CRM {kind}", "generic.csv", crm_settings(file, kind))).ids[0])
        one = await pull(hub, ids[-1])
        rows, accepted, processed = rows + one[0], accepted + one[1], processed + one[2]
    precision, recall, alone = await crm_judged(hub, file)
    f1 = 2 * precision * recall / (precision + recall)
    yield Import(
        "crm_mix", int(rows), accepted, processed,
        {"precision": f"{precision:.4f}", "recall": f"{recall:.4f}", "f1": f"{f1:.4f}", "nobody's": alone},
    )  # fmt: skip


async def crm_judged(hub: Hub, file: Path) -> tuple[float, float, int]:
    """Pairwise precision and recall of the customers of crm_mix, and how many touchpoints are nobody's."""
    with file.open(encoding="utf-8", newline="") as lines:
        truth = {row["record_id"]: row["truth"] for row in csv.DictReader(lines)}
    found = {record: record for record in truth}
    async with hub.reader.snapshot() as snapshot:
        for key, customer in await snapshot.all(
            "SELECT r.key, t.customer FROM touchpoint t JOIN record r ON r.number = t.record "
            "JOIN source s ON s.num = t.source WHERE s.name LIKE 'CRM %' AND t.customer IS NOT NULL"
        ):
            found[key] = f"customer {customer}"
    return *pairwise(truth, found), sum(1 for record, customer in found.items() if record == customer)


def write_chinook(data: Path, target: Path) -> Path:
    """Chinook's invoices as a ledger export, one line per row."""
    with (
        sqlite3.connect(data / "accounting_db" / "Chinook_Sqlite.sqlite") as base,
        target.open("w", newline="", encoding="utf-8") as out,
    ):
        rows = base.execute(
            "SELECT i.InvoiceId, date(i.InvoiceDate), c.CustomerId, c.FirstName || ' ' || c.LastName, "
            "c.Company, c.Email, c.Phone, i.BillingCountry, "
            "l.InvoiceLineId, t.Name, l.TrackId, l.Quantity, l.UnitPrice "
            "FROM Invoice i JOIN Customer c USING (CustomerId) JOIN InvoiceLine l USING (InvoiceId) "
            "JOIN Track t USING (TrackId) ORDER BY l.InvoiceLineId"
        )
        writer = csv.writer(out)
        writer.writerow(
            "number date contact name company email phone country line description sku quantity unit_price".split()
        )
        writer.writerows(rows)
    base.close()
    return target


async def chinook(hub: Hub, data: Path, folder: Path) -> AsyncIterator[Import]:
    """412 invoices of 59 people."""
    file = await asyncio.to_thread(write_chinook, data, folder / "chinook.csv")
    names = "number date contact name email phone country line description sku quantity unit_price".split()
    settings = {"path": str(file), "columns": {name: name for name in names}, "contact_is": "PERSON", "currency": "USD"}
    source = (await hub.create_source("Chinook", "accounting.csv", settings)).ids[0]
    rows, accepted, processed = await pull(hub, source)
    yield Import(
        "chinook", rows, accepted, processed,
        {
            "invoices": await value(hub, TOUCHPOINTS, source),
            "customers": await value(hub, CUSTOMERS, source),
            "net": await value(hub, NET, source),
        },
    )  # fmt: skip


IMPORTS: dict[str, Callable[[Hub, Path, Path], AsyncIterator[Import]]] = {
    "uci": uci, "mails": mails, "crm_mix": crm_mix, "chinook": chinook,
}  # fmt: skip
QUICK = ("crm_mix", "chinook")
GOALS = {"uci": 2000, "uci again": 15_000, "crm_mix": 700, "chinook": 1300}
"""Rows a second until processed: half of what docs/measured.md has of the slower database, so that a fall is seen."""


async def measure(bench: Bench) -> list[Figure]:
    """Every import into one hub on each database; a quick run takes the small ones."""
    if (data := bench.data()) is None:
        return [Figure(name, None, goal, " rows/s") for name, goal in GOALS.items()]
    figures, bars = [], {}
    for database in bench.databases:
        async with await Hub.open(bench.fresh(database), load_registry(), COMPANY) as hub:
            for name in QUICK if bench.quick else IMPORTS:
                async for done in IMPORTS[name](hub, data, bench.folder()):
                    bench.say(f"{database}, {done.line()}")
                    rate = bars[f"{done.name}, {database}"] = done.rows / done.processed
                    if done.name in GOALS:
                        figures.append(Figure(f"{done.name}, {database}", rate, GOALS[done.name], " rows/s"))
    bench.chart("Rows a second until processed", bars)
    return figures
