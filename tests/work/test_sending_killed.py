"""A thousand messages through twenty kills to a receiver that behaves badly: none is lost, none has two ids."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hub.ingest.hub import Hub
from tests.conftest import ROOT
from tests.ingest.builders import COMPANY, NOW, REGISTRY
from tests.work.receiver import Receiver, receiving
from tests.work.sending_process import KEY

FAULTS = ("500", "429", "reset", "hang", "redirect", "no http", "ok", "bad json", "huge")
PATIENCE = 600
QUIET = 15
"""Seconds without anything that comes, longer than the wait after two failures."""


def behave(id_: str, times: int) -> str:
    """Two faults at most, then success, in one of three ways; by the id alone, so that each run is another one."""
    chance = random.Random(id_)
    faults = chance.choices(FAULTS[:6], k=chance.randrange(3))
    good = chance.choices(FAULTS[6:], weights=(10, 10, 1))
    return [*faults, *good][min(times - 1, len(faults))]


@contextmanager
def process(address: str, began: float, rows: int) -> Iterator[subprocess.Popen[bytes]]:
    arguments = [sys.executable, "-m", "tests.work.sending_process", address, str(began), str(rows)]
    running = subprocess.Popen(arguments, cwd=ROOT)
    try:
        yield running
    finally:
        running.kill()
        running.wait(30)


async def endpoint(address: str, url: str) -> str:
    async with await Hub.open(address, REGISTRY, COMPANY, lambda: NOW, secret_key=KEY) as hub:
        given = {
            "name": "Partner", "url": url, "wants": ["TOUCHPOINT_ADDED"], "sources": [], "kinds": [], "stages": [],
            "contacts": False, "historical": False,
        }  # fmt: skip
        return (await hub.endpoints.create(given, "anna"))[1]


def killed(address: str, rows: int, kills: int) -> Receiver:
    """What a receiver got of so many new touchpoints from a process that was killed so often."""
    with receiving(behave) as receiver:
        receiver.secret = asyncio.run(endpoint(address, receiver.url))
        began, chance = time.time(), random.Random(kills)
        for number in range(1, kills + 1):
            before = sum(receiver.came.values())
            # Each hears some more rows, so that each may be killed while it writes messages.
            with process(address, began, rows * number // kills):
                deadline = time.monotonic() + 30
                while sum(receiver.came.values()) == before and time.monotonic() < deadline:
                    time.sleep(0.02)
                time.sleep(chance.uniform(0, 1.0))
        with process(address, began, rows):
            deadline = time.monotonic() + PATIENCE
            quiet, before = 0, -1
            # On a slow machine an answer may come too late for whoever waits for it: the message comes again then.
            while (len(receiver.taken) < rows or quiet < QUIET) and time.monotonic() < deadline:
                came = sum(receiver.came.values())
                quiet, before = (quiet + 1 if came == before else 0), came
                time.sleep(1)
    return receiver


async def states(address: str) -> list[tuple[str, int]]:
    async with (
        await Hub.open(address, REGISTRY, COMPANY, lambda: NOW, secret_key=KEY) as hub,
        hub.reader.snapshot() as snapshot,
    ):
        rows = await snapshot.all("SELECT state, count(*) FROM message GROUP BY state ORDER BY state")
        return [tuple(row) for row in rows]


@pytest.mark.long
@pytest.mark.timeout(1200)
def test_thousand_of_a_thousand_are_delivered_over_twenty_kills(hub_address: str) -> None:
    began = time.monotonic()
    receiver = killed(hub_address, 1000, 20)
    ids = Counter(each["data"]["touchpoint"]["id"] for each in receiver.taken.values())
    attempts = sum(receiver.came.values())
    again = sum(1 for id_, times in receiver.came.items() if times > 1)
    print(f"\n{len(ids)} of 1,000 in {attempts} attempts, {again} more than once, {time.monotonic() - began:.0f} s")
    assert (len(ids), set(ids.values())) == (1000, {1}), "each under one id"
    assert set(receiver.came) == set(receiver.taken)
    assert {len(each) for each in receiver.bodies.values()} == {1}
    assert (receiver.forged, receiver.paths) == (0, {"/hook"})
    assert asyncio.run(states(hub_address)) == [("DELIVERED", 1000)]
