"""A hub to rebuild, and what is asked of it before and after."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from hub import sdk
from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from hub.settings import Company
from hub.store import fingerprint
from hub.store.engine import Store
from hub.store.fingerprint import Fingerprint
from tests.ingest.builders import REGISTRY, row

COMPANY = Company(name="Test", currency="BDT", country="BD", time_zone="Asia/Dhaka")
LEDGER = "SELECT number, ordinal, kind, at, historical, customer, touchpoint, before, after FROM ledger ORDER BY 1, 2"
FORMER = "SELECT id FROM touchpoint WHERE gave_id ORDER BY id"
RETRACTED = (
    "SELECT t.id, t.retracted_at, t.title, c.id FROM touchpoint t LEFT JOIN customer c ON c.num = t.customer "
    "WHERE t.retracted_at IS NOT NULL ORDER BY t.id"
)


def opened(address: str, look: Callable[[Hub], Awaitable[None]]) -> None:
    async def run() -> None:
        async with await Hub.open(address, REGISTRY, COMPANY) as hub:
            await look(hub)

    asyncio.run(run())


def invoice(number: int, *, amount: int | None = None) -> sdk.Row:
    """One of 40 customers, who share phones, so that some are merged."""
    who = {"email": f"c{number % 40}@x.org"} | ({"phone": f"0171100{number % 25:04d}"} if number % 3 else {})
    money = f"{number + 1 if amount is None else amount}.00"
    return row(
        f"k{number}", kind="invoice", channel="ACCOUNTING", amount=money, who=who, lines=[("thing", money)],
        at=f"2025-{number % 12 + 1:02d}-01T09:00:00+00:00", traits={"name": f"Customer {number % 40}"},
        matters=[{"reference": f"I{number}", "amount": money}],
    )  # fmt: skip


async def tell(hub: Hub, source: str, *rows: sdk.Row) -> int:
    done = await hub.ingest(source, "rows", [GivenRow(each.payload, each.key) for each in rows])
    return done.sequence


async def filled(hub: Hub, rows: int) -> str:
    """A source with rows, some changed and some gone again, customers merged and split; its id."""
    source = (await hub.create_source("books", "test.told", {})).ids[0]
    await hub.wait(await tell(hub, source, *(invoice(number) for number in range(rows))), 30)
    await hub.wait(await tell(hub, source, *(invoice(number, amount=7) for number in range(0, rows, 5))), 30)
    await hub.wait(await tell(hub, source, *(row(f"k{number}") for number in range(2, rows, 9))), 30)
    customers = [id_ for (id_,) in await rows_of(hub, "SELECT id FROM customer ORDER BY id")]
    merged = await hub.corrections.merge(customers[:3], reason="one", by="me")
    await hub.wait(merged.sequence, 30)
    assert merged.operation is not None
    await hub.wait((await hub.corrections.undo(merged.operation, reason="two", by="me")).sequence, 30)
    return source


async def rows_of(hub: Hub, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    async with hub.reader.snapshot() as snapshot:
        return [tuple(each) for each in await snapshot.all(statement, *values)]


async def rebuilt(hub: Hub, *, verify: bool = True) -> dict[str, Any]:
    run = await hub.rebuilds.start(verify=verify)
    await hub.rebuilds.ended()
    return await ended(hub, run)


async def ended(hub: Hub, run: str) -> dict[str, Any]:
    [(state, error, outcome)] = await rows_of(hub, "SELECT state, error, outcome FROM run WHERE id = $1", run)
    assert (state, error) == ("OK", None)
    told: dict[str, Any] = json.loads(outcome)
    return told


async def sets_left(hub: Hub, address: str) -> list[int]:
    """The projection sets that are there, once those that nobody reads have gone."""
    for _ in range(1000):
        if len(await rows_of(hub, "SELECT number FROM projection_set")) == 1:
            break
        await asyncio.sleep(0.05)
    if address.startswith("postgresql"):
        return sorted(
            int(name.removeprefix("projection_"))
            for (name,) in await rows_of(hub, "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'projection%'")
        )
    return files_left(address)


def files_left(address: str) -> list[int]:
    return sorted(int(path.stem.removeprefix("projection-")) for path in Path(address).glob("projection-*.db"))


def marked(address: str) -> Fingerprint:
    """The fingerprint of a hub that nobody has open."""
    store = Store.at(address)
    try:
        with closing(store.projection()) as session:
            return fingerprint.fingerprint(session)
    finally:
        store.close()
