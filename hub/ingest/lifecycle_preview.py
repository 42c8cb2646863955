"""What other lifecycle rules would change: everybody folded by them beside what stands, without writing anything."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import gcd

from hub.ingest.lifecycles import Judge
from hub.ingest.refold import judged
from hub.journey.lifecycle import Lifecycle
from hub.journey.reasons import Because
from hub.journey.rules import Rules
from hub.store.session import Session
from hub.store.writing import lifecycle_folds

PATIENCE = 3.0
"""Seconds after which no more customers are taken up: an answer may take ten."""
EXAMPLES = 5
"""Customers named for each kind of change."""
_TOGETHER = 250


@dataclass(frozen=True, slots=True)
class Shift:
    """How many customers would go from one value of an axis to another."""

    axis: str
    before: str | None
    after: str | None
    customers: int


@dataclass(frozen=True, slots=True)
class Example:
    """A customer who would have another stage or standing; ``because``: why, by the other rules."""

    customer: str
    stage_before: str | None
    stage_after: str | None
    standing_before: str | None
    standing_after: str | None
    because: Because | None


@dataclass(frozen=True, slots=True)
class LifecyclePreview:
    """What rules would change. ``examined`` of ``customers`` were folded: all, or as many, evenly spread, as time let.

    ``changed`` counts customers with another stage or standing; ``shifts`` the most frequent first.
    """

    rules: Rules
    differences: Sequence[tuple[str, str, str]]
    customers: int
    examined: int
    changed: int
    shifts: Sequence[Shift]
    examples: Sequence[Example]


def look(session: Session, before: Rules, judge: Judge, patience: float = PATIENCE) -> LifecyclePreview:
    """Look ahead; reads only. Memory grows with one chunk of customers."""
    end = time.monotonic() + patience
    counted: Counter[tuple[str, str | None, str | None]] = Counter()
    examples: list[Example] = []
    examined = changed = 0
    with session.snapshot():
        customers, highest = lifecycle_folds.extent(session)
        for first in _spread(highest):
            if time.monotonic() > end:
                break
            nums = lifecycle_folds.between(session, first, first + _TOGETHER)
            for _, (id_, _, *was), life in judged(session, nums, judge):
                examined += 1
                shifts = _shifts(was, life)
                changed += bool(shifts)
                counted.update(shifts)
                if any(counted[shift] <= EXAMPLES for shift in shifts):
                    examples.append(_example(id_, was, life))
    shifts_found = [Shift(*shift, count) for shift, count in counted.items()]
    shifts_found.sort(key=lambda shift: (-shift.customers, shift.axis, shift.before or "", shift.after or ""))
    return LifecyclePreview(
        judge.rules, differences(before, judge.rules), customers, examined, changed, shifts_found, examples
    )


def differences(before: Rules, after: Rules) -> list[tuple[str, str, str]]:
    """(name, before, after) of rules and settings that say something else; nothing where there is none."""
    was = {f"stages.{rule.rule}": rule.model_dump_json(exclude_defaults=True) for rule in before.stages}
    now = {f"stages.{rule.rule}": rule.model_dump_json(exclude_defaults=True) for rule in after.stages}
    for told, rules in ((was, before), (now, after)):
        told |= {f"standing.{name}": str(value) for name, value in rules.standing.model_dump(mode="json").items()}
    names = [name for name in dict.fromkeys([*was, *now]) if was.get(name) != now.get(name)]
    return [(name, was.get(name, ""), now.get(name, "")) for name in names]


def _spread(highest: int) -> Iterator[int]:
    """The first numbers of all chunks, so that any beginning of them is evenly spread."""
    count = highest // _TOGETHER + 1
    step = max(1, round(count * 0.618))
    while gcd(step, count) > 1:
        step += 1
    return (place * step % count * _TOGETHER for place in range(count))


def _shifts(was: Sequence[str | None], life: Lifecycle) -> list[tuple[str, str | None, str | None]]:
    after = (life.stage and life.stage.value, life.standing and life.standing.value)
    return [
        (axis, old, new) for axis, old, new in zip(("STAGE", "STANDING"), was, after, strict=True) if old != new
    ]  # fmt: skip


def _example(id_: str, was: Sequence[str | None], life: Lifecycle) -> Example:
    stage, standing = life.stage and life.stage.value, life.standing and life.standing.value
    axis = "STAGE" if was[0] != stage else "STANDING"
    because = next((change.because for change in reversed(life.changes) if change.axis == axis), None)
    return Example(id_, was[0], stage, was[1], standing, because)
