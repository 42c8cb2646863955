"""Signed deliveries through generic.webhook: how long a sender waits for the answer, at c=16."""

from __future__ import annotations

import asyncio
import json
import statistics
from datetime import UTC, datetime
from pathlib import Path

from bench.load import Load, Target, generator, press
from bench.measuring import Bench, Figure
from bench.served import served
from bench.serving import SECRET
from hub import sdk

CONNECTIONS = 16
GOAL = 50
"""Milliseconds that ninety-nine of a hundred senders wait at most."""
ROWS = 40_000


def write_lines(path: Path, count: int) -> None:
    """Deliveries of 250 bytes, each signed by Standard Webhooks; what stands before tabs are headers."""
    now = datetime.now(UTC)
    with path.open("wb") as out:
        for number in range(count):
            person = number // 3
            data = {
                "email": f"person{person}@mail.example", "phone": f"+4917{person:08}", "name": f"নাসরিন {person}",
                "total": f"{number % 900}.50", "currency": "EUR", "lines": [{"sku": f"t-{number % 40}", "quantity": 1}],
            }  # fmt: skip
            body = json.dumps({"type": "order.paid", "data": data}, ensure_ascii=False).encode()
            headers = sdk.signatures.sign([SECRET], f"msg_{number}", now, body)
            out.write(b"\t".join([*(f"{name}: {value}".encode() for name, value in headers.items()), body]) + b"\n")


async def measure(bench: Bench) -> list[Figure]:
    """On each database: p50 and p99 of the answers to signed deliveries, and how many there are in a second."""
    bench.say(f"Load by {generator()}")
    figures, bars = [], {}
    for database in bench.databases:
        rounds = [await _round(bench, database) for _ in range(1 if bench.quick else 3)]
        rate, p50, p99 = (statistics.median(getattr(load, name) for load in rounds) for name in ("rate", "p50", "p99"))
        refused = sum(load.refused for load in rounds)
        bench.say(f"{database}: {rate:,.0f}/s, p50 {p50:.1f} ms, p99 {p99:.1f} ms, {refused} refused")
        bars |= {f"{database}, p50": p50, f"{database}, p99": p99}
        what = f"a signed delivery waits, p99, c={CONNECTIONS}, {database}"
        figures.append(Figure(what, None if refused else p99, GOAL, " ms", at_most=True))
    bench.chart(f"Milliseconds until a signed delivery is answered, c={CONNECTIONS}", bars, " ms", goal=GOAL)
    return figures


async def _round(bench: Bench, database: str) -> Load:
    lines = bench.folder() / "signed"
    # Signed anew each time: what was signed five minutes ago is stale.
    await asyncio.to_thread(write_lines, lines, ROWS // 4 if bench.quick else ROWS)
    async with served(bench.fresh(database)) as hub:
        kind = {"Content-Type": "application/json"}
        return await press(
            Target(hub.url, f"/in/{hub.webhook}/deliveries", kind, lines), CONNECTIONS, 3 if bench.quick else 8
        )
