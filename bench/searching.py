"""Looking for probable duplicates among all customers of a hub: seconds, memory, and how long readers wait meanwhile.

One customer in twenty is there twice: the phone is the same, the name misspelt, the e-mail address another. Names are
made of few first names and many surnames, so that many pairs share a word and have to be compared.
"""

from __future__ import annotations

import asyncio
import json
import random
import resource
import time
from collections.abc import Iterator

from bench.measuring import Bench, Figure, percentile
from hub.ingest.hub import Hub
from hub.ingest.outcomes import GivenRow
from tests.ingest.builders import COMPANY, REGISTRY

CUSTOMERS, QUICK = 50_000, 5_000
TWICE = 20
TOGETHER = 5_000


def people(number: int) -> Iterator[GivenRow]:
    """Rows of so many customers, always the same."""
    pick = random.Random(1969)
    first = [_word(pick) for _ in range(600)]
    last = [_word(pick) for _ in range(number // 4)]
    streets = [_word(pick) for _ in range(2000)]
    cities = [_word(pick) for _ in range(300)]
    for place in range(number * TWICE // (TWICE + 1)):
        name, phone = f"{pick.choice(first)} {pick.choice(last)}", f"+88017{pick.randrange(10**8):08}"
        home = {"street": f"{pick.randrange(200)} {pick.choice(streets)} road", "city": pick.choice(cities)}
        yield _row(f"r{place}", phone, {"name": name, **home})
        if place % TWICE == 0:
            yield _row(f"d{place}", phone, {"name": f"{name[:-1]}x", "city": home["city"]})


def _word(pick: random.Random) -> str:
    return "".join(pick.choice("bdfghklmnprst") + pick.choice("aeiou") for _ in range(pick.randrange(2, 5)))


def _row(key: str, phone: str, traits: dict[str, str]) -> GivenRow:
    who = {"email": f"{traits['name'].replace(' ', '.')}.{key}@x.org", "phone": phone}
    return GivenRow(json.dumps([{"who": who, "traits": traits}]).encode(), key)


async def measure(bench: Bench) -> list[Figure]:
    """Fill a hub, look for duplicates while somebody reads, once on each database."""
    figures, number = [], QUICK if bench.quick else CUSTOMERS
    for database in bench.databases:
        async with await Hub.open(bench.fresh(database), REGISTRY, COMPANY) as hub:
            await _fill(hub, number)
            before, began, used = _megabytes(), time.perf_counter(), time.process_time()
            waited: list[float] = []
            reading = asyncio.create_task(_read(hub, waited))
            await hub.suggestions.find()
            await hub.suggestions.found()
            reading.cancel()
            seconds, used, more = time.perf_counter() - began, time.process_time() - used, _megabytes() - before
            found = await _count(hub, "suggestion")
            wait = 1000 * percentile(waited, 0.99)
            bench.say(
                f"{database}: {await _count(hub, 'customer'):,} customers, {found:,} suggestions in {seconds:.1f} s "
                f"({used:.1f} s of a processor); {more:.0f} MB more at the most; readers wait {wait:.0f} ms (p99)"
            )
            figures.append(Figure(f"s for {number:,} customers, {database}", seconds, 60, at_most=True))
            figures.append(Figure(f"MB more, {database}", more, 500, at_most=True))
    return figures


async def _fill(hub: Hub, number: int) -> None:
    source, rows, sequence = (await hub.create_source("told", "test.told", {})).ids[0], list(people(number)), 0
    with hub.threads.pulling():
        for at in range(0, len(rows), TOGETHER):
            sequence = (await hub.ingest(source, "rows", rows[at : at + TOGETHER])).sequence
    while not await hub.wait(sequence, 5):
        pass


async def _read(hub: Hub, waited: list[float]) -> None:
    while True:
        began = time.perf_counter()
        async with hub.reader.snapshot() as snapshot:
            await snapshot.all("SELECT id, display_name FROM customer ORDER BY last_touch_at DESC LIMIT 20")
        waited.append(time.perf_counter() - began)
        await asyncio.sleep(0.02)


async def _count(hub: Hub, table: str) -> int:
    async with hub.reader.snapshot() as snapshot:
        return int(await snapshot.value(f"SELECT count(*) FROM {table}"))


def _megabytes() -> float:
    """The most memory this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
