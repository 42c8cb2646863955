"""Rollups hold what summing up the touchpoints themselves comes to, whatever happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from hub import sdk
from tests.ingest.builders import Bench, row, tp
from tests.ingest.test_rates import rate

SUMS = "touchpoints, amount, cost, missing"
ROLLED = {
    "touchpoint_rollup": "day, source, kind, channel, direction, automated, campaign",
    "stage_rollup": "month, stage, relationship, channel",
}
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


@pytest.mark.parametrize("seed", range(4))
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
