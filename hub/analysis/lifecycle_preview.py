"""What other lifecycle rules would change: everybody folded by them beside what stands, without writing anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from hub.ingest.lifecycles import Judge, Row
from hub.ingest.sources import DESK
from hub.journey.lifecycle import Lifecycle
from hub.journey.rates import Conversion
from hub.journey.reasons import Because
from hub.journey.rules import Rules, rules_of
from hub.settings import Company
from hub.store import lifecycles, rates, sources
from hub.store.lifecycles import StandingStage
from hub.store.reader import Snapshot
from hub.values import Side

EXAMPLES = 5
"""Customers named for each kind of change."""
_TOGETHER = 500


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
    """What rules would change for all ``customers``.

    ``changed`` counts those with another stage or standing; ``shifts`` the most frequent first.
    """

    rules: Rules
    differences: Sequence[tuple[str, str, str]]
    customers: int
    changed: int
    shifts: Sequence[Shift]
    examples: Sequence[Example]


async def look(snapshot: Snapshot, company: Company, rules: Rules, now: int) -> LifecyclePreview:
    """Look ahead, at a time in microseconds; memory grows with one chunk of customers.

    It takes as long as folding everybody does, in a thread and without the right to write.
    """
    stands = await lifecycles.standing(snapshot)
    before = rules_of(company, stands.text if stands else None)
    judge = await _judge(snapshot, company, rules, now)
    counts = _Counts()
    reached = 0
    while people := await lifecycles.stages_after(snapshot, reached, _TOGETHER):
        for side in Side:
            of_side = [each for each in people if each.kind == side.value]
            nums = [each.num for each in of_side]
            timelines = await lifecycles.timelines(snapshot, nums, account=side is Side.ORGANISATION)
            await asyncio.to_thread(counts.take, judge, side, of_side, timelines)
        reached = people[-1].num
    shifts = [Shift(*shift, count) for shift, count in counts.shifts.items()]
    shifts.sort(key=lambda shift: (-shift.customers, shift.axis, shift.before or "", shift.after or ""))
    return LifecyclePreview(
        rules, differences(before, rules), counts.customers, counts.changed, shifts, counts.examples
    )


async def _judge(snapshot: Snapshot, company: Company, rules: Rules, now: int) -> Judge:
    books = await sources.books(snapshot)
    conversion = Conversion(company.currency, ZoneInfo(company.time_zone))
    if any(each.condition.spent_at_least is not None for each in rules.purchase):
        known = await rates.exchanges(snapshot, await rates.converted(snapshot), company.currency)
        conversion = Conversion(company.currency, conversion.zone, known.__getitem__)
    return Judge(rules, now, await sources.of_connector(snapshot, DESK), books, conversion)


@dataclass(slots=True)
class _Counts:
    """What was found so far."""

    customers: int = 0
    changed: int = 0
    shifts: Counter[tuple[str, str | None, str | None]] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)

    def take(
        self, judge: Judge, side: Side, people: Sequence[StandingStage], timelines: Mapping[int, Sequence[Row]]
    ) -> None:
        """Fold customers of one side."""
        for each in people:
            life = judge.lifecycle(timelines[each.num], side)
            shifts = _shifts(each, life)
            self.customers += 1
            self.changed += bool(shifts)
            self.shifts.update(shifts)
            if any(self.shifts[shift] <= EXAMPLES for shift in shifts):
                self.examples.append(_example(each, life))


def differences(before: Rules, after: Rules) -> list[tuple[str, str, str]]:
    """(name, before, after) of the settings that say something else; nothing where there is none."""
    (said, was), (says, now) = _settings(before), _settings(after)
    names = dict.fromkeys([*said, *says])
    return [(name, was.get(name, ""), now.get(name, "")) for name in names if was.get(name) != now.get(name)]


def _settings(rules: Rules) -> tuple[list[str], dict[str, str]]:
    """The names of what rules say that is no default; everything they say by name, defaults too."""
    said: list[str] = []
    whole: dict[str, str] = {}
    for prefix, part in [*((f"stages.{each.rule}", each) for each in rules.stages), ("standing", rules.standing)]:
        said += dict(_flat(prefix, part.model_dump(mode="json", exclude_defaults=True, exclude={"rule"})))
        whole |= _flat(prefix, part.model_dump(mode="json", exclude={"rule"}))
    return said, whole


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{prefix}.{name}", inner)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for place, inner in enumerate(value):
            yield from _flat(f"{prefix}[{place}]", inner)
    elif isinstance(value, list):
        yield prefix, ", ".join(map(str, value))
    elif value is not None:
        yield prefix, str(value).lower() if isinstance(value, bool) else str(value)


def _shifts(was: StandingStage, life: Lifecycle) -> list[tuple[str, str | None, str | None]]:
    steps = (
        ("STAGE", was.stage, life.stage and life.stage.value),
        ("STANDING", was.standing, life.standing and life.standing.value),
    )
    return [(axis, old, new) for axis, old, new in steps if old != new]


def _example(was: StandingStage, life: Lifecycle) -> Example:
    stage, standing = life.stage and life.stage.value, life.standing and life.standing.value
    axis = "STAGE" if was.stage != stage else "STANDING"
    because = next((change.because for change in reversed(life.changes) if change.axis == axis), None)
    return Example(was.id, was.stage, stage, was.standing, standing, because)
