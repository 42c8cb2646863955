"""Probable duplicates on labelled data: how right the suggestions are, how long they take, and Splink beside them.

Each set is scored without its labels; then the pairs, taken in the order of their weight, are clustered transitively
and compared with the labels pair by pair. ``best`` is the threshold of the highest F1. Splink takes its turns when it
is installed, here or for the Python that ``HUB_SPLINK_PYTHON`` names; it is no dependency of the hub.
"""

from __future__ import annotations

import asyncio
import csv
import importlib.util
import json
import os
import statistics
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from itertools import product
from math import inf, log2
from pathlib import Path

from bench.measuring import ROOT, Bench, Figure, Way, in_turn
from hub.identity.likeness import MOST_VALUES, Likeness, likeness
from hub.identity.normalise import canonical
from hub.identity.suggest import Suggestion, suggest
from hub.values import Identifier

GOALS = {"fake_1000": 0.916, "febrl_3": 0.9986, "crm_mix": 0.764}
"""F1 at the best threshold. crm_mix: what rules alone give."""

EVEN, SURE = 0.0, log2(9)
"""Probabilities .5, from which on pairs are suggested by default, and .9, as weights in bits."""

Truth = dict[str, str]


@dataclass(frozen=True)
class Score:
    """Pairwise precision and recall after clustering at a threshold, in bits of weight."""

    f1: float
    precision: float
    recall: float
    threshold: float

    def __str__(self) -> str:
        return f"P {self.precision:.4f} R {self.recall:.4f} F1 {self.f1:.4f}"


def one(row: str, name: str, identifiers: Mapping[str, str], **traits: str) -> Likeness:
    """The likeness of one row, made as the hub makes it of a customer."""
    held = [canonical(Identifier(kind, value), "", "US") for kind, value in identifiers.items() if value]
    return likeness(row, [each for each in held if each], [{"name": name, **traits}])


def fake_1000(data: Path) -> tuple[list[Likeness], Truth]:
    """Splink's demonstration data: people with name, birth date, city and e-mail."""
    rows = _rows(data / "er" / "fake_1000.csv")
    return [
        one(
            row["unique_id"],
            f"{row['first_name']} {row['surname']}",
            {"email": row["email"]},
            birthday=row["dob"],
            city=row["city"],
        )
        for row in rows
    ], {row["unique_id"]: row["cluster"] for row in rows}


def febrl(number: int) -> Callable[[Path], tuple[list[Likeness], Truth]]:
    """FEBRL: people with name, address, birth date and a national number."""

    def read(data: Path) -> tuple[list[Likeness], Truth]:
        rows = _rows(data / "er" / "febrl" / f"dataset{number}.csv")
        return [
            one(
                row["rec_id"],
                f"{row['given_name']} {row['surname']}",
                {"national_number": row["soc_sec_id"]},
                birthday=row["date_of_birth"],
                street=f"{row['street_number']} {row['address_1']}",
                postcode=row["postcode"],
                city=row["suburb"],
            )
            for row in rows
        ], {row["rec_id"]: row["rec_id"].split("-")[1] for row in rows}

    return read


def crm_mix(data: Path) -> tuple[list[Likeness], Truth]:
    """Touchpoints of four sources, each taken for a customer of its own."""
    rows = _rows(data / "er" / "crm_mix.csv")
    return [
        one(
            row["record_id"],
            row["full_name"],
            {kind: row[kind] for kind in ("email", "phone", "handle")},
            birthday=row["date_of_birth"][6:] + row["date_of_birth"][:5].replace("/", ""),
            street=row["street"],
            postcode=row["zip"],
            city=row["city"],
        )
        for row in rows
    ], {row["record_id"]: row["truth"] for row in rows}


SETS = {"fake_1000": fake_1000, "febrl_3": febrl(3), "crm_mix": crm_mix}


def ruled(likenesses: Iterable[Likeness]) -> tuple[list[Likeness], list[tuple[str, str]]]:
    """The customers that rules alone make of rows (e-mail, handle, name and phone, name with street and postcode), each
    under the id of its first row, and the pairs of rows that the rules joined."""
    keys: dict[tuple[str, ...], str] = {}
    first: dict[str, str] = {}

    def find(row: str) -> str:
        while first[row] != row:
            row = first[row]
        return row

    rows = sorted(likenesses, key=lambda each: each.id)
    for each in rows:
        first[each.id] = each.id
        full = [name for name in each.names if " " in name]
        addresses = [*product(full, each.streets, each.postcodes), *product(full, each.phones)]
        for key in [*product(["email"], each.emails), *product(["handle"], each.handles), *addresses]:
            a, b = sorted((find(keys.setdefault(key, each.id)), find(each.id)))
            first[b] = a
    parts: dict[str, list[Likeness]] = {}
    for each in rows:
        parts.setdefault(find(each.id), []).append(each)
    return [merged(part) for part in parts.values()], [
        (part[0].id, each.id) for part in parts.values() for each in part[1:]
    ]


def merged(part: list[Likeness]) -> Likeness:
    """One likeness with the values of all."""
    values = {
        field.name: tuple(sorted({value for each in part for value in getattr(each, field.name)})[:MOST_VALUES])
        for field in fields(Likeness)
        if field.name != "id"
    }
    return Likeness(id=part[0].id, **values)


def scores(pairs: Iterable[tuple[str, str, float]], truth: Truth) -> list[Score]:
    """The score after each pair, heaviest first: the threshold falls from pair to pair."""
    cluster = {row: {row} for row in truth}
    wanted = sum(size * (size - 1) // 2 for size in Counter(truth.values()).values())
    right = made = 0
    found = []
    for a, b, weight in sorted(pairs, key=lambda pair: (-pair[2], pair[:2])):
        large, small = sorted((cluster[a], cluster[b]), key=len, reverse=True)
        if large is not small:
            made += len(large) * len(small)
            of_large, of_small = (Counter(truth[row] for row in each) for each in (large, small))
            right += sum(size * of_large[who] for who, size in of_small.items())
            large |= small
            cluster.update(dict.fromkeys(small, large))
        precision, recall = right / max(made, 1), right / wanted
        found.append(Score(2 * right / (made + wanted), precision, recall, weight))
    return found


def best(pairs: Iterable[tuple[str, str, float]], truth: Truth) -> Score:
    """The score at the threshold of the highest F1."""
    return max(scores(pairs, truth), key=lambda score: score.f1)


def at(pairs: Iterable[tuple[str, str, float]], truth: Truth, weight: float) -> Score:
    """The score at a threshold in bits."""
    return [score for score in scores(pairs, truth) if score.threshold >= weight][-1]


def weighed(suggestions: Iterable[Suggestion]) -> list[tuple[str, str, float]]:
    return [(each.a, each.b, each.weight) for each in suggestions]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, skipinitialspace=True))


def splink() -> str | None:
    """The Python that can run Splink, or None."""
    given = os.environ.get("HUB_SPLINK_PYTHON")
    return given or (sys.executable if importlib.util.find_spec("splink") else None)


_THEIRS = """
import json, pathlib, sys
from bench.splink_models import predict
json.dump(predict(sys.argv[1], pathlib.Path(sys.argv[2])), sys.stdout)
"""


@dataclass(frozen=True)
class Judged:
    """Scored pairs of one set by one way, the best score, and the seconds from rows in memory to scored pairs."""

    pairs: list[tuple[str, str, float]]
    best: Score
    seconds: float


async def judge(bench: Bench, data: Path, name: str, rounds: int) -> dict[str, Judged]:
    """``ours`` and, where it is installed, ``Splink`` on one set, in turn; seconds are medians."""
    likenesses, truth = SETS[name](data)

    async def ours() -> tuple[list[tuple[str, str, float]], float]:
        began = time.perf_counter()
        pairs = weighed(suggest(likenesses, threshold=0.001).found)
        return pairs, time.perf_counter() - began

    async def theirs() -> tuple[list[tuple[str, str, float]], float]:
        run = await asyncio.create_subprocess_exec(
            str(python), "-W", "ignore", "-c", _THEIRS, name, str(data), cwd=ROOT, stdout=PIPE, stderr=DEVNULL
        )
        told, _ = await run.communicate()
        pairs, seconds = json.loads(told)
        return [(a, b, weight) for a, b, weight in pairs], seconds

    ways: dict[str, Way] = {"ours": ours}
    if (python := splink()) is not None:
        ways["Splink"] = theirs
    found = {
        way: Judged(each[0][0], best(each[0][0], truth), statistics.median(seconds for _, seconds in each))
        for way, each in (await in_turn(ways, rounds)).items()
    }
    for way, judged in found.items():
        bench.say(f"{name}, {way}: best {judged.best} at {judged.best.threshold:.1f} bits; {judged.seconds:.1f} s")
    return found


async def measure(bench: Bench) -> list[Figure]:
    """Every set; crm_mix also after the rules. A quick run takes fake_1000 alone."""
    if (data := bench.data()) is None:
        return [Figure(f"F1 {name}", None, goal) for name, goal in GOALS.items()]
    figures, f1, seconds = [], {}, {}
    if splink() is None:
        bench.say("Splink is not installed; HUB_SPLINK_PYTHON may name a Python that has it.")
    for name in ["fake_1000"] if bench.quick else SETS:
        for way, judged in (await judge(bench, data, name, 1 if bench.quick else 3)).items():
            f1[f"{name}, {way}"], seconds[f"{name}, {way}"] = judged.best.f1, judged.seconds
            if way == "ours":
                figures.append(Figure(f"F1 {name}", judged.best.f1, GOALS[name]))
                after_rules(bench, data, name, judged.pairs)
    bench.chart("F1 at the best threshold", f1)
    bench.chart("Seconds", seconds, " s")
    return figures


def after_rules(bench: Bench, data: Path, name: str, pairs: list[tuple[str, str, float]]) -> None:
    """Say how right the default threshold is, and on crm_mix what suggestions add to the rules."""
    likenesses, truth = SETS[name](data)
    bench.say(f"{name}, ours: at .5 {at(pairs, truth, EVEN)}; at .9 {at(pairs, truth, SURE)}")
    if name == "crm_mix":
        customers, joined = ruled(likenesses)
        sure = [(a, b, inf) for a, b in joined]
        more = sure + weighed(suggest(customers, threshold=0.001).found)
        bench.say(f"{name}, rules: {at(sure, truth, inf)}; {len(customers)} customers")
        bench.say(f"{name}, what is suggested to these accepted: {at(more, truth, EVEN)}; best {best(more, truth)}")
