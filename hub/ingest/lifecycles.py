"""From stored touchpoints to a lifecycle, and from a lifecycle to what is stored. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from sys import intern
from typing import Any

import orjson

from hub.clock import micros, moment
from hub.ingest.rows import json_text
from hub.journey.lifecycle import Course, Lifecycle
from hub.journey.rates import Conversion
from hub.journey.reasons import Because, Change
from hub.journey.rules import Rules
from hub.journey.timeline import Moment, StageDecision
from hub.values import Channel, Direction, Side, Stage

_CHANNELS = {channel.value: channel for channel in Channel}
_DIRECTIONS = {direction.value: direction for direction in Direction}
_AT = 6
"""Where the time stands in a touchpoint's row."""

Row = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Judge:
    """What lifecycles of a hub are folded by. ``now`` in microseconds; ``desk`` is the source of entries."""

    rules: Rules
    now: int
    desk: int
    counted: frozenset[int]
    """Sources that are books of record."""
    conversion: Conversion

    def lifecycle(self, rows: Sequence[Row], side: Side) -> Lifecycle:
        """Fold the touchpoints of one customer (``customers.timelines``)."""
        present = bisect_right(rows, self.now, key=lambda row: row[_AT])
        course = Course(self.rules, self.conversion)
        course.take([moment_of(row, side, self.desk, self.counted) for row in rows[:present]])
        next_touch = moment(rows[present][_AT]) if present < len(rows) else None
        return course.lifecycle(moment(self.now), next_touch)


def moment_of(row: Row, side: Side, desk: int, books: frozenset[int]) -> Moment:
    """What folds need of a touchpoint of a customer of one side."""
    (_, id_, kind, channel, direction, automated, at, amount, currency, document, settles, thread, due, quantity,
     unit, source, organisation, _, deal_open, described) = row  # fmt: skip
    # Money counts once: with the organisation where there is one, else with the person.
    counted = source in books and (side is Side.ORGANISATION or organisation is None)
    decision = _decision(described) if described and source == desk and "stage_decision" in described else None
    return Moment(
        id_, kind, _CHANNELS[channel], _DIRECTIONS[direction], bool(automated), moment(at), amount, currency,
        document, settles, thread, date.fromisoformat(due[:10]) if due else None,
        Decimal(quantity) if quantity else None, unit, None if deal_open is None else bool(deal_open), counted,
        decision,
    )  # fmt: skip


def written_decision(decision: StageDecision) -> dict[str, Any]:
    """A decision as the properties of an entry."""
    return {
        "stage_decision": {
            "stage": decision.stage and decision.stage.value,
            "until": decision.until and decision.until.isoformat(),
            "by": decision.by,
            "reason": decision.reason,
        }
    }


def _decision(properties: str) -> StageDecision | None:
    said = orjson.loads(properties).get("stage_decision")
    if not said:
        return None
    stage, until = said["stage"], said["until"]
    return StageDecision(
        Stage(stage) if stage else None, datetime.fromisoformat(until) if until else None, said["by"], said["reason"]
    )


def lifecycle_columns(life: Lifecycle, because: str | None) -> tuple[object, ...]:
    """Stage, since when, standing, because (``because_text``), next change: as the customer's row has them."""
    return (
        life.stage and life.stage.value, micros(life.since) if life.since else None,
        life.standing and life.standing.value, because,
        micros(life.next_change_at) if life.next_change_at else None,
    )  # fmt: skip


def because_text(because: Because | None) -> str | None:
    """A reason as the customer's row has it."""
    if because is None:
        return None
    return json_text(
        {"rule": because.rule, "ruleVersion": because.rule_version, "text": because.text, "facts": dict(because.facts),
         "touchpoints": list(because.touchpoints)}
    )  # fmt: skip


def _change_row(num: int, position: int, change: Change) -> tuple[object, ...]:
    because = change.because
    return (
        num, position, change.axis, micros(change.at), change.before, change.after,
        because.rule, because.rule_version, because.text,
        intern(json_text(dict(because.facts))),  # the same of thousands who are kept in memory
        json_text(list(because.touchpoints)),
    )  # fmt: skip


def change_rows(num: int, changes: Iterable[Change], first: int = 0) -> list[tuple[object, ...]]:
    """The history of a customer as rows of its table, from position ``first`` on."""
    return [_change_row(num, position, change) for position, change in enumerate(changes, first)]
