"""Runs of a stream: told in another order and in batches of other sizes, each compared with one single batch.

The single batch in turn is compared with the rule as it is written.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from hub.ingest.defer import OVERSIZE
from tests.ingest.builders import Bench
from tests.ingest.oracle import as_stored, who_is_who
from tests.ingest.standing import any_order, difference, faults, same_order
from tests.ingest.streams import Step, shuffled, stream, tell

SIZES = (1, 2, 3, 5, 9)


@dataclass
class Tally:
    """How many runs there were, and what was wrong."""

    runs: int = 0
    wrong: list[str] = field(default_factory=list)

    def add(self, seed: int, run: int, found: Sequence[str]) -> None:
        self.runs += 1
        self.wrong += [f"stream {seed}, run {run}: {each}" for each in found]


def hear(
    bench: Bench, steps: Sequence[Step], sizes: Sequence[int] | None, oversize: int = OVERSIZE, chunk: int = 1000
) -> None:
    """Tell an empty hub a stream; what meets a component of more than ``oversize`` identifiers waits.

    ``chunk``: how many rows of a batch are mapped and placed at a time.
    """
    bench.oversize, bench.chunk = oversize, chunk
    bench.clear()
    tell(bench, steps, sizes)


def compare(bench: Bench, seed: int, runs: int, tally: Tally) -> None:
    """Hear a stream ``runs`` times: once in its own order, ids and all, and then in others."""
    steps = stream(seed)
    hear(bench, steps, None)
    alone = faults(bench)
    if as_stored(bench) != who_is_who(bench, next(step.given[0] for step in reversed(steps) if step.kind == "rules")):
        alone.append("others than the rule says")
    exactly, however = same_order(bench), any_order(bench)
    for run in range(runs):
        rng = random.Random(f"{seed} {run}")
        told = shuffled(steps, rng.randrange(1 << 30)) if run else steps
        try:
            hear(bench, told, rng.choices(SIZES, k=9), rng.choice((0, 2, 4, OVERSIZE)), rng.choice((1, 2, 1000)))
        except Exception as error:  # noqa: BLE001 (whatever it is, it is a fault of this run)
            tally.add(seed, run, [f"{type(error).__name__}: {error}"])
            continue
        found = difference(any_order(bench), however) if run else difference(same_order(bench), exactly)
        tally.add(seed, run, [*alone, *faults(bench), *(f"another {name}" for name in found)])


def tallied(address: str, seeds: Iterable[int], runs: int, most: int = sys.maxsize) -> Tally:
    """The tally of streams in a hub of its own; it ends with the first stream in which ``most`` faults are reached."""
    tally = Tally()
    with Bench(address) as bench:
        for seed in seeds:
            compare(bench, seed, runs, tally)
            if len(tally.wrong) >= most:
                break
    return tally
