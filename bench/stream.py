"""A stream of deliveries as a growing company has them: four sources, people with one to three identifiers, re-sends.

For each 300,000 deliveries 40,000 people; 5 % are sent again, 10 % come up to 35 days late, 2.5 % of the people are
families that share phone and device, and until 40 % of the stream every touchpoint names one identifier only, so that
people first known in pieces grow together later.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

import orjson

from hub import sdk
from hub.desk import Desk
from hub.ingest import founding
from hub.ingest.accept import Arrival, accept
from hub.ingest.process import Processor
from hub.ingest.processing import COUNTED_EVERY
from hub.ingest.sources import Sources
from hub.journey.rules import load_rules
from hub.registry import Registry
from hub.sealing import Seal
from hub.settings import Company
from hub.store.engine import Store
from hub.store.session import Session
from hub.store.writing import records

COMPANY = Company(name="Bench", currency="EUR", country="DE", time_zone="Europe/Berlin")
START = 1_735_689_600
"""2025-01-01T00:00:00Z in seconds."""
NOW = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z in microseconds."""
_DAY = 86_400
_KINDS = {
    "mail": ("email", sdk.Channel.EMAIL),
    "social": ("message", sdk.Channel.SOCIAL),
    "shop": ("invoice", sdk.Channel.ACCOUNTING),
    "web": ("form", sdk.Channel.WEB),
}
_PEOPLE_EACH = 7.5
"""Deliveries for each person."""


class Deliveries(sdk.PushStream):
    """JSON of 350 bytes each."""

    name = "deliveries"
    nature = sdk.Nature.EVENTS

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        said = orjson.loads(row.payload)
        kind, channel = _KINDS[said["source"]]
        held = [_IDENTIFIERS[name](said[name]) for name in ("user", "email", "phone", "device") if name in said]
        yield sdk.Touchpoint(
            kind=kind, channel=channel, direction=sdk.Direction.INBOUND, title=said["title"],
            occurred_at=datetime.fromtimestamp(said["at"], UTC), identifiers=tuple(held),
            amount=sdk.Money(Decimal(said["amount"]), "EUR") if "amount" in said else None,
            traits={"name": said["name"]} if "name" in said else {}, properties={"note": said["note"]},
        )  # fmt: skip


_IDENTIFIERS = {"user": sdk.user, "email": sdk.email, "phone": sdk.phone, "device": sdk.cookie}


class Told(sdk.Connector):
    """The connector of all four sources."""

    name = "bench.told"
    title = "Deliveries made up for benchmarks."

    def streams(self) -> Sequence[sdk.Stream]:
        return [Deliveries()]


def deliveries(count: int, seed: int = 7, merges: bool = True) -> Iterator[tuple[str, sdk.Row]]:
    """(source, row), the same at every call. Without ``merges`` nobody is known in pieces."""
    rng = random.Random(seed)
    people = max(10, int(count / _PEOPLE_EACH))
    sent: list[tuple[str, sdk.Row]] = []
    for number in range(count):
        if sent and rng.random() < 0.05:
            yield rng.choice(sent)
            continue
        source, row = _delivery(rng, number, count, people, merges)
        sent.append((source, row))
        if len(sent) > 5000:
            sent = sent[2500:]
        yield source, row


def _delivery(rng: random.Random, number: int, count: int, people: int, merges: bool) -> tuple[str, sdk.Row]:
    person = rng.randrange(people)
    family = person - 1 if person % 40 == 1 else person  # two people, one phone and device
    at = START + int(number / count * 300 * _DAY)
    if rng.random() < 0.1:
        at -= rng.randrange(35 * _DAY)
    source = ("mail", "social", "web", "shop")[min(3, int(rng.random() * 4))]
    identifiers = {
        "user": f"u{person}", "email": f"person{person}@mail.example",
        "phone": f"+4917{family:08}", "device": f"device-{family}",
    }  # fmt: skip
    names = list(identifiers)
    held = [rng.choice(names[:3])] if merges else ["user", "email"]
    if merges and number > 0.4 * count:
        held = rng.sample(names, rng.choice((1, 2, 2, 3)))
    said: dict[str, Any] = {"source": source, "at": at, "title": f"Delivery {number}"}
    said |= {name: identifiers[name] for name in held}
    if rng.random() < 0.5:
        said["name"] = f"First{person} Last{person}"
    if source == "shop":
        said["amount"] = f"{rng.randrange(100, 90_000) / 100:.2f}"
    said["note"] = "x" * max(0, 330 - len(orjson.dumps(said)))
    return source, sdk.Row(f"d{number}", orjson.dumps(said))


@dataclass
class Bare:
    """A hub without threads: its sessions, and a run for each source."""

    store: Store
    truth: Session
    projection: Session
    processor: Processor
    arrivals: dict[str, Arrival]
    clock: Callable[[], int]

    def take(self, deliveries: Sequence[tuple[str, sdk.Row]]) -> None:
        """Accept deliveries in one transaction, then process them in another, and whatever there is to do then."""
        self.accept(deliveries)
        while self.processor.run(len(deliveries)):
            pass

    def accept(self, deliveries: Sequence[tuple[str, sdk.Row]]) -> None:
        """Accept deliveries in one transaction."""
        by_source: dict[str, list[sdk.Row]] = {}
        for source, row in deliveries:
            by_source.setdefault(source, []).append(row)
        with self.truth.transaction():
            for source, rows in by_source.items():
                accept(self.truth, replace(self.arrivals[source], at=self.clock()), rows)

    def rest(self) -> None:
        """Bring the rollups up to date, which lag a little while deliveries come."""
        with self.projection.transaction():
            self.processor.counting.finish()

    def close(self) -> None:
        """Come to rest, and give up both sessions and the hub."""
        self.rest()
        self.truth.close()
        self.projection.close()
        self.store.close()


def bare(address: str, now: int = NOW) -> Bare:
    """Make a hub at an address with the four sources of the stream. ``now``: the present, in microseconds."""
    registry = Registry({Desk.name: Desk, Told.name: Told}, {})
    store = Store.at(address)
    truth, projection = store.truth(), store.projection()
    arrivals = {}
    with truth.transaction():
        company, _ = founding.found(truth, COMPANY, Seal(), now)
    for name in _KINDS:
        with truth.transaction():
            founding.insert_source(truth, f"src_{name}", name, Told.name, {}, True, now)
            num = int(truth.value("SELECT num FROM source WHERE name = $1", name))
            arrivals[name] = Arrival(num, Deliveries(), records.start_run(truth, num, "PULL", now)[0], now)
    with projection.transaction():
        founding.begin_projection(projection)
    rules = load_rules(basis=company.revenue_basis)
    clock = partial(next, count(now))
    processor = Processor(projection, company, Sources(registry), rules, clock)
    processor.counting.apart = COUNTED_EVERY  # as in a hub that is served
    return Bare(store, truth, projection, processor, arrivals, clock)
