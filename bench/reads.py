"""Compiled reads beside PostGraphile, plain strawberry and bytes of raw SQL, on one PostgreSQL; SQLite beside its own.

P1 is one customer with value and 20 touchpoints, P2 a page of 50 customers with identifiers, value and 10 touchpoints
each, P3 a group-by of stage, channel and month. All are asked over HTTP, the hub with its tokens and limits.
`--growth` instead measures P1 and the page of customers as hubs grow, `--large` takes ten times as much.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg

from bench.contestants.fields import (
    EXTENSION,
    LANE,
    ORDINARY,
    PLAIN,
    POSTGRAPHILE_NAME,
    RAW,
    Field,
    comparable,
)
from bench.contestants.running import Contestant, cpu_of
from bench.filled import filled
from bench.load import Load, Target, generator, press
from bench.measuring import POSTGRESQL, Bench, Figure, in_turn, ratio
from bench.multiplied import multiplied

CUSTOMERS, TOUCHPOINTS = 20_000, 1_000_000
COMPARED = 10
"""Answers that are compared before anything is timed."""
CONNECTIONS = {"P1": (1, 16, 64), "P2": (1, 16), "P3": (1, 16)}
QUICK = {"P1": (1, 16), "P2": (16,), "P3": (16,)}


@dataclass(frozen=True, slots=True)
class Slice:
    """One contestant for some seconds: its load, and milliseconds of processor time for each request."""

    load: Load
    server: float
    database: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.load.rate


async def measure(bench: Bench) -> list[Figure]:
    """Rounds on each database, or growth."""
    if bench.growth:
        return await growth(bench)
    customers, touchpoints = (2_000, 40_000) if bench.quick else (CUSTOMERS, TOUCHPOINTS)
    if bench.large:
        touchpoints *= 10
    bench.say(f"{customers:,} customers, {touchpoints:,} touchpoints; load by {generator()}")
    figures = []
    for database in bench.databases:
        address = await filled(bench, database, customers, touchpoints)
        async with Field(bench, address) as field:
            await _rested(field, address)
            figures += await _contest(bench, database, field, address)
    return figures


async def _contest(bench: Bench, database: str, field: Field, address: str) -> list[Figure]:
    figures = []
    for name in CONNECTIONS:
        there = {each.name: each for each in field.contestants.values() if name in each.documents}
        for each in there.values():
            await _alike(there[ORDINARY], each, name, field.ids)
        for connections in QUICK[name] if bench.quick else CONNECTIONS[name]:
            rounds = await _rounds(bench, name, there, field, connections, address)
            _tell(bench, f"{name}, {database}, c={connections}", rounds)
            figures += _figures(name, database, connections, rounds)
    return figures


async def _alike(ours: Contestant, other: Contestant, name: str, ids: list[str]) -> None:
    """Whether another one answers the same. Ends the benchmark when it does not."""
    async with httpx.AsyncClient(timeout=60) as client:
        for id_ in ids[:COMPARED] if name == "P1" else ids[:1]:
            found = []
            for each in (ours, other):
                body = json.loads(_body(each, name, id_))
                answer = (await client.post(f"{each.url}/graphql", json=body, headers=dict(each.headers))).json()
                if answer.get("errors") or not answer.get("data"):
                    raise SystemExit(f"{each.name} {name}: {json.dumps(answer)[:500]}")
                found.append(comparable(name, answer["data"]))
            if found[0] != found[1]:
                where = next((pair for pair in zip(*found, strict=False) if pair[0] != pair[1]), "lengths")
                raise SystemExit(f"{other.name} answers {name} otherwise: {where}")


def _body(contestant: Contestant, name: str, id_: str) -> str:
    variables = {"id": id_} if name == "P1" else {}
    return json.dumps({"query": contestant.documents[name], "operationName": name, "variables": variables})


Rounds = Mapping[str, list[Slice]]


async def _rounds(
    bench: Bench, name: str, there: Mapping[str, Contestant], field: Field, connections: int, address: str
) -> Rounds:
    """Each contestant in turn, some rounds."""
    seconds = (1.0 if bench.quick else 2.0) * (1 if name == "P1" else 2)  # a page of the slowest takes long
    rounds = 1 if bench.quick else 5
    folder = bench.folder()
    ways = {}
    for each in there.values():
        lines = folder / f"{each.name.replace(' ', '-')}.jsonl"
        lines.write_text("\n".join(_body(each, name, id_) for id_ in (field.ids if name == "P1" else field.ids[:1])))
        target = Target(each.url, "/graphql", each.headers, lines)
        ways[each.name] = partial(_slice, each, target, connections, seconds, _postmaster(address))
    for way in ways.values():
        await way()  # plans are made, caches filled
    return await in_turn(ways, rounds)


async def _slice(each: Contestant, target: Target, connections: int, seconds: float, database: int | None) -> Slice:
    await _settled(each, database)
    before = each.cpu(), cpu_of(database) if database else 0.0
    load = await press(target, connections, seconds)
    after = each.cpu(), cpu_of(database) if database else 0.0
    if load.refused:
        raise SystemExit(f"{each.name}: {load.refused} refused, {load.requests} answered")
    if not load.requests:
        load = replace(load, requests=1, p50=1000 * seconds, p99=1000 * seconds)  # the first one was nearly ready
    server, beneath = (1000 * (late - early) / load.requests for early, late in zip(before, after, strict=True))
    return Slice(load, server, beneath)


async def _rested(field: Field, address: str) -> None:
    """Wait until hubs are at rest: since they were filled, time has made other customers of some."""
    for each in field.contestants.values():
        await _settled(each, _postmaster(address), most=1800)


async def _settled(each: Contestant, database: int | None, most: float = 15.0) -> None:
    """Wait until what was asked before, and given up when the time was over, is done with; seconds at most."""
    ends, last, taken = time.monotonic() + most, -1.0, 0.0
    while time.monotonic() < ends and taken - last > 0.03:
        last = each.cpu() + (cpu_of(database) if database else 0.0)
        await asyncio.sleep(0.3)
        taken = each.cpu() + (cpu_of(database) if database else 0.0)


def _postmaster(address: str) -> int | None:
    """The process of the database, when it runs on this machine."""
    if "://" not in address:
        return None
    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT current_setting('data_directory')").fetchone()
    try:
        return int(Path(str(row[0] if row else ""), "postmaster.pid").read_text().split()[0])
    except (OSError, ValueError):
        return None


def _tell(bench: Bench, title: str, rounds: Rounds) -> None:
    bench.say(title)
    bench.say(f"  {'':<14} {'rps':>8} {'p50 ms':>8} {'p99 ms':>8} {'server ms':>10} {'database ms':>12} {'of raw':>7}")
    for name, slices in rounds.items():
        told = [statistics.median(values) for values in zip(*map(_row, slices), strict=True)]
        share = ratio([each.rate for each in slices], [each.rate for each in rounds[RAW]]) if RAW in rounds else 0.0
        rate, p50, p99, server, database = told
        bench.say(f"  {name:<14} {rate:>8,.0f} {p50:>8.2f} {p99:>8.2f} {server:>10.3f} {database:>12.3f} {share:>7.2f}")
    bench.chart(
        f"Requests a second: {title}",
        {name: statistics.median(each.rate for each in slices) for name, slices in rounds.items()},
    )


def _row(each: Slice) -> tuple[float, float, float, float, float]:
    return each.rate, each.load.p50, each.load.p99, each.server, each.database


def _figures(name: str, database: str, connections: int, rounds: Rounds) -> list[Figure]:
    """The goals of one document at so many connections."""

    def faster(over: str, under: str) -> float | None:
        if over not in rounds or under not in rounds:
            return None
        return ratio([each.rate for each in rounds[over]], [each.rate for each in rounds[under]])

    def sooner(other: str) -> float | None:
        if other not in rounds:
            return None
        return ratio([each.load.p50 for each in rounds[other]], [each.load.p50 for each in rounds[LANE]])

    def figure(value: float | None, what: str, goal: float) -> Figure:
        return Figure(f"{what}, {name}, {database}, c={connections}", value, goal, "x")

    sqlite = [figure(faster(LANE, RAW), "of raw", 0.5)] if RAW in rounds else []
    goals = {
        ("P1", 1): [figure(sooner(POSTGRAPHILE_NAME), "sooner than PostGraphile at p50", 2)],
        ("P1", 16): [
            figure(faster(LANE, POSTGRAPHILE_NAME), "as many as PostGraphile", 3.5),
            figure(faster(LANE, RAW), "of raw", 0.85),
        ],
        ("P2", 16): [
            figure(faster(LANE, POSTGRAPHILE_NAME), "as many as PostGraphile", 4),
            figure(faster(LANE, RAW), "of raw", 0.95),
            figure(faster(LANE, PLAIN), "as many as plain strawberry", 25),
            figure(faster(EXTENSION, POSTGRAPHILE_NAME), "as many as PostGraphile without the lane", 2.5),
        ],
        ("P3", 16): [figure(faster(LANE, POSTGRAPHILE_NAME), "as many as PostGraphile", 10)],
    }
    if database != POSTGRESQL:
        return sqlite if connections == 16 else []
    return goals.get((name, connections), [])


# Growth ---------------------------------------------------------------------------------------------------------

PAGE = "query Page { customers(first: 50) { nodes { id displayName lifecycle { stage } } pageInfo { hasNextPage } } }"


SMALL, LARGE, MANY = 10_000, 10_000_000, 1_000_000
"""Touchpoints among which P1 is asked, few and many; many customers of whom the page is."""


async def growth(bench: Bench) -> list[Figure]:
    """P1 among few and many touchpoints, and a page of few and of many customers."""
    large, many = (SMALL * 10, SMALL) if bench.quick else (LARGE, MANY)
    few = SMALL // 10 if bench.quick else SMALL
    figures = []
    for database in bench.databases:
        filled_one = (SMALL // 50, SMALL) if bench.quick else (CUSTOMERS, TOUCHPOINTS)
        addresses = {
            SMALL: await filled(bench, database, SMALL // 50, SMALL),
            large: await multiplied(bench, database, *filled_one, large // filled_one[1]),
        }
        figures += await _grown(bench, database, "P1", "touchpoints", addresses, 1.2)
        addresses = {
            few: await filled(bench, database, few, few),
            many: await multiplied(bench, database, few, few, many // few),
        }
        figures += await _grown(bench, database, "Page", "customers", addresses, 2)
    return figures


async def _grown(
    bench: Bench, database: str, name: str, what: str, addresses: Mapping[int, str], goal: float
) -> list[Figure]:
    """A document among few and among many, in turn: what one client waits for by the lane, in milliseconds."""
    async with AsyncExitStack() as stack:
        fields = {
            size: await stack.enter_async_context(Field(bench, address, only=LANE))
            for size, address in addresses.items()
        }
        for size, field in fields.items():
            await _rested(field, addresses[size])
        slices: dict[int, list[float]] = {size: [] for size in fields}
        for _ in range(1 if bench.quick else 3):
            for size, field in fields.items():
                slices[size] += await _p50s(bench, name, field, addresses[size])
    p50 = {size: statistics.median(each) for size, each in slices.items()}
    bench.chart(f"{name}, p50 by {what}, {database}", {f"{size:,}": each for size, each in p50.items()}, " ms")
    small, large = p50
    return [Figure(f"{name} at {large:,} {what}, {database}", p50[large] / p50[small], goal, "x", at_most=True)]


async def _p50s(bench: Bench, name: str, field: Field, address: str) -> list[float]:
    ours: Any = field.contestants[LANE]
    ours.documents = {**ours.documents, "Page": PAGE}
    rounds = await _rounds(bench, name, {LANE: ours}, field, 1, address)
    return [each.load.p50 for each in rounds[LANE]]
