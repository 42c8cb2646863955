"""What a hub holds in memory: no more of each customer than it needs, and nothing once it is closed."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import tracemalloc
import weakref
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from hub.ingest import portraits
from hub.ingest.hub import Hub
from tests.ingest.builders import COMPANY, REGISTRY, Bench, row


def bought(bench: Bench, first: int, last: int) -> None:
    """Customers who bought twice each."""
    for number in range(first, last):
        for day in ("01", "15"):
            bench.accept(
                row(f"k{number}-{day}", kind="order", channel="WEB", amount="12.50", who={"person": f"{number:05}"},
                    at=f"2025-03-{day}")
            )  # fmt: skip
    bench.process()


def held_by_600_customers(hub_folder: Path) -> int:
    """Bytes."""
    with Bench(str(hub_folder)) as bench:
        bought(bench, 0, 50)
        gc.collect()
        tracemalloc.start()
        bought(bench, 50, 650)
        gc.collect()
        return tracemalloc.get_traced_memory()[0]


def test_a_customer_takes_seven_and_a_half_kilobytes(hub_folder: Path) -> None:
    # In a process of its own: what other tests left running in this one would count too.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        held = alone.submit(held_by_600_customers, hub_folder).result()
    assert held / 600 < 7_500


def test_customers_who_bought_often_take_the_place_of_many(hub_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portraits, "_MOST_KEPT", 650_000)
    with Bench(str(hub_folder)) as bench:
        bought(bench, 0, 5)
        tracemalloc.start()
        try:
            for number in range(100, 140):
                for day in range(1, 29):
                    bench.accept(
                        row(f"k{number}-{day}", kind="invoice", channel="ACCOUNTING", amount="12.50",
                            who={"person": f"{number:05}"}, at=f"2025-02-{day:02}")
                    )  # fmt: skip
            bench.process()
            gc.collect()
            held = tracemalloc.get_traced_memory()[0]
        finally:
            tracemalloc.stop()
    assert held < 900_000


def test_a_closed_hub_is_forgotten(hub_folder: Path) -> None:
    async def opened() -> list[weakref.ref[object]]:
        async with await Hub.open(str(hub_folder), REGISTRY, COMPANY) as hub:
            return [weakref.ref(each) for each in (hub, hub.threads, hub.reader, hub.door)]

    left = asyncio.run(opened())
    gc.collect()
    assert [each() for each in left] == [None] * len(left)
