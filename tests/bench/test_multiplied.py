"""Copies of a processed hub are read as the originals are."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bench.filled import deliveries
from bench.stream import bare
from hub.ingest.hub import Hub
from hub.registry import load_registry
from tests.bench.copies import copies

COUNTS = """SELECT (SELECT count(DISTINCT id) FROM customer), (SELECT count(DISTINCT id) FROM touchpoint),
  (SELECT count(*) FROM touchpoint t JOIN customer c ON c.num = t.customer), (SELECT count(*) FROM customer_value)"""
SEEN = """SELECT c.display_name, c.last_touch_at, v.revenue, t.occurred_at, t.title FROM customer c
  JOIN customer_value v ON v.customer = c.num JOIN touchpoint t ON t.customer = c.num ORDER BY 1, 2, 3, 4, 5"""


@pytest.mark.long
def test_copies_have_ids_of_their_own_and_show_what_the_originals_do(hub_address: str) -> None:
    """Three customers with eight touchpoints each, four times."""
    hub = bare(hub_address)
    hub.take(list(deliveries(3, 8)))
    hub.close()
    with copies(hub_address, 4) as made:
        counts, seen = asyncio.run(rows(made))
    assert counts == (12, 96, 96, 12)
    assert seen == [row for row in asyncio.run(rows(hub_address))[1] for _ in range(4)]


async def rows(address: str) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    """How many there are, and what they show."""
    async with await Hub.open(address, load_registry()) as hub, hub.reader.snapshot() as snapshot:
        return tuple(await snapshot.one(COUNTS)), [tuple(row) for row in await snapshot.all(SEEN)]
