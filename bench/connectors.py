"""Rows a second of each connector on its biggest sample: until they are accepted, and until they are processed."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq

from bench.imports import COMPANY, Import, pull
from bench.measuring import Bench, Figure
from bench.serving import SECRET
from hub import sdk
from hub.clock import now
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.sealing import new_key
from tests.connectors.mastodon_server import TOKEN, Server, notifications
from tests.outside.listening import served

KEY = "a-write-key-of-this-source"
QUICK = 2000
FORMS = 20_000
NOTIFICATIONS = 5_000
PURCHASE = {
    "kind": "order", "channel": "WEB", "direction": "INBOUND", "currency": "USD", "date_format": "%Y%m%d",
    "columns": {"key": "key", "time": "day", "contact": "customer", "amount": "amount"},
}  # fmt: skip
TAP = """#!{python}
import sys
print('{{"type": "SCHEMA", "stream": "purchases", "schema": {{}}, "key_properties": ["key"]}}')
with open({file!r}) as lines:
    for number, line in enumerate(lines, 1):
        print('{{"type": "RECORD", "stream": "purchases", "record": ' + line.rstrip() + '}}')
        if number % 1000 == 0:
            print('{{"type": "STATE", "value": %d}}' % number)
"""


def purchases(data: Path, most: int) -> Iterator[str]:
    """CDNOW's purchases as JSON: customer, day, pieces, dollars."""
    with (data / "clv" / "CDNOW_master.txt").open() as lines:
        for number, line in enumerate(lines):
            if number == most:
                return
            customer, day, _, amount = line.split()
            yield json.dumps({"key": str(number), "customer": customer, "day": day, "amount": amount})


def written(data: Path, folder: Path, most: int) -> Path:
    """A file of purchases, one a line."""
    path = folder / "purchases.ndjson"
    path.write_text("\n".join(purchases(data, most)) + "\n")
    return path


async def ndjson(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """69,659 purchases from a file."""
    settings = PURCHASE | {"path": str(written(data, folder, most))}
    source = (await hub.create_source("Purchases", "generic.ndjson", settings)).ids[0]
    return Import("generic.ndjson", *await pull(hub, source), facts={})


async def singer(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """The same purchases from a tap."""
    tap = folder / "tap-purchases"
    tap.write_text(TAP.format(python=sys.executable, file=str(written(data, folder, most))))
    tap.chmod(0o755)
    os.environ["HUB_TAPS"] = str(folder)
    settings = {"tap": tap.name, "discover": False, "streams": {"purchases": PURCHASE}}
    source = (await hub.create_source("Tap", "generic.singer", settings)).ids[0]
    return Import("generic.singer", *await pull(hub, source), facts={})


async def segment(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """The purchases as a library would tell them, in batches of a hundred."""
    source = (await hub.create_source("App", "generic.segment", {"write_keys": [KEY]})).ids[0]
    messages = [_message(json.loads(line)) for line in purchases(data, most)]
    batches = (messages[at : at + 100] for at in range(0, len(messages), 100))
    bodies = (json.dumps({"batch": batch, "sentAt": now().isoformat()}).encode() for batch in batches)
    headers = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    return await _pushed(hub, source, "v1", (_delivery(body, headers, "batch") for body in bodies), len(messages))


async def webhook(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """The purchases by signed deliveries, a hundred in each."""
    settings = PURCHASE | {"scheme": "standard", "secrets": [SECRET], "rows": "purchases"}
    source = (await hub.create_source("Shop", "generic.webhook", settings)).ids[0]
    lines = list(purchases(data, most))
    batches = (",".join(lines[at : at + 100]) for at in range(0, len(lines), 100))
    bodies = (f'{{"purchases": [{batch}]}}'.encode() for batch in batches)
    deliveries = (
        _delivery(body, sdk.signatures.sign([SECRET], f"msg_{number}", now(), body))
        for number, body in enumerate(bodies)
    )
    return await _pushed(hub, source, "deliveries", deliveries, len(lines))


async def form(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """A form of the same people, posted by a hundred visitors at a time."""
    source = (await hub.create_source("Form", "webforms.endpoint", {"origins": ["*"]})).ids[0]
    lines = [json.loads(line) for line in purchases(data, min(most, FORMS))]
    bodies = (
        urlencode({"email": f"c{each['customer']}@mail.example", "message": f"piece {each['key']}"}) for each in lines
    )
    headers = {"content-type": "application/x-www-form-urlencoded"}
    deliveries = (_delivery(body.encode(), headers) for body in bodies)
    return await _pushed(hub, source, "submissions", deliveries, len(lines), at_once=100)


async def _pushed(
    hub: Hub, source: str, stream: str, deliveries: Iterator[sdk.Delivery], rows: int, at_once: int = 1
) -> Import:
    """Give deliveries to a source, so many at a time, and wait until they are processed."""
    began = time.perf_counter()
    while some := list(islice(deliveries, at_once)):
        for reply in await asyncio.gather(*(hub.deliver(source, stream, each) for each in some)):
            if reply.status >= 400:
                raise SystemExit(f"{source}: {reply.status} {reply.body!r}")
    accepted = time.perf_counter() - began
    async with hub.reader.snapshot() as snapshot:
        last = await snapshot.value("SELECT value FROM sequence WHERE id = 1")
        connector = await snapshot.value("SELECT connector FROM source WHERE id = $1", source)
    while not await hub.wait(last, 60):
        pass
    return Import(connector, rows, accepted, time.perf_counter() - began, facts={})


def _message(said: dict[str, str]) -> dict[str, Any]:
    day = f"{said['day'][:4]}-{said['day'][4:6]}-{said['day'][6:]}T12:00:00Z"
    order = {"order_id": said["key"], "total": said["amount"], "currency": "USD"}
    return {
        "type": "track", "event": "Order Completed", "messageId": said["key"], "userId": said["customer"],
        "timestamp": day, "properties": order,
    }  # fmt: skip


def _delivery(body: bytes, headers: Mapping[str, str], rest: str = "") -> sdk.Delivery:
    lower = {name.lower(): value for name, value in headers.items()}
    return sdk.Delivery("POST", "/in/benchmark", {}, lower, body, "", now(), b"", rest=rest)


async def table(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """The purchases from a CSV file."""
    path = folder / "purchases.csv"
    with path.open("w", newline="") as out:
        writer = csv.DictWriter(out, ["key", "customer", "day", "amount"])
        writer.writeheader()
        writer.writerows(json.loads(line) for line in purchases(data, most))
    return await _pulled(hub, "generic.csv", path)


async def workbook(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """The purchases from an Excel sheet."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Purchases")
    sheet.append(["key", "customer", "day", "amount"])
    for line in purchases(data, most):
        sheet.append(list(json.loads(line).values()))
    path = folder / "purchases.xlsx"
    book.save(path)
    return await _pulled(hub, "generic.xlsx", path)


async def parquet(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """The purchases from a Parquet file."""
    path = folder / "purchases.parquet"
    rows = [json.loads(line) for line in purchases(data, most)]
    await asyncio.to_thread(lambda: pq.write_table(pa.Table.from_pylist(rows), path))
    return await _pulled(hub, "generic.parquet", path)


async def _pulled(hub: Hub, connector: str, path: Path) -> Import:
    source = (await hub.create_source("Purchases", connector, PURCHASE | {"path": str(path)})).ids[0]
    return Import(connector, *await pull(hub, source), facts={})


async def touchpoints(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """The purchases as touchpoints in the hub's own words."""
    path = folder / "touchpoints.ndjson"
    with path.open("w") as out:
        for line in purchases(data, most):
            out.write(json.dumps(_touchpoint(json.loads(line))) + "\n")
    source = (await hub.create_source("CRM", "generic.touchpoints", {"path": str(path)})).ids[0]
    return Import("generic.touchpoints", *await pull(hub, source), facts={})


def _touchpoint(said: dict[str, str]) -> dict[str, Any]:
    return {
        "id": said["key"], "kind": "order", "channel": "WEB", "direction": "INBOUND",
        "occurredAt": f"{said['day'][:4]}-{said['day'][4:6]}-{said['day'][6:]}",
        "amount": {"amount": said["amount"], "currency": "USD"},
        "identifiers": [{"kind": "contact", "value": said["customer"]}],
    }  # fmt: skip


async def mastodon(hub: Hub, data: Path, folder: Path, most: int) -> Import:
    """Notifications of a server on a socket of this process, made of the sample, eighty a page."""
    sample = notifications()
    held = [sample[at % len(sample)] | {"id": str(10_000 + at)} for at in range(min(most, NOTIFICATIONS))]
    os.environ["HUB_ALLOW_PRIVATE_ADDRESSES"] = "127.0.0.1"
    with served(Server(held).app) as url:
        source = (await hub.create_source("Social", "social.mastodon", {"server": url, "access_token": TOKEN})).ids[0]
        return Import("social.mastodon", *await pull(hub, source), facts={})


Case = Callable[[Hub, Path, Path, int], Awaitable[Import]]
CASES: dict[str, Case] = {
    "generic.csv": table, "generic.xlsx": workbook, "generic.ndjson": ndjson, "generic.parquet": parquet,
    "generic.touchpoints": touchpoints, "generic.singer": singer, "generic.segment": segment,
    "generic.webhook": webhook, "webforms.endpoint": form, "social.mastodon": mastodon,
}  # fmt: skip
"""A connector and how it is measured: the hub, the public data, a fresh folder, and how many rows at most."""
GOAL = 600
"""Rows a second until processed."""


async def measure(bench: Bench) -> list[Figure]:
    """Each connector into a hub of its own, on each database."""
    if (data := bench.data()) is None:
        return [Figure(name, None, GOAL, " rows/s") for name in CASES]
    figures = []
    for database in bench.databases:
        bars = {}
        for name, case in CASES.items():
            address = bench.fresh(database)
            async with await Hub.open(address, load_registry(), COMPANY, secret_key=new_key()) as hub:
                one = await case(hub, data, bench.folder(), QUICK if bench.quick else sys.maxsize)
            bench.say(f"{database}: {one.line()}")
            bars[name] = rate = one.rows / one.processed
            figures.append(Figure(f"{name}, {database}", rate, GOAL, " rows/s"))
        bench.chart(f"Rows a second until processed, {database}", bars)
    return figures
