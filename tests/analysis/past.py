"""Hubs that stopped, and excerpts that must say the same of every customer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import Any

from hub.analysis.excerpts import Asked, Until, excerpt
from hub.analysis.tracing import pending, trace
from hub.ids import naming_touchpoint, side_of
from hub.ingest import founding
from hub.ingest.leave_out import leave_out
from hub.ingest.process import Processor
from hub.ingest.sources import Sources
from hub.journey.rules import load_rules
from hub.store.session import Session
from tests.ingest.builders import DAY, NOW, REGISTRY, Bench
from tests.ingest.statements import DUMP
from tests.ingest.streams import Step, stream, tell

OWN = ("customer touchpoint identifier customer_value purchase stage_change trait tag affiliation matter").split()
"""What is shown with customers, by their ids."""
PARTS = {"line_item": "touchpoint", "matter_change": "matter"}
"""And what is shown with that."""

Shown = dict[str, list[tuple[Any, ...]]]


def shown(session: Session) -> dict[str, Shown]:
    """All that is shown of each customer, by id."""
    found: dict[str, Shown] = {}
    for table in OWN:
        for row in session.all(DUMP[table]):
            ids = {cell for cell in row if isinstance(cell, str) and cell.startswith("cus_")}
            if table == "customer":
                # How an identifier is spelled is how it was written first, by whatever was processed first.
                ids, row = {row[0]}, (*row[:3], row[4], row[4], None, *row[6:])
            for id_ in ids:
                found.setdefault(id_, {}).setdefault(table, []).append(tuple(row))
    beside = {name: (of, session.all(DUMP[name])) for name, of in PARTS.items()}
    for tables in found.values():
        for name, (of, rows) in beside.items():
            held = {row[0] for row in tables.get(of, ())}
            tables[name] = [tuple(row) for row in rows if row[0] in held]
        for rows in tables.values():
            rows.sort(key=repr)
    return found


def traced(bench: Bench) -> None:
    """Keep all traces, two records at a time."""
    while trace(bench.processor, bench.projection, bench.company, 2):
        pass
    with bench.projection.snapshot():
        assert not pending(bench.projection)


def as_of(bench: Bench, customer: str, until: Until) -> Shown:
    """What is shown of a customer as of a moment."""

    def make(session: Session, clock: Any) -> Processor:
        with session.transaction():
            founding.begin_projection(session)
        rules = load_rules(basis=bench.company.revenue_basis)
        return Processor(session, bench.company, Sources(REGISTRY), rules, clock, bench.identity)

    asked = Asked((naming_touchpoint(customer),), side_of(customer))
    with bench.projection.snapshot():
        made = excerpt(bench.projection, make, asked, until, bench.company)
    found = shown(made).get(customer, {})
    made.close()
    return found


def stopped(steps: Sequence[Step], seed: int) -> Sequence[Step]:
    """The first part of a stream."""
    return steps[: random.Random(seed).randint(len(steps) // 4, len(steps))]


def compared(bench: Bench, other: Bench, seed: int) -> Iterator[str]:
    """What differs between a hub that stopped (``other``) and one that went on, asked as of then."""
    steps = stream(seed)
    bench.clear()
    other.clear()
    tell(other, stopped(steps, seed))
    tell(bench, steps, [5, 9, 5])
    number = int(other.truth.value("SELECT value FROM sequence"))
    traced(bench)
    for id_, before in shown(other.projection).items():
        after = as_of(bench, id_, Until(number, other.clock))
        for table in before.keys() | after.keys():
            if before.get(table) != after.get(table):
                yield f"stream {seed}, {id_}, {table}: {before.get(table)} but {after.get(table)}"


def left_out(bench: Bench, seed: int) -> Iterator[str]:
    """What differs between customers of whom what happened later is left out, and a hub of which all of it is."""
    bench.clear()
    tell(bench, stream(seed))
    traced(bench)
    number = int(bench.truth.value("SELECT value FROM sequence"))
    happened = [at for (at,) in bench.projection.all("SELECT occurred_at FROM touchpoint ORDER BY occurred_at")]
    moment = random.Random(seed).choice([at + extra for at in happened or [NOW] for extra in (-1, 0, 40 * DAY)])
    everybody = list(shown(bench.projection))
    found = {id_: as_of(bench, id_, Until(number, moment, moment)) for id_ in everybody}
    bench.clock = moment
    bench.forget()
    bench.process()
    leave_out(bench.processor, bench.projection, moment, bench.company)
    whole = shown(bench.projection)
    for id_ in everybody:
        for table in (*OWN, *PARTS):
            if whole.get(id_, {}).get(table) != found[id_].get(table):
                yield f"stream {seed}, {id_}, {table}: {whole.get(id_, {}).get(table)} but {found[id_].get(table)}"
