"""Random streams of all that a hub can be told, over small pools, so that much collides.

Rows of several natures, versions, deletions, exact duplicates, aliases, entries, decisions about either side,
withdrawals of records, runs, sources and decisions, what takes those back, and identity rules.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub import sdk
from hub.identity.rules import Rules
from hub.ids import customer_id
from hub.journey.rules import default_text
from hub.values import Side
from tests.ingest.builders import DAY, Bench, row, tp

EMAILS = [
    "anna@x.org",
    "Anna+shop@X.org",
    "a.nna@gmail.com",
    "anna@googlemail.com",
    "rafiq@y.org",
    "info@y.org",
    "null",
]
PHONES = ["01711-000001", "০১৭১১০০০০০১", "01711-000001", "01711-000002", "+8801711000003"]
NAMES = [
    "",
    "Karim Uddin",
    "UDDIN, Karim",
    "Anna Rahman",
    "Rafiq Ahmed",
    "করিম উদ্দিন",
    "জনাব করিম উদ্দিন",
    "مریم بی بی",
    "",
]
CONTACTS = ["7", "8", "9"]
SOURCES = ["books", "forms"]
RUNS = "ab"
TIMES = ["2025-01-01T09:00:00+00:00"] * 3 + ["2025-02-01T09:00:00+00:00", "2025-02-01"]
DOCUMENTS = ["D1", "D2"]
YEAR = 400 * DAY
DECIDED = [
    {"stage": "LOYAL", "until": None, "by": "Mina", "reason": "She knows."},
    {"stage": "LEAD", "until": "2025-06-01T00:00:00+00:00", "by": "Mina", "reason": "For now."},
    {"stage": None, "until": None, "by": "Mina", "reason": "Never mind."},
]
LIFECYCLES = [
    default_text(),
    default_text().replace("at_least = 3", "at_least = 2").replace("at_risk_after_days = 90", "at_risk_after_days = 9"),
    default_text().replace('"purchase"\ntext', '"purchase"\nlasts_days = 40\nspent_at_least = 12\ntext'),
    default_text().replace("[standing]", "[standing]\nat_risk_after_rhythms = 1.5\nlapsed_after_rhythms = 4\n"
                           'signs = "purchases"\nrhythm = { intervals = 1 }'),
]  # fmt: skip
DUPLICATES = 0.2
"""How many rows are told twice."""


@dataclass(frozen=True)
class Step:
    """One thing the hub is told. Steps of one ``lane`` keep their order in any shuffle."""

    lane: str
    kind: str
    given: tuple[Any, ...]


@dataclass(frozen=True)
class Named:
    """A row of the stream: where it comes from, and whether its versions are numbered by the source."""

    key: str
    source: str
    stream: str
    versioned: bool = False

    @property
    def touchpoint(self) -> str:
        return tp(self.key, source=self.source, stream=self.stream)

    @property
    def lane(self) -> str:
        return f"{self.source} {self.stream} {self.key}"


def limits(rng: random.Random) -> Rules:
    """The usual rules, or such small limits that much is refused."""
    if rng.random() < 0.4:
        return Rules()
    return Rules(
        most_stronger=rng.choice([1, 1, 2, 20]),
        most_names=rng.choice([1, 2, 20]),
        most_phone_names=rng.choice([1, 1, 2]),
        most_identifiers=rng.choice([2, 3, 4, 6, 1000]),
        blocked_values=frozenset(rng.choice([(), (), (), ("9",)])),
        role_mailboxes=frozenset(rng.choice([(), (), ("rafiq",)])),
        personal_mailboxes=frozenset(rng.choice([(), (), ("info",)])),
        never_join=frozenset(rng.choice([(), (), (), ("social",), ("phone", "cookie")])),
    )


# Rows ---------------------------------------------------------------------------------------------------------


def _who(rng: random.Random) -> dict[str, str]:
    held: dict[str, str] = {}
    for kind, pool, chance in (
        ("email", EMAILS, 0.55), ("phone", PHONES, 0.45), ("person", CONTACTS, 0.25), ("firm", CONTACTS, 0.25), ("social", CONTACTS, 0.25),  # noqa: E501
        ("cookie", CONTACTS, 0.3), ("email.2", EMAILS, 0.1), ("user", CONTACTS, 0.35), ("vat", ["DE77", "DE88"], 0.1),
    ):  # fmt: skip
        if rng.random() < chance:
            held[kind] = rng.choice(pool)
    return held


def _anchor(rng: random.Random, names: Sequence[Named]) -> str:
    """A touchpoint, or a customer it may be the first of."""
    touchpoint = rng.choice(names).touchpoint
    return rng.choice([touchpoint, touchpoint, *(customer_id(touchpoint, side) for side in Side)])


def _traits(rng: random.Random) -> dict[str, str]:
    known = {"birthday": "1990-05-01", "company": "Rahman & Co", "job_title": "clerk", "city": "Dhaka"}
    told = {trait: value for trait, value in known.items() if rng.random() < 0.12}
    return told | ({"name": name} if (name := rng.choice(NAMES)) else {})


def _touchpoint(rng: random.Random, names: Sequence[Named]) -> dict[str, Any]:
    told: dict[str, Any] = {"at": rng.choice(TIMES), "kind": rng.choice(["email", "form", "call"])}
    nobody = rng.random() < 0.25
    if not nobody:
        told["who"] = _who(rng)
        if "user" in told["who"] and rng.random() < 0.2:
            told["who"]["user.2"] = rng.choice(CONTACTS)
            told["alias"] = rng.random() < 0.7
        told["traits"] = _traits(rng)
    if rng.random() < 0.15 or (nobody and rng.random() < 0.5):
        told["anchor"] = _anchor(rng, names)
    if rng.random() < 0.3 or nobody:
        kind = rng.choice(["invoice", "payment", "refund", "credit_note"])
        number = rng.choice(["N1", "N2", "N3"])
        told |= {
            "kind": kind,
            "channel": "ACCOUNTING",
            "direction": "OUTBOUND",
            "amount": rng.choice(["10.00", "25.50"]),
        }
        told["currency"] = "USD" if number == "N3" else "BDT"
        told["properties"] = {"number": number} if kind == "invoice" else {"settles": number}
        if kind == "invoice" and number != "N1":
            told["properties"]["due_on"] = "2025-02-15"
        told["matters"] = [
            {"reference": each, "state": kind}
            for each in sorted({number, *rng.sample(["N1", "N2", "N3", "N4"], rng.choice([0, 0, 1]))})
        ]
    if rng.random() < 0.15:
        told["automated"] = True
    return told


def _line(rng: random.Random, names: Sequence[Named]) -> dict[str, Any]:
    """A line of a document whose other lines are other rows."""
    amount = rng.choice(["1.10", "2.20", "-1.10"])
    told = _touchpoint(rng, names)
    told.pop("anchor", None)
    told |= {
        "kind": "invoice",
        "channel": "ACCOUNTING",
        "document": rng.choice(DOCUMENTS),
        "currency": "BDT",  # which of two currencies a document has is a matter of what was heard first
        "amount": amount,
        "lines": [("thing", amount)],
    }
    return told


def _content(rng: random.Random, names: Sequence[Named]) -> list[dict[str, Any]]:
    if rng.random() < 0.2:
        return [_line(rng, names)]
    told = _touchpoint(rng, names)
    return [told, _touchpoint(rng, names) | {"part": "copy"}] if rng.random() < 0.1 else [told]


def row_of(rng: random.Random, key: str, names: Sequence[Named]) -> sdk.Row:
    """A row told under a key."""
    return row(key, *_content(rng, names))


def entry(rng: random.Random, key: str, names: Sequence[Named]) -> sdk.Row:
    """What a person wrote about a touchpoint or a customer."""
    profile = rng.random() < 0.75
    told: dict[str, Any] = {
        "kind": "profile" if profile else "note",
        "direction": "INTERNAL",
        "occurred_at": rng.choice(TIMES[:4]),
        "anchor": _anchor(rng, names),
        "traits": {"name": "Karim the Great"} if rng.random() < 0.3 else {},
    }
    if profile:
        told["properties"] = rng.choice(
            [{"add_tags": ["vip"]}, {"remove_tags": ["vip"], "add_tags": ["loud"]}, {"relationship": "SUPPLIER"}]
            + [{"stage_decision": decided} for decided in DECIDED]
        )
    return sdk.Row(key, json.dumps(told, sort_keys=True).encode())


# Streams ------------------------------------------------------------------------------------------------------


def rates(seed: int, steps: list[Step]) -> list[Step]:
    """The steps, and among them rates of the dollar, direct or over the euro, some of them changed or deleted."""
    rng = random.Random(f"rates {seed}")
    told: dict[str, sdk.Row | None] = {}
    place = 0
    for _ in range(rng.choice([0, 1, 2, 4, 6])):
        key = f"x{rng.randrange(4)}"
        base, quote = rng.choice([("USD", "BDT"), ("BDT", "USD"), ("EUR", "USD"), ("EUR", "BDT")])
        days = rng.sample(["2024-12-31", "2025-01-01", "2025-01-30", "2025-02-01"], rng.choice([1, 2]))
        pair = {"base": base, "quote": quote}
        given = row(key, *(pair | {"rate": rng.choice(["110.5", "0.9", "7"]), "on": on} for on in days))
        if told.get(key) is not None and rng.random() < 0.3:
            given = row(key, deleted=True)
        told[key] = given
        place = rng.randint(place, len(steps))
        name, run = Named(key, SOURCES[int(key[1:]) % 2], "rows"), rng.choice(RUNS)
        steps.insert(place, Step(name.lane, "row", (name, f"{name.source}-{run}", given)))
        place += 1
    return steps


class _Making:
    """A stream while it is made."""

    def __init__(self, seed: int) -> None:
        self.rng = rng = random.Random(seed)
        self.names = [
            Named(
                f"k{number}",
                rng.choice(SOURCES),
                *rng.choice([("rows", False)] * 4 + [("rows", True), ("happenings", False)]),
            )
            for number in range(1, rng.randint(4, 18))
        ]
        self.steps: list[Step] = []
        self.told: dict[Named, list[sdk.Row]] = {}
        self.made: list[str] = []

    def row(self, name: Named) -> None:
        """A row, a later version of it, or its deletion."""
        before = self.told.setdefault(name, [])
        deleted = bool(before) and self.rng.random() < 0.3
        given = row(
            name.key,
            *([] if deleted else _content(self.rng, self.names)),
            deleted=deleted,
            version=str(self.rng.randint(1, 4)) if name.versioned else None,
        )
        lane, run = name.lane, self.rng.choice(RUNS)
        if name.versioned:
            if given in before:
                return
            # The greatest version stands, whatever came first: these keep no order among themselves.
            lane, run = f"{lane} {len(before)}", RUNS[int(name.key[1:]) % len(RUNS)]
        before.append(given)
        self.steps.append(Step(lane, "row", (name, f"{name.source}-{run}", given)))

    def record(self) -> None:
        """A version of a row taken out, and sometimes put back."""
        at, told = self.rng.choice([(at, step) for at, step in enumerate(self.steps) if step.kind == "row"])
        name, _, given = told.given
        back = len(self.steps)
        self.steps.insert(self.rng.randint(at + 1, back), Step(told.lane, "record", (name, given, False)))
        if self.rng.random() < 0.4:
            self.steps.append(Step(told.lane, "record", (name, given, True)))

    def decision(self) -> None:
        side = self.rng.choice(["PERSON", "PERSON", "ORGANISATION"])
        ends = [name.touchpoint for name in self.names]
        if self.rng.random() < 0.1:
            ends.append(tp(self.rng.choice(DOCUMENTS)))
        first, *others = self.rng.sample(ends, self.rng.choice([2, 2, 2, 3]))
        word = self.rng.choice(["SAME", "NOT_SAME"])
        pairs = [(word, side, first, other) for other in others]
        if word == "NOT_SAME" and len(others) > 1:  # a split
            pairs += [("SAME", side, others[0], other) for other in others[1:]]
        contrary = [(held, False) for held in self.made if self.rng.random() < 0.15]
        self.made.append(f"op{len(self.made)}")
        self.steps.append(Step("decisions", "decision", (self.made[-1], tuple(pairs), tuple(contrary))))

    def withdrawal(self) -> None:
        """A decision, a run or a source taken out, or put back."""
        if self.made and self.rng.random() < 0.5:
            given = ("DECISION", self.rng.choice(self.made), self.rng.random() < 0.5)
            self.steps.append(Step("decisions", "withdrawal", given))
        elif self.rng.random() < 0.75:
            run = f"run_{self.rng.choice(SOURCES)}-{self.rng.choice(RUNS)}"
            self.steps.append(Step(run, "withdrawal", ("RUN", run, self.rng.random() < 0.5)))
        else:
            source = f"src_{self.rng.choice(SOURCES)}"
            self.steps.append(Step(source, "withdrawal", ("SOURCE", source, self.rng.random() < 0.6)))

    def rules(self) -> None:
        self.steps.append(Step("rules", "rules", (limits(self.rng),)))

    def lifecycle(self) -> None:
        self.steps.append(Step("lifecycle", "lifecycle", (self.rng.choice(LIFECYCLES),)))

    def entry(self) -> None:
        key = f"e{len(self.steps)}"
        given = entry(self.rng, key, self.names)
        self.steps.append(Step(f"entry {key}", "row", (Named(key, "Desk", "entries"), "desk-all", given)))

    def duplicates(self) -> Iterator[Step]:
        """The steps, and some rows a second time: anywhere when nothing else is told under their key, else later."""
        for at, step in enumerate(self.steps):
            yield step
            if step.kind == "row" and self.rng.random() < DUPLICATES:
                alone = sum(other.lane == step.lane for other in self.steps) == 1
                yield Step(f"again {at}" if alone else step.lane, "row", step.given)


def stream(seed: int) -> list[Step]:
    """A stream of 4 to 50 steps, a function of the seed."""
    making = _Making(seed)
    making.rules()
    for name in making.names:
        making.row(name)
    for _ in range(making.rng.randint(0, 16)):
        chance = making.rng.random()
        if chance < 0.27:
            making.row(making.rng.choice(making.names))
        elif chance < 0.36:
            making.record()
        elif chance < 0.52:
            making.entry()
        elif chance < 0.55:
            making.rules()
        elif chance < 0.6:
            making.lifecycle()
        elif chance < 0.77:
            making.decision()
        else:
            making.withdrawal()
    return rates(seed, list(making.duplicates()))


def shuffled(steps: Sequence[Step], seed: int) -> list[Step]:
    """The same steps in another order of arrival; those of one lane keep theirs."""
    rng = random.Random(seed)
    mixed = rng.sample(list(steps), len(steps))
    lanes: dict[str, list[Step]] = {}
    for step in steps:
        lanes.setdefault(step.lane, []).append(step)
    return [lanes[step.lane].pop(0) for step in mixed]


def tell(bench: Bench, steps: Sequence[Step], sizes: Sequence[int] | None = None) -> None:
    """Tell all steps. With ``sizes``, process so many records at a time and in between, while a year and more goes by
    and other processors take over; else all at once at the end."""
    for source in SOURCES:
        bench.source(source)
        for run in RUNS:
            bench.run(source, f"{source}-{run}")
    end = bench.clock
    for place, step in enumerate(steps):
        _tell(bench, step)
        size = sizes[place % len(sizes)] if sizes else 0
        if size > 3:
            bench.clock = end - (len(steps) - place) * YEAR // len(steps)
            bench.process(size)
        if size == 5:
            bench.restart()
    bench.clock = end
    bench.process(sizes[0] if sizes else 1000)


def _tell(bench: Bench, step: Step) -> None:
    if step.kind == "row":
        name, run, given = step.given
        bench.accept(given, source=name.source, stream=name.stream, run=run)
    elif step.kind == "record":
        name, given, restore = step.given
        bench.withdraw("RECORD", str(bench.record(name.source, name.stream, given)), restore=restore)
    elif step.kind == "decision":
        operation, pairs, contrary = step.given
        bench.decide(operation, *pairs, withdraw=contrary)
    elif step.kind == "rules":
        bench.rule(*step.given)
    elif step.kind == "lifecycle":
        bench.lifecycle_rules(*step.given)
    else:
        kind, target, restore = step.given
        bench.withdraw(kind, target, restore=restore)
