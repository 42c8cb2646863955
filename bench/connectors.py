"""Rows a second of each connector on its biggest sample: until they are accepted, and until they are processed."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from bench.imports import COMPANY, Import, pull
from bench.measuring import Bench, Figure
from hub import sdk
from hub.clock import now
from hub.ingest.hub import Hub
from hub.registry import load_registry
from hub.sealing import new_key

KEY = "a-write-key-of-this-source"
QUICK = 2000
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
    began = time.perf_counter()
    for at in range(0, len(messages), 100):
        body = json.dumps({"batch": messages[at : at + 100], "sentAt": now().isoformat()}).encode()
        reply = await hub.deliver(source, "v1", _delivery(body))
        if reply.status != 200:
            raise SystemExit(f"generic.segment: {reply.status} {reply.body!r}")
    accepted = time.perf_counter() - began
    async with hub.reader.snapshot() as snapshot:
        last = await snapshot.value("SELECT value FROM sequence WHERE id = 1")
    while not await hub.wait(last, 60):
        pass
    return Import("generic.segment", len(messages), accepted, time.perf_counter() - began, facts={})


def _message(said: dict[str, str]) -> dict[str, Any]:
    day = f"{said['day'][:4]}-{said['day'][4:6]}-{said['day'][6:]}T12:00:00Z"
    order = {"order_id": said["key"], "total": said["amount"], "currency": "USD"}
    return {
        "type": "track", "event": "Order Completed", "messageId": said["key"], "userId": said["customer"],
        "timestamp": day, "properties": order,
    }  # fmt: skip


def _delivery(body: bytes) -> sdk.Delivery:
    header = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
    return sdk.Delivery("POST", "/in/App/v1/batch", {}, header, body, "", now(), b"", rest="batch")


Case = Callable[[Hub, Path, Path, int], Awaitable[Import]]
CASES: dict[str, Case] = {"generic.ndjson": ndjson, "generic.singer": singer, "generic.segment": segment}
"""A connector and how it is measured: the hub, the public data, a fresh folder, and how many rows at most."""
GOALS = {"generic.ndjson": 600, "generic.singer": 600, "generic.segment": 600}
"""Rows a second until processed."""


async def measure(bench: Bench) -> list[Figure]:
    """Each connector into a hub of its own, on each database."""
    if (data := bench.data()) is None:
        return [Figure(name, None, goal, " rows/s") for name, goal in GOALS.items()]
    figures = []
    for database in bench.databases:
        bars = {}
        for name, case in CASES.items():
            address = bench.fresh(database)
            async with await Hub.open(address, load_registry(), COMPANY, secret_key=new_key()) as hub:
                one = await case(hub, data, bench.folder(), QUICK if bench.quick else sys.maxsize)
            bench.say(f"{database}: {one.line()}")
            bars[name] = rate = one.rows / one.processed
            figures.append(Figure(f"{name}, {database}", rate, GOALS[name], " rows/s"))
        bench.chart(f"Rows a second until processed, {database}", bars)
    return figures
