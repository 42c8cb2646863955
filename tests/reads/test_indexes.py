"""Every statement that pages and lists are compiled to finds its rows by indexes, on both databases.

The tables of these tests are small, and a planner would rather read them whole: it is told not to. With ``--long`` it
chooses for itself among a million touchpoints.
"""

from __future__ import annotations

import asyncio
import re
from typing import Any

import orjson
import pytest
from graphql import parse

from bench.contestants.documents import HUB
from bench.filled import TOGETHER, deliveries
from bench.stream import bare
from hub.api.auth import Principal
from hub.api.compiled import reads_of, whole
from hub.api.subgraph import schema_of
from hub.ingest.hub import Hub
from hub.registry import load_registry
from tests.api.conftest import EVERYTHING, Served
from tests.bench.copies import copies
from tests.reads.values import Pool

LARGE = ("customer", "touchpoint", "identifier", "customer_value", "converted_value", "matter", "claim")
"""Tables that grow with the customers."""
ORDERS = ("FIRST_TOUCH", "LAST_TOUCH", "NAME", "REVENUE")
DOCUMENTS = {
    "customer": HUB["P1"],
    "page": HUB["P2"],
    "group-by": HUB["P3"],
    "node": "query ($id: ID!) { node(id: $id) { ... on Customer { displayName } ... on Touchpoint { title } } }",
    "former id": "query ($id: ID!) { customer(by: {id: $id}) { formerIds } }",
    **{
        f"customers by {order}, {way}, {end}": f"{{ customers({end}: 10, orderBy: {{field: {order}, direction: {way}}})"
        " { nodes { id } pageInfo { hasNextPage hasPreviousPage } } }"
        for order in ORDERS
        for way in ("ASC", "DESC")
        for end in ("first", "last")
    },
    **{
        f"timeline {order}, {end}": "query ($id: ID!) { customer(by: {id: $id}) {"
        f" timeline({end}: 5, orderBy: {order}) {{ nodes {{ id }} pageInfo {{ hasNextPage }} }} }} }}"
        for order in ("NEWEST_FIRST", "OLDEST_FIRST")
        for end in ("first", "last")
    },
    **{
        f"touchpoints {order}": f"{{ touchpoints(first: 10, orderBy: {order}) {{ nodes {{ id }} }} }}"
        for order in ("NEWEST_FIRST", "OLDEST_FIRST", "RECORDED_FIRST")
    },
}
OF_A_SIDE = """query ($id: ID!) { customer(by: {id: $id}) { id kind formerIds matters { totalCount }
  timeline(first: 3) { nodes { id } pageInfo { hasNextPage } } } }"""
MUST = {"customer", "page", "group-by", *(name for name in DOCUMENTS if name.startswith(("customers by", "timeline")))}
"""Those that are compiled for sure."""
SORTED = {"former id", "group-by", *(name for name in DOCUMENTS if name.endswith(", last"))}
"""What is sorted once it was read: what is short and of one customer, groups, and a page that counts from the end."""


async def scans(hub: Hub, name: str, id_: str, *, forced: bool) -> list[str] | None:
    """The lines of the plan in which a large table is read whole, or rows are sorted that an index has in their order,
    unless indexes are ``forced``; None for what is not compiled."""
    text = DOCUMENTS[name]
    reads = reads_of(hub, schema_of(hub))
    operation = reads.compiler.operation(text, None, parse(text))
    who = Principal("test", "tok_test", EVERYTHING)
    query = operation and reads.query(who, operation, {"id": id_}, quick=True)
    if not query:
        return None
    async with hub.reader.snapshot() as snapshot:
        lite = type(snapshot).__name__ == "_SqliteSnapshot"
        if not lite and forced:
            for each in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
                await snapshot.all(f"SET LOCAL enable_{each} = off")
        rows = await snapshot.all(f"EXPLAIN {'QUERY PLAN ' if lite else ''}{query.text}", *query.values)
    aliases = {found[2] for found in re.finditer(rf"\b(?:FROM|JOIN) ({'|'.join(LARGE)}) (\w+)\b", query.text)}
    full = "" if lite else rf".*Seq Scan on ({'|'.join(LARGE)})\b(?!.*cost=0.00..0.00 )"  # nothing is quicker empty
    large = full or f"SCAN ({'|'.join(aliases) or '-'})$"
    sorts = "-" if forced or name in SORTED else r"USE TEMP B-TREE FOR .*ORDER BY|.*\bSort\b  "
    return [line for line in (str(row[-1]) for row in rows) if re.match(f"{large}|{sorts}", line)]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_nothing_large_is_read_whole(filled: tuple[Served, Pool], name: str) -> None:
    service, held = filled
    run: Any = service.client.portal.call  # type: ignore[union-attr]

    async def found() -> list[str] | None:
        return await scans(service.hub, name, held.named["id"][0], forced=True)

    lines = run(found)
    assert lines == [] or (lines is None and name not in MUST)


def test_customers_are_found_quickly_by_the_ids_they_have_now(filled: tuple[Served, Pool]) -> None:
    service, held = filled
    run: Any = service.client.portal.call  # type: ignore[union-attr]
    hub = service.hub
    reads = reads_of(hub, schema_of(hub))
    operation = reads.compiler.operation(OF_A_SIDE, None, parse(OF_A_SIDE))
    assert operation is not None

    async def quickly(id_: str) -> Any:
        query = reads.query(Principal("test", "", EVERYTHING), operation, {"id": id_}, quick=True)
        assert query is not None
        row = await hub.reader.at_once(query)
        assert row is not None
        return whole(row[0])

    sides = set()
    for id_ in held.named["id"][:20] + held.named["id"][-20:]:
        ordinary, found = service.ask(OF_A_SIDE, id=id_), run(quickly, id_)
        customer = ordinary["customer"]
        sides.add((customer["kind"], customer["id"] == id_))
        assert found is None if customer["id"] != id_ else orjson.loads(found) == ordinary
    assert {("PERSON", True), ("PERSON", False), ("ORGANISATION", True)} <= sides


@pytest.mark.long
def test_the_planner_chooses_indexes_among_many_rows(hub_address: str) -> None:
    """A thousand customers with twenty touchpoints each, fifty times."""
    given, hub = list(deliveries(1000, 20)), bare(hub_address)
    for first in range(0, len(given), TOGETHER):
        hub.take(given[first : first + TOGETHER])
    hub.close()

    async def found(address: str) -> dict[str, list[str] | None]:
        async with await Hub.open(address, load_registry()) as opened:
            async with opened.reader.snapshot() as snapshot:
                assert await snapshot.value("SELECT count(*) FROM touchpoint") == 1_000_000
                id_ = str(await snapshot.value("SELECT min(id) FROM customer"))
            return {name: await scans(opened, name, id_, forced=False) for name in DOCUMENTS}

    with copies(hub_address, 50) as made:
        wrong = {name: lines for name, lines in asyncio.run(found(made)).items() if lines}
    assert wrong == {}
