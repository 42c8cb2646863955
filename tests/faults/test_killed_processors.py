"""The processor is killed at random points of its work, or with all of its process, and another goes on."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from hub import sdk
from hub.store.engine import Store
from hub.store.fingerprint import Fingerprint, fingerprint
from tests.faults.sending import EXACT, Sender, difference_of_records, difference_of_touchpoints, gaps
from tests.faults.serving import PATIENCE, ServedHub, founded, held, is_postgres, until_processed
from tests.ingest.builders import Bench, row

_FORK = multiprocessing.get_context("fork")
TAKEN_OVER = 5.0
"""Seconds within which another process processes after one was killed."""


# One processor ------------------------------------------------------------------------------------------------


def imported(number: int) -> sdk.Row:
    """A row of an import in which people write again, pay, change and go."""
    rng = random.Random(number)
    key, person = f"k{number - number % 7 if number % 7 == 6 else number}", rng.randrange(60)
    if number % 23 == 22:
        return row(f"k{number - 5}", deleted=True)
    who = {"email": f"p{person}@x.org"} | ({"phone": f"01711-0{person % 40:05}"} if rng.random() < 0.4 else {})
    if number % 3:
        return row(key, at=f"2025-03-{1 + number % 28:02}T09:00:00+00:00", who=who, traits={"name": f"Person {person}"})
    invoice: dict[str, Any] = {"kind": "invoice", "channel": "ACCOUNTING", "direction": "OUTBOUND"}
    matters = [{"reference": f"N{number}", "state": "sent"}]
    return row(
        key,
        who=who,
        amount=f"{rng.randrange(9000)}.50",
        properties={"number": f"N{number}"},
        matters=matters,
        **invoice,
    )


@contextmanager
def copied(address: str, folder: Path) -> Iterator[str]:
    """The same hub at another address."""
    if not is_postgres(address):
        yield str(shutil.copytree(address, folder / "copy"))
        return
    name = f"t_{uuid4().hex[:12]}"
    before, _, after = address.partition("?")
    place, _, original = before.rpartition("/")
    with psycopg.connect(f"{place}/postgres?{after}", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name} TEMPLATE {original}")
        yield f"{place}/{name}?{after}"
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def marked(address: str) -> Fingerprint:
    """What the projection of a hub says."""
    store = Store.at(address)
    with closing(store), closing(store.projection()) as session:
        return fingerprint(session)


def process(address: str, begun: Event | None = None) -> None:
    """Process everything in small batches."""
    with Bench(address) as bench:
        if begun is not None:
            begun.set()
        bench.process(10)


@pytest.mark.parametrize(
    ("rows", "kills"), [(300, 5), pytest.param(3000, 50, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_processor_killed_at_any_point_ends_where_an_undisturbed_one_does(
    hub_address: str, tmp_path: Path, rows: int, kills: int
) -> None:
    with Bench(hub_address) as bench:
        for first in range(0, rows, 100):
            bench.accept(*(imported(number) for number in range(first, first + 100)))
    with copied(hub_address, tmp_path) as other:
        began = time.monotonic()
        process(other)
        took = time.monotonic() - began
        undisturbed = marked(other)
    rng = random.Random(2)
    within = 0
    for _ in range(kills):
        begun = _FORK.Event()
        worker = _FORK.Process(target=process, args=(hub_address, begun))
        worker.start()
        assert begun.wait(PATIENCE)
        time.sleep(rng.uniform(0, took / kills))
        within += worker.is_alive()
        worker.kill()
        worker.join()
    process(hub_address)
    assert within > kills / 2
    ended = marked(hub_address)
    assert ended.differing(undisturbed) == []
    assert ended.rows["touchpoint"] > rows / 2


# Several web workers ------------------------------------------------------------------------------------------


HOLDERS = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = 7264001 AND granted "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def holders(url: str) -> list[int]:
    """The backends that hold the lock of the one processor."""
    return [pid for (pid,) in held(url, HOLDERS)]


def until_another(url: str, before: list[int]) -> float:
    """Seconds until one other backend processes."""
    begun = time.monotonic()
    while len(now := holders(url)) != 1 or now == before:
        assert time.monotonic() - begun < PATIENCE
        time.sleep(0.02)
    return time.monotonic() - begun


@pytest.mark.parametrize(
    ("rows", "turns"), [(300, 1), pytest.param(5000, 20, marks=[pytest.mark.long, pytest.mark.timeout(1200)])]
)
def test_web_workers_accept_side_by_side_and_another_processes_when_one_dies(
    pg_url: str, serving: Callable[..., ServedHub], rows: int, turns: int
) -> None:
    account = founded(pg_url)
    processing, other = serving(pg_url), serving(pg_url)
    processing.start()
    until_another(pg_url, [])
    other.start()
    sender = Sender(account, [processing.url, other.url])
    taken_over = []

    async def told() -> None:
        nonlocal processing, other
        sending = asyncio.create_task(sender.all(range(rows)))
        for turn in range(turns):
            await sender.reached(rows * (turn + 1) // (turns + 1))
            for _ in range(5):  # one more looks in beside those that accept and process
                await asyncio.to_thread(lambda: Store.at(pg_url).close())
            before = await asyncio.to_thread(holders, pg_url)
            assert len(before) == 1
            processing.kill()
            taken_over.append(await asyncio.to_thread(until_another, pg_url, before))
            await asyncio.to_thread(processing.start)
            processing, other = other, processing
        await sending

    asyncio.run(told())
    until_processed(pg_url)
    assert difference_of_records(pg_url, account, range(rows)) == EXACT
    assert difference_of_touchpoints(pg_url, account, range(rows)) == EXACT
    assert gaps(pg_url) == []
    assert not sender.refusals, sender.bodies
    assert max(taken_over) < TAKEN_OVER
    for hub in (processing, other):
        hub.stop()
        assert "Traceback" not in hub.log.read_text()
    print(f"taken over after {max(taken_over):.2f} s at most, {turns} times")
