"""A hub filled through the sheets of four sources, as `hub import` does it."""

from __future__ import annotations

import asyncio
import csv
import random
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hub.ingest.hub import Hub

KINDS = (("invoice", "ACCOUNTING"), ("email", "EMAIL"), ("form", "WEB"), ("mention", "SOCIAL"))


def write_sheets(folder: Path, customers: int, each: int) -> list[tuple[str, str, Path]]:
    """One sheet for each kind: together ``each`` touchpoints for each customer. The same at every call."""
    pick = random.Random(7)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    sheets = []
    for kind, channel in KINDS:
        file = folder / f"{kind}.csv"
        with file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["key", "time", "name", "email", "phone", "title", "amount"])
            for number in range(customers * each // len(KINDS)):
                person = number % customers
                at = start + timedelta(minutes=pick.randrange(60 * 24 * 650))
                amount = f"{pick.randrange(100, 90_000) / 100:.2f}" if kind == "invoice" else ""
                writer.writerow([
                    number, at.isoformat(), f"Person{person} Family{person}", f"person{person}@mail.example",
                    f"+8801711{person:06}", f"{kind} number {number}", amount,
                ])  # fmt: skip
        sheets.append((kind, channel, file))
    return sheets


async def fill(hub: Hub, customers: int, each: int) -> str:
    """Fill the hub and give the id of a customer."""
    with tempfile.TemporaryDirectory() as folder:
        for kind, channel, file in await asyncio.to_thread(write_sheets, Path(folder), customers, each):
            columns = {name: name for name in "key time name email phone title amount".split()}
            settings = {
                "path": str(file),
                "kind": kind,
                "channel": channel,
                "direction": "INBOUND",
                "currency": "BDT",
                "columns": columns,
            }
            source = (await hub.create_source(kind, "generic.csv", settings)).ids[0]
            await hub.sync(source)
            await hub.pulled(source)
        async with hub.reader.snapshot() as snapshot:
            last = await snapshot.value("SELECT value FROM sequence WHERE id = 1")
        while not await hub.wait(last, 60):
            pass
        async with hub.reader.snapshot() as snapshot:
            return str(await snapshot.value("SELECT id FROM customer ORDER BY touchpoints DESC, id LIMIT 1"))
