"""Rollups hold what summing up the touchpoints themselves comes to, whatever happened."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hub import sdk
from hub.analysis import rollups
from hub.analysis.group_bys import MEASURES, Clocks, of_touchpoints
from hub.journey.buckets import Calendar, TimeBucket
from hub.journey.choices import TouchpointDimension
from hub.store.filters import CustomerFilter, Span, TouchpointFilter
from hub.store.reader import Snapshot
from hub.store.touchpoint_stats import TouchpointGrouping
from hub.store.writing.rollups import TOGETHER
from tests.ingest.builders import Bench, row, tp
from tests.ingest.test_rates import rate

SUMS = "touchpoints, amount, cost, missing"
ROLLED = {
    "touchpoint_rollup": "day, source, kind, channel, direction, automated, campaign",
    "stage_rollup": "month, stage, relationship, channel",
}
DIMENSIONS = [
    [TouchpointDimension(each) for each in ("CHANNEL", "CUSTOMER_STAGE", "CUSTOMER_RELATIONSHIP")],
    [TouchpointDimension(each) for each in ("KIND", "CHANNEL", "DIRECTION", "AUTOMATED", "SOURCE", "CAMPAIGN")],
]
EPOCH = date(1970, 1, 1)
PERSONS = (
    "SELECT c.id, min(t.id) FROM customer c JOIN touchpoint t ON t.customer = c.num WHERE c.kind = 'PERSON' "
    "AND t.retracted_at IS NULL AND t.anchor IS NULL GROUP BY c.id HAVING count(*) > 1"
)
RATES = {"2025-03-01": 100, "2025-03-20": 110}


def rolled(bench: Bench) -> dict[str, dict[tuple[Any, ...], tuple[int, ...]]]:
    """What stands in the tables, by key."""
    found = {}
    for table, key in ROLLED.items():
        width = key.count(",") + 1
        rows = bench.projection.all(f"SELECT {key}, {SUMS} FROM {table} WHERE touchpoints <> 0")
        found[table] = {tuple(each[:width]): tuple(each[width:]) for each in rows}
    return found


def recounted(bench: Bench) -> dict[str, dict[tuple[Any, ...], tuple[int, ...]]]:
    """The same from the touchpoints, one by one, in Python."""
    rates = [
        (day, int(value)) for day, value in bench.projection.all("SELECT day, rate FROM exchange_rate ORDER BY day")
    ]
    sums: dict[str, dict[tuple[Any, ...], Counter[str]]] = {table: {} for table in ROLLED}
    for on, source, kind, channel, direction, automated, campaign, stage, relationship, *money in bench.projection.all(
        "SELECT t.occurred_on, t.source, t.kind, t.channel, t.direction, t.automated, coalesce(t.campaign, 0), "
        "coalesce(c.stage, ''), coalesce(c.relationship, ''), t.amount, t.currency, t.cost, t.cost_currency "
        "FROM touchpoint t LEFT JOIN customer c ON c.num = coalesce(t.organisation, t.customer) "
        "WHERE t.retracted_at IS NULL"
    ):
        then = date.fromisoformat(on)
        day, month = (then - EPOCH).days, then.year * 12 + then.month - 1
        known = [value for since, value in rates if 0 <= day - since <= 31]
        added = Counter(touchpoints=1)
        for name, amount, currency in (("amount", *money[:2]), ("cost", *money[2:])):
            if amount is not None and currency == "BDT":
                added[name] += amount
            elif amount is not None and known:
                added[name] += amount * known[-1]
            elif amount is not None:
                added["missing"] += 1
        keys = (day, source, kind, channel, direction, automated, campaign), (month, stage, relationship, channel)
        for table, key in zip(ROLLED, keys, strict=True):
            sums[table].setdefault(key, Counter()).update(added)
    names = SUMS.split(", ")
    return {table: {key: tuple(each[n] for n in names) for key, each in held.items()} for table, held in sums.items()}


def settled(bench: Bench) -> tuple[int, int]:
    """How many touchpoints and customers wait to be counted."""
    waiting = "SELECT (SELECT count(*) FROM uncounted), (SELECT count(*) FROM moved_account)"
    return bench.projection.all(waiting)[0]


def happenings(draw: Random) -> Iterator[sdk.Row]:
    """Rows of few people under many names: they merge, split, change, go, and come to other stages."""
    for _ in range(draw.randrange(1, 12)):
        key = f"k{draw.randrange(30)}"
        if draw.random() < 0.15:
            yield row(key, deleted=True)
            continue
        kind, channel = draw.choice([("invoice", "ACCOUNTING"), ("email", "EMAIL"), ("form", "WEB"), ("call", "PHONE")])
        only: dict[str, Any] = {"kind": kind, "channel": channel, "automated": draw.random() < 0.2}
        if draw.random() < 0.2:
            only["anchor"] = tp(f"k{draw.randrange(30)}")
        elif draw.random() < 0.9:
            only["who"] = {"email": f"p{draw.randrange(5)}@x.org"}
            if draw.random() < 0.3:
                only["who"]["phone"] = f"+88017{draw.randrange(3):08}"
            if draw.random() < 0.2:
                only["who"]["firm"] = f"F{draw.randrange(3)}"
        if kind == "invoice":
            only |= {"amount": f"{draw.randrange(-500, 5000)}.{draw.randrange(100):02}",
                     "currency": draw.choice(["BDT", "USD"])}  # fmt: skip
        at = date(2025, 2, 20) + timedelta(days=draw.randrange(80))
        yield row(key, at=f"{at.isoformat()}T20:00:00+00:00", title=f"{draw.random()}", **only)


def decide(bench: Bench, draw: Random, made: list[str]) -> None:
    """A person merges two, takes a touchpoint out of one, or takes an earlier decision back; or nothing."""
    persons = sorted(bench.projection.all(PERSONS))
    what = draw.randrange(6)
    if what == 0 and len(persons) > 1:
        made.append(bench.merge(*(id_ for id_, _ in draw.sample(persons, 2))))
    elif what == 1 and persons:
        customer, touchpoint = draw.choice(persons)
        made.append(bench.split(customer, touchpoint))
    elif what == 2 and made:
        bench.undo(made.pop())


@pytest.mark.parametrize("seed", [3, 29])
def test_rollups_are_what_the_touchpoints_come_to_after_every_batch(bench: Bench, seed: int) -> None:
    draw, made = Random(seed), list[str]()
    for step in range(12):
        given = list(happenings(draw))
        if draw.random() < 0.4:
            on, value = draw.choice(list(RATES.items()))
            given.append(rate(f"r{on}", on, str(value + draw.randrange(3))))
        bench.tell(*given)
        decide(bench, draw, made)
        assert settled(bench) == (0, 0), step
        assert rolled(bench) == recounted(bench), step


async def compared(bench: Bench, draw: Random, many: int) -> int:
    """So many group-bys by chance, both ways; how many of them the rollups answered."""
    reader = bench.store.reader()
    try:
        async with reader.snapshot() as snapshot:
            return sum([await compare(bench, draw, snapshot) for _ in range(many)])
    finally:
        await reader.close()


async def compare(bench: Bench, draw: Random, snapshot: Snapshot) -> bool:
    """Ask a rollup and the touchpoints themselves for the same; whether the rollup had an answer."""
    company, home = bench.company, ZoneInfo(bench.company.time_zone)
    every = draw.choice([None, *TimeBucket])
    clocks = Clocks(home, home, every and Calendar(every, 6, 7))
    dimensions = tuple(draw.sample(draw.choice(DIMENSIONS), draw.randrange(4)))
    wanted = TouchpointFilter(
        channels=draw.choice([None, None, ("EMAIL", "WEB")]), kinds=draw.choice([None, None, ("invoice",)]),
        automated=draw.choice([None, None, False]), sources=draw.choice([None, None, ("src_books",)]),
        occurred=draw.choice([None, None, Span(int(datetime(2025, 3, 2, tzinfo=home).timestamp()) * 1_000_000)]),
    )  # fmt: skip
    who = [None, CustomerFilter(relationships=("CUSTOMER",)), CustomerFilter(stages=("LEAD", "CUSTOMER"))]
    grouping = TouchpointGrouping(dimensions, None, "", wanted, draw.choice(who))
    measures = MEASURES - {"customers"} - draw.choice([set(), {"not_converted"}])
    asked = rollups.held(grouping, clocks, company.currency, company, measures)
    if asked is None:
        return False
    found = await rollups.rolled_up(snapshot, asked, company.currency, measures)
    counted = await of_touchpoints(snapshot, grouping, clocks, company.currency, measures)
    if found is not None:
        one, other = (sorted(each.groups, key=lambda group: repr(group.key)) for each in (found, counted))
        assert one == other
        assert "not_converted" not in measures or counted.lacking == []
    return found is not None


@pytest.mark.parametrize("seed", range(2))
def test_a_rollup_answers_what_looking_at_each_touchpoint_does_also_while_some_wait(bench: Bench, seed: int) -> None:
    draw, made, answered = Random(seed), list[str](), 0
    told = rate("r", "2025-02-20", "100"), rate("r2", "2025-03-15", "110"), rate("r3", "2025-04-10", "120")
    if seed:
        bench.tell(*told)
    for _ in range(8):
        bench.accept(*happenings(draw))
        while bench.processor.backlog():
            bench.processor.run(5)
        answered += asyncio.run(compared(bench, draw, 12))
        decide(bench, draw, made)
    bench.tell(*told)
    answered += asyncio.run(compared(bench, draw, 40))
    assert answered > 20


def test_counting_much_that_waits_lets_jobs_go_first(bench: Bench) -> None:
    bench.tell(*(row(f"k{n}", at="2025-03-01T09:00:00+00:00") for n in range(3)))
    before = rolled(bench)
    with bench.projection.transaction():
        for table in ROLLED:
            bench.projection.run(f"DELETE FROM {table}")
        bench.projection.run("INSERT INTO uncounted (touchpoint) SELECT num FROM touchpoint")
        # As many as are counted together, of touchpoints that there are no more.
        bench.projection.insert("uncounted", ["touchpoint"], [(n,) for n in range(10_000, 10_000 + TOGETHER)])
    assert bench.processor.run()
    assert bench.processor.at_leisure
    assert rolled(bench) == before
    assert not bench.processor.run()
    assert settled(bench) == (0, 0)
