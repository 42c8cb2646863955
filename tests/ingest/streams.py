"""Random streams of rows, versions, deletions, decisions and withdrawals over small pools, so that much collides."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub import sdk
from tests.ingest.builders import Bench, row, tp

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
TIMES = ["2025-01-01T09:00:00+00:00"] * 3 + ["2025-02-01T09:00:00+00:00", "2025-02-01"]
DOCUMENTS = ["D1", "D2"]


@dataclass(frozen=True)
class Step:
    """One thing the hub is told. Steps of one ``lane`` keep their order in any shuffle."""

    lane: str
    kind: str
    given: tuple[Any, ...]


def _who(rng: random.Random) -> dict[str, str]:
    held: dict[str, str] = {}
    for kind, pool, chance in (
        ("email", EMAILS, 0.55), ("phone", PHONES, 0.45), ("person", CONTACTS, 0.25), ("firm", CONTACTS, 0.25), ("social", CONTACTS, 0.25),  # noqa: E501
        ("cookie", CONTACTS, 0.3), ("email.2", EMAILS, 0.1), ("user", CONTACTS, 0.35), ("vat", ["DE77", "DE88"], 0.1),
    ):  # fmt: skip
        if rng.random() < chance:
            held[kind] = rng.choice(pool)
    return held


def _touchpoint(rng: random.Random, keys: Sequence[tuple[str, str]]) -> dict[str, Any]:
    told: dict[str, Any] = {"at": rng.choice(TIMES), "kind": rng.choice(["email", "form", "call"])}
    nobody = rng.random() < 0.25
    if not nobody:
        told["who"] = _who(rng)
        if name := rng.choice(NAMES):
            told["traits"] = {"name": name} | ({"birthday": "1990-05-01"} if rng.random() < 0.2 else {})
    if rng.random() < 0.15 or (nobody and rng.random() < 0.5):
        source, key = rng.choice(keys)
        told["anchor"] = tp(key, source=source)
    if rng.random() < 0.3 or nobody:
        kind = rng.choice(["invoice", "payment", "refund", "credit_note"])
        number = rng.choice(["N1", "N2", "N3"])
        told |= {
            "kind": kind,
            "channel": "ACCOUNTING",
            "direction": "OUTBOUND",
            "amount": rng.choice(["10.00", "25.50"]),
        }
        told["properties"] = {"number": number} if kind == "invoice" else {"settles": number}
        told["matters"] = [
            {"reference": each, "state": kind}
            for each in sorted({number, *rng.sample(["N1", "N2", "N3", "N4"], rng.choice([0, 0, 1]))})
        ]
    if rng.random() < 0.15:
        told["automated"] = True
    return told


def _line(rng: random.Random) -> dict[str, Any]:
    document = rng.choice(DOCUMENTS)
    amount = rng.choice(["1.10", "2.20", "-1.10"])
    told = _touchpoint(rng, [("books", "k1")])
    told.pop("anchor", None)
    told |= {
        "kind": "invoice",
        "channel": "ACCOUNTING",
        "document": document,
        "amount": amount,
        "lines": [("thing", amount)],
    }
    return told


def stream(seed: int) -> list[Step]:
    """A stream of 4 to 25 steps, a function of the seed."""
    rng = random.Random(seed)
    keys = [(rng.choice(SOURCES), f"k{number}") for number in range(1, rng.randint(4, 18))]
    steps: list[Step] = []
    told: dict[str, int] = {}
    for source, key in keys:
        steps.append(_row(rng, source, key, keys, told))
    for _ in range(rng.randint(0, 7)):
        chance = rng.random()
        if chance < 0.45:
            source, key = rng.choice(keys)
            steps.append(_row(rng, source, key, keys, told))
        elif chance < 0.8:
            a, b = rng.sample(keys, 2)
            ends = tp(a[1], source=a[0]), tp(b[1], source=b[0])
            steps.append(
                Step(
                    "decisions",
                    "decision",
                    (
                        f"op{len(steps)}",
                        rng.choice(["SAME", "NOT_SAME"]),
                        rng.choice(["PERSON", "PERSON", "ORGANISATION"]),
                        *ends,
                    ),
                )
            )
        elif made := [step.given[0] for step in steps if step.kind == "decision"]:
            steps.append(Step("decisions", "withdrawal", ("DECISION", rng.choice(made), rng.random() < 0.3)))
        else:
            steps.append(
                Step("run", "withdrawal", ("RUN", f"run_{rng.choice(SOURCES)}-{rng.choice('ab')}", rng.random() < 0.4))
            )
    return steps


def _row(rng: random.Random, source: str, key: str, keys: Sequence[tuple[str, str]], told: dict[str, int]) -> Step:
    told[key] = told.get(key, 0) + 1
    deleted = told[key] > 1 and rng.random() < 0.4
    made = row(key, _line(rng) if rng.random() < 0.25 else _touchpoint(rng, keys), deleted=deleted)
    if deleted:
        made = row(key, deleted=True)
    return Step(f"{source} {key}", "row", (source, f"{source}-{rng.choice('ab')}", made))


def shuffled(steps: Sequence[Step], seed: int) -> list[Step]:
    """The same steps in another order of arrival; those of one lane keep theirs."""
    rng = random.Random(seed)
    mixed = rng.sample(list(steps), len(steps))
    lanes: dict[str, list[Step]] = {}
    for step in steps:
        lanes.setdefault(step.lane, []).append(step)
    return [lanes[step.lane].pop(0) for step in mixed]


def tell(bench: Bench, steps: Sequence[Step], sizes: Sequence[int] | None = None) -> None:
    """Tell all steps. With ``sizes``, process so many records at a time and in between; else all at once at the end."""
    for source in SOURCES:
        bench.source(source)
        for run in "ab":
            bench.run(source, f"{source}-{run}")
    for place, step in enumerate(steps):
        _tell(bench, step)
        if sizes and sizes[place % len(sizes)] > 3:
            bench.process(sizes[place % len(sizes)])
    bench.process(sizes[0] if sizes else 1000)


def _tell(bench: Bench, step: Step) -> None:
    if step.kind == "row":
        source, run, given = step.given
        bench.accept(given, source=source, run=run)
    elif step.kind == "decision":
        operation, *decision = step.given
        bench.decide(operation, tuple(decision))
    else:
        kind, target, restore = step.given
        bench.withdraw(kind, target, restore=restore)


def rows_of(steps: Sequence[Step]) -> list[sdk.Row]:
    return [step.given[2] for step in steps if step.kind == "row"]
