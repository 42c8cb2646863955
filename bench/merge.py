"""Merge, split and undo of customers with 10,000 touchpoints and with 1,000 identifiers, with a reader beside it."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from bench.accept import in_bulk
from bench.measuring import Bench, Figure, in_turn, percentile, ratio
from bench.served import Served, served
from bench.stream import START, deliveries

GOAL, READER, HEAVY = 1.0, 100, 0.6
"""Seconds of an operation, milliseconds of a reader's p99 beside it, merge-heavy stream over one without merges."""
INGEST = "mutation ($input: IngestInput!) { ingest(input: $input) { rows { outcome } receipt { sequence } } }"
OF = 'query ($email: String!) { customer(by: {identifier: {kind: "email", value: $email}}) { id } }'
TIMELINE = """query ($id: ID!) { customer(by: {id: $id}) {
  id displayName timeline(first: 20) { nodes { id kind title occurredAt } pageInfo { hasNextPage endCursor } } } }"""
FIRST = "query ($id: ID!) { customer(by: {id: $id}) { timeline(first: 1, orderBy: OLDEST_FIRST) { nodes { id } } } }"
PROCESSED = "{ __typename }"


class Pages:
    """GraphQL over HTTP, as a page asks."""

    def __init__(self, hub: Served) -> None:
        headers = {"authorization": f"Bearer {hub.token}"}
        self._client = httpx.AsyncClient(base_url=hub.url, headers=headers, timeout=120)

    async def ask(self, document: str, after: str = "0", **variables: Any) -> Any:
        """The data of an answer."""
        while True:
            body = {"query": document, "variables": variables}
            answer = await self._client.post("/graphql", json=body, headers={"Hub-After": after})
            if answer.status_code != 503:
                break
        said = answer.json()
        if "errors" in said:
            raise SystemExit(f"{said['errors'][0]['message']}")
        return said["data"]

    async def change(self, mutation: str, given: dict[str, Any]) -> tuple[str, int]:
        """Merge, split or undo, until it is processed: its operation, and how many touchpoints moved."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
        asked = "{ operation moved receipt { sequence processed } userErrors { message } }"
        document = f"mutation ($input: {kind}) {{ {mutation}(input: $input) {asked} }}"
        said = (await self.ask(document, input=given | {"reason": "bench"}))[mutation]
        if said["userErrors"]:
            raise SystemExit(said["userErrors"][0]["message"])
        await self.ask(PROCESSED, said["receipt"]["sequence"])
        return str(said["operation"]), int(said["moved"])

    async def tell(self, source: str, rows: Sequence[dict[str, Any]]) -> None:
        """Ingest rows of the stream and wait until they are shown."""
        sequence = "0"
        for first in range(0, len(rows), 1000):
            given = [{"payload": json.dumps(row)} for row in rows[first : first + 1000]]
            said = await self.ask(INGEST, input={"source": source, "stream": "deliveries", "rows": given})
            sequence = said["ingest"]["receipt"]["sequence"]
        await self.ask(PROCESSED, sequence)

    async def customer(self, email: str) -> str:
        """The id of whoever has an e-mail address."""
        return str((await self.ask(OF, email=email))["customer"]["id"])


def one(number: int, **identifiers: str) -> dict[str, Any]:
    """A row of the stream."""
    said = {"source": "web", "title": f"Delivery {number}", "name": "Anna Rahman", "note": "x" * 150}
    return said | {"at": START + 60 * number} | identifiers


async def measure(bench: Bench) -> list[Figure]:
    """Each operation three times on each database, then a stream full of merges against one without."""
    many, known = (1000, 200) if bench.quick else (10_000, 1000)
    figures = []
    for database in bench.databases:
        async with served(bench.fresh(database)) as hub:
            pages = Pages(hub)
            for person in ("left", "right"):
                first = 0 if person == "left" else many
                await pages.tell(hub.posted, [one(first + each, email=f"{person}@x.example") for each in range(many)])
            spread = [one(2 * many + each, user="u1", email=f"many{each}@x.example") for each in range(known - 2)]
            await pages.tell(hub.posted, spread)
            await pages.tell(hub.posted, [one(3 * many, email="few@x.example")])
            took, waited = {}, []
            for what, pair, least in (
                (f"{many:,} touchpoints each", ("left", "right"), many),
                (f"{known:,} identifiers", ("many0", "few"), 1),
            ):
                async with reading(pages, f"{pair[0]}@x.example") as times:
                    for name, seconds in (await changes(pages, pair, least, 1 if bench.quick else 3)).items():
                        took[f"{name}, {what}"] = statistics.median(seconds)
                waited += times
        slow = percentile(waited, 0.99)
        bench.chart(f"Seconds until shown, {database}", took, " s", GOAL)
        bench.say(f"{database}: a reader meanwhile p50 {percentile(waited, 0.5):.1f} ms, p99 {slow:.1f} ms")
        figures += [Figure(f"{name}, {database}", each, GOAL, " s", at_most=True) for name, each in took.items()]
        figures.append(Figure(f"p99 of a reader meanwhile, {database}", slow, READER, " ms", at_most=True))
        figures.append(await heavy(bench, database))
    return figures


async def changes(pages: Pages, pair: tuple[str, str], least: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each operation in each round; a round ends as it began. Each moves ``least`` touchpoints at least."""
    a, b = [await pages.customer(f"{name}@x.example") for name in pair]
    theirs = (await pages.ask(FIRST, id=b))["customer"]["timeline"]["nodes"][0]["id"]
    found: dict[str, list[float]] = {}

    async def timed(name: str, mutation: str, **given: Any) -> str:
        began = time.perf_counter()
        operation, moved = await pages.change(mutation, given)
        if moved < least:
            raise SystemExit(f"{name}: only {moved} touchpoints moved")
        found.setdefault(name, []).append(time.perf_counter() - began)
        return operation

    for _ in range(rounds):
        merged = await timed("merge", "mergeCustomers", customers=[a, b])
        split = await timed("split", "splitCustomer", customer=a, touchpoints=[theirs])
        await timed("undo of a split", "undoLinkDecision", operation=split)
        await timed("undo of a merge", "undoLinkDecision", operation=merged)
    return found


@asynccontextmanager
async def reading(pages: Pages, email: str) -> AsyncIterator[list[float]]:
    """Ask for a customer's timeline all the while; milliseconds of each answer."""
    id_, times = await pages.customer(email), []

    async def read() -> None:
        while True:
            began = time.perf_counter()
            await pages.ask(TIMELINE, id=id_)
            times.append(1000 * (time.perf_counter() - began))
            await asyncio.sleep(0.01)

    reader = asyncio.create_task(read())
    try:
        yield times
    finally:
        reader.cancel()


async def heavy(bench: Bench, database: str) -> Figure:
    """Rows a second of a stream in which people known in pieces grow together, over one where nobody does."""
    count = 2000 if bench.quick else 50_000

    async def rate(*, merges: bool) -> float:
        rows = [row for _, row in deliveries(count, merges=merges)]
        return await asyncio.to_thread(in_bulk, bench.fresh(database), rows)

    rounds = await in_turn(
        {"merges": lambda: rate(merges=True), "none": lambda: rate(merges=False)}, 1 if bench.quick else 3
    )
    bench.chart(f"Rows a second, {database}", {name: statistics.median(each) for name, each in rounds.items()})
    return Figure(f"of a stream without merges, {database}", ratio(rounds["merges"], rounds["none"]), HEAVY)
