"""A hub without threads, a connector whose rows say their touchpoints, and what came of them by natural keys."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

from hub import sdk
from hub.desk import Desk
from hub.identity.rule_set import write_rules
from hub.identity.rules import Rules as IdentityRules
from hub.ids import random_id, touchpoint_id
from hub.ingest import decisions as deciding
from hub.ingest import founding
from hub.ingest.accept import Accepted, Arrival, accept, digest_of
from hub.ingest.decisions import Intent
from hub.ingest.defer import OVERSIZE
from hub.ingest.preview import Preview, preview
from hub.ingest.process import Processor, drain
from hub.ingest.sources import Sources
from hub.journey.rules import rules_of
from hub.registry import Registry
from hub.sealing import Seal
from hub.settings import Company
from hub.store import matter_tables, portraits, rollup_tables  # noqa: F401 (their tables belong to the projection too)
from hub.store.engine import Store
from hub.store.projection import PROJECTION
from hub.store.writing import decisions, records, rule_sets
from tests.ingest.statements import DUMP

COMPANY = Company(name="Test", currency="BDT", country="BD", time_zone="Asia/Dhaka")
NOW = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z in microseconds."""
DAY = 86_400_000_000


# Rows ---------------------------------------------------------------------------------------------------------


def row(
    key: str, *touchpoints: Mapping[str, Any], version: str | None = None, deleted: bool = False, **only: Any
) -> sdk.Row:
    """A row of ``Rows`` or ``Happenings``; ``only`` describes its one touchpoint."""
    told = [*touchpoints, only] if only else list(touchpoints)
    payload = b"" if deleted else json.dumps(told, ensure_ascii=False, sort_keys=True).encode()
    return sdk.Row(key, payload, version=version, deleted=deleted)


_PLAIN: dict[str, Callable[[str], sdk.Identifier]] = {
    "email": sdk.email, "phone": sdk.phone, "cookie": sdk.cookie, "user": sdk.user, "vat": sdk.vat,
}  # fmt: skip


def _identifier(kind: str, value: str) -> sdk.Identifier:
    """``person`` and ``firm`` are contact ids of either side; a number after a dot allows several of a kind."""
    kind = kind.partition(".")[0]
    match kind:
        case "person":
            return sdk.contact(value, sdk.Side.PERSON)
        case "firm":
            return sdk.contact(value)
        case "social":
            return sdk.social("m", value)
        case "handle":
            return sdk.handle("x", value)
        case _:
            return _PLAIN[kind](value)


def _money(text: str | None, currency: str) -> sdk.Money | None:
    return None if text is None else sdk.Money(Decimal(text), currency)


def _time(text: str) -> datetime | date:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _matter(told: Mapping[str, Any], currency: str) -> sdk.MatterClaim:
    given = dict(told)
    return sdk.MatterClaim(
        kind=sdk.MatterKind(given.pop("kind", "INVOICE")), amount=_money(given.pop("amount", None), currency),
        outcome=sdk.MatterOutcome(outcome) if (outcome := given.pop("outcome", None)) else None, **given,
    )  # fmt: skip


def _touchpoint(told: Mapping[str, Any]) -> sdk.Touchpoint:
    currency = told.get("currency", "BDT")
    return sdk.Touchpoint(
        kind=told.get("kind", "email"),
        channel=sdk.Channel(told.get("channel", "EMAIL")),
        direction=sdk.Direction(told.get("direction", "INBOUND")),
        occurred_at=_time(told.get("at", "2025-03-01T09:00:00+00:00")),
        title=told.get("title", ""),
        text=told.get("text"),
        part=told.get("part", ""),
        document=told.get("document"),
        automated=told.get("automated", False),
        amount=_money(told.get("amount"), currency),
        identifiers=tuple(_identifier(kind, value) for kind, value in told.get("who", {}).items()),
        traits=told.get("traits", {}),
        matters=tuple(_matter(each, currency) for each in told.get("matters", ())),
        lines=tuple(
            sdk.Line(description=name, quantity=Decimal(1), unit_price=sdk.Money(Decimal(amount), currency),
                     amount=sdk.Money(Decimal(amount), currency), sku=told.get("sku", ""))
            for name, amount in told.get("lines", ())
        ),
        properties=told.get("properties", {}),
        anchor=told.get("anchor"),
        alias=told.get("alias", False),
    )  # fmt: skip


class Rows(sdk.PushStream):
    """States: a changed row is a new version. A payload of ``crash`` breaks the connector, ``unreadable`` says so."""

    name = "rows"

    def touchpoints(self, row: sdk.Row) -> Iterable[sdk.Mapped]:
        if row.payload == b"crash":
            raise RuntimeError("the connector fell over")
        try:
            told = json.loads(row.payload)
        except ValueError:
            raise sdk.RowUnreadable("no JSON", path="payload", hint="write JSON") from None
        for each in told:
            if "product" in each:
                yield sdk.Product(sku=each["product"], name=each["name"])
            elif "spend" in each:
                channel = sdk.Channel(each["channel"]) if "channel" in each else None
                money = sdk.Money(Decimal(each["spend"]), each.get("currency", "BDT"))
                on = date.fromisoformat(each["on"])
                yield sdk.Spend(on=on, amount=money, channel=channel, campaign=each.get("campaign"))
            elif "rate" in each:
                yield sdk.ExchangeRate(
                    on=date.fromisoformat(each["on"]),
                    base=each["base"],
                    quote=each["quote"],
                    rate=Decimal(each["rate"]),
                )
            else:
                yield _touchpoint(each)


class Happenings(Rows):
    """Events: the first payload stands."""

    name = "happenings"
    nature = sdk.Nature.EVENTS


class Feed(sdk.PullStream):
    """Pages of two rows from a list that tests fill; ``fail_after`` pages the source breaks off."""

    name = "feed"
    rows: ClassVar[list[sdk.Row]] = []
    fail_after: ClassVar[int | None] = None
    asked: ClassVar[list[sdk.Cursor | None]] = []

    async def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        self.asked.append(cursor)
        start = int(cursor["at"]) if cursor else 0
        for number, at in enumerate(range(start, len(self.rows), 2)):
            if number == self.fail_after:
                raise sdk.SourceFailed("The other side hung up.")
            yield sdk.Page(self.rows[at : at + 2], {"at": at + 2}, done=min(1.0, (at + 2) / len(self.rows)))

    touchpoints = Rows.touchpoints


class Told(sdk.Connector):
    """The connector of these tests."""

    name = "test.told"
    title = "Rows that say their touchpoints"

    def streams(self) -> Sequence[sdk.Stream]:
        return [Rows(), Happenings(), Feed()]


REGISTRY = Registry({"hub.desk": Desk, "test.told": Told}, {})
_STREAMS = {each.name: each for each in (*Desk(sdk.Settings()).streams(), *Told(sdk.Settings()).streams())}


# A hub without threads ----------------------------------------------------------------------------------------

_TRUTH = (
    "fitted_model rule_set segment withdrawal decision checkpoint listed listing health_turn run_stream record "
    "envelope run token credential source_change source setting sequence"
).split()
_PROJECTION = [table.name for table in PROJECTION.sorted_tables]


class Bench:
    """Accepts and processes when it is told to, in batches of the size it is told."""

    def __init__(self, address: str, *, company: Company = COMPANY, identity: IdentityRules | None = None) -> None:
        self.store = Store.at(address)
        self.company = company
        self.identity = identity
        self.lifecycle = rules_of(company)
        self.truth = self.store.truth()
        self.projection = self.store.projection()
        carefree = "SET synchronous_commit = off" if address.startswith("postgresql") else "PRAGMA synchronous = OFF"
        for session in (self.truth, self.projection):
            session.run(carefree)
        self.clock = NOW
        self.oversize = OVERSIZE
        self.chunk = 1000
        self._begin()

    def _begin(self) -> None:
        with self.truth.transaction():
            founding.found(self.truth, self.company, Seal(), NOW)
        with self.projection.transaction():
            founding.begin_projection(self.projection)
        self.restart()
        self.ids: dict[str, int] = {}
        self.runs: dict[str, int] = {}

    def restart(self) -> None:
        """Another processor takes over, which knows nothing but what is stored."""
        self.sources = Sources(REGISTRY)
        self.processor = Processor(
            self.projection,
            self.company,
            self.sources,
            self.lifecycle,
            lambda: self.clock,
            self.identity,
        )
        self.processor.oversize, self.processor.chunk = self.oversize, self.chunk

    def clear(self) -> None:
        """An empty hub again, faster than a new one."""
        for session, tables in ((self.truth, _TRUTH), (self.projection, _PROJECTION)):
            with session.transaction():
                for table in tables:
                    session.run(f"DELETE FROM {table}")
        self.clock = NOW
        self._begin()

    def forget(self) -> None:
        """Lose the whole projection: what is processed next begins with the first truth row."""
        with self.projection.transaction():
            for table in _PROJECTION:
                self.projection.run(f"DELETE FROM {table}")
            founding.begin_projection(self.projection)
        self.restart()

    def close(self) -> None:
        self.truth.close()
        self.projection.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def source(self, name: str, *, book_of_record: bool = True) -> int:
        """The number of a source, made when it is not there. Its id is ``src_`` and its name. ``Desk`` is there."""
        if name not in self.ids:
            with self.truth.transaction():
                if name != "Desk":
                    founding.insert_source(self.truth, f"src_{name}", name, "test.told", {}, book_of_record, NOW)
            self.ids[name] = int(self.truth.value("SELECT num FROM source WHERE name = $1", name))
        return self.ids[name]

    def run(self, source: str, name: str) -> int:
        """The number of a run by a name of its own; the run's id is ``run_`` and that name."""
        num = self.source(source)
        if name not in self.runs:
            with self.truth.transaction():
                self.runs[name], id_ = records.start_run(self.truth, num, "PUSH", NOW)
                self.truth.run("UPDATE run SET id = $1 WHERE id = $2", f"run_{name}", id_)
        return self.runs[name]

    def accept(self, *rows: sdk.Row, source: str = "books", stream: str = "rows", run: str | None = None) -> Accepted:
        """Store rows; nothing is processed."""
        num = self.source(source)
        run_num = self.run(source, run or f"{source}-all")
        with self.truth.transaction():
            return accept(self.truth, Arrival(num, _STREAMS[stream], run_num, self.clock), rows)

    def record(self, source: str, stream: str, given: sdk.Row) -> int:
        """The number of the record that holds a row; the last one, when it was told again after another."""
        found = self.truth.value(
            "SELECT max(number) FROM record WHERE source = $1 AND stream = $2 AND key = $3 AND digest = $4 "
            "AND coalesce(source_version, '') = $5",
            self.source(source), stream, given.key, digest_of(given, _STREAMS[stream]), given.version or "",
        )  # fmt: skip
        return int(found)

    def process(self, most: int = 1000) -> int:
        """Process everything, in batches of ``most``; the answer is how many there were."""
        return drain(self.processor, most)

    def tell(self, *rows: sdk.Row, source: str = "books", stream: str = "rows", run: str | None = None) -> Accepted:
        """Store rows and process them."""
        accepted = self.accept(*rows, source=source, stream=stream, run=run)
        self.process()
        return accepted

    # Decisions ------------------------------------------------------------------------------------------------

    def decide(
        self, operation: str, *made: tuple[str, str, str, str], withdraw: Sequence[tuple[str, bool]] = ()
    ) -> None:
        """Store decisions (kind, side, touchpoint, touchpoint) and withdrawals of operations."""
        self._write(
            [(operation, *each) for each in made],
            [("DECISION", target, restore, operation) for target, restore in withdraw],
        )

    def withdraw(self, kind: str, target: str, *, restore: bool = False) -> None:
        """Store a withdrawal or restoration."""
        self._write([], [(kind, target, restore, None)])

    def rule(self, rules: IdentityRules) -> None:
        """Store identity rules."""
        with self.truth.transaction():
            number = records.take_numbers(self.truth) + 1
            rule_sets.insert(self.truth, (number, rule_sets.IDENTITY, rules.version, write_rules(rules), "me", "", NOW))
            records.give_numbers(self.truth, number)

    def lifecycle_rules(self, text: str) -> int:
        """Store lifecycle rules."""
        with self.truth.transaction():
            number = records.take_numbers(self.truth) + 1
            rule_sets.insert(self.truth, (number, rule_sets.LIFECYCLE, "t", text, "me", "", NOW))
            records.give_numbers(self.truth, number)
        return number

    def _write(
        self, made: Sequence[tuple[str, str, str, str, str]], taken: Sequence[tuple[str, str, bool, str | None]]
    ) -> None:
        with self.truth.transaction():
            last = records.take_numbers(self.truth)
            decided = [(last + place, *each, "me", "", NOW) for place, each in enumerate(made, 1)]
            last += len(made)
            withdrawn = [(last + place, *each, "me", "", NOW) for place, each in enumerate(taken, 1)]
            decisions.insert(self.truth, decided, withdrawn)
            records.give_numbers(self.truth, last + len(taken))

    def carry_out(self, intent: Intent) -> str:
        """Store and process what merge, split and undo intend; the answer is the operation."""
        operation = random_id("dec")
        self.decide(operation, *intent.decisions, withdraw=intent.withdrawals)
        self.process()
        return operation

    def merge(self, *customers: str) -> str:
        return self.carry_out(deciding.merge(self.projection, customers))

    def split(self, customer: str, *touchpoints: str) -> str:
        return self.carry_out(deciding.split(self.projection, customer, touchpoints))

    def undo(self, operation: str) -> str:
        return self.carry_out(deciding.undo(self.projection, operation))

    def preview(self, intent: Intent, *withdrawn: tuple[str, str, bool]) -> Preview:
        return preview(self.processor, self.projection, intent, withdrawn)

    # What came of it ------------------------------------------------------------------------------------------

    def partition(self) -> dict[str, tuple[str | None, str | None]]:
        """(customer id, organisation id) of standing touchpoints."""
        return {
            id_: (customer, firm)
            for id_, customer, firm in self.projection.all(
                "SELECT t.id, c.id, o.id FROM touchpoint t LEFT JOIN customer c ON c.num = t.customer "
                "LEFT JOIN customer o ON o.num = t.organisation WHERE t.retracted_at IS NULL"
            )
        }

    def groups(self) -> set[frozenset[str]]:
        """The standing touchpoints of each person or firm; one that belongs to nobody stands alone."""
        found: dict[str, set[str]] = {}
        for touchpoint, belongs in self.partition().items():
            for customer in {held for held in belongs if held is not None} or {f"nobody {touchpoint}"}:
                found.setdefault(customer, set()).add(touchpoint)
        return {frozenset(held) for held in found.values()}

    def customer(self, touchpoint: str) -> str | None:
        """The id of the customer of a touchpoint."""
        return self.partition()[touchpoint][0]

    def dump(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that is shown of customers, matters and standing touchpoints, without row numbers, in order."""
        return {name: sorted(self.projection.all(statement), key=repr) for name, statement in DUMP.items()}


def tp(key: str, part: str = "", *, source: str = "books", stream: str = "rows") -> str:
    """The id of a touchpoint of the tests' connector."""
    return touchpoint_id(f"src_{source}", stream, key, part)
