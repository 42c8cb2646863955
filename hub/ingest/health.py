"""How a source does: one word, the reason, and since when. Judged here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import takewhile

from hub.clock import moment
from hub.ingest.schedule import interval
from hub.ingest.sources import Source
from hub.store.health_facts import EndedPull, Facts

IN_A_ROW = 3
"""Pulls that fail one after the other until a source that is pulled by the clock is FAILING."""
_SECOND = 1_000_000
_PATIENCE = 300
"""Seconds by which a pull may be late, at least; else the time between two."""


class HealthState(StrEnum):
    """How a source does."""

    HEALTHY = "HEALTHY"
    NEW = "NEW"
    LATE = "LATE"
    FAILING = "FAILING"
    INCOMPLETE = "INCOMPLETE"
    SIGN_IN_AGAIN = "SIGN_IN_AGAIN"
    BROKEN = "BROKEN"
    PAUSED = "PAUSED"
    WITHDRAWN = "WITHDRAWN"

    @property
    def healthy(self) -> bool:
        """Whether nobody need do anything."""
        return self not in _UNHEALTHY


_UNHEALTHY = frozenset(
    {
        HealthState.LATE,
        HealthState.FAILING,
        HealthState.INCOMPLETE,
        HealthState.SIGN_IN_AGAIN,
        HealthState.BROKEN,
    }
)


@dataclass(frozen=True, slots=True)
class Health:
    """How a source does; ``since`` in microseconds, None where nobody can say."""

    state: HealthState
    reason: str
    since: int | None = None


def judge(source: Source, facts: Facts, now: int) -> Health:
    """The health of a source. What somebody decided comes before what went wrong, and the worst before the rest."""
    if facts.withdrawn_at is not None:
        return Health(HealthState.WITHDRAWN, "It was taken out.", facts.withdrawn_at)
    if facts.paused_at is not None:
        return Health(HealthState.PAUSED, "It is not pulled until somebody resumes it.", facts.paused_at)
    if source.connector is None:
        return Health(HealthState.BROKEN, source.broken or "Its connector cannot be used.", _bad_since(facts))
    if facts.blocked is not None:
        return Health(HealthState.SIGN_IN_AGAIN, facts.blocked, _bad_since(facts))
    seconds = interval(source.connector, facts.every)
    return _troubled(facts, seconds) or _late(facts, seconds, now) or _well(source, facts)


def _bad_since(facts: Facts) -> int | None:
    return next((pull.started_at for pull in facts.pulls if pull.state != "OK"), None)


def _troubled(facts: Facts, seconds: int | None) -> Health | None:
    """What the last pulls say, where it is nothing good."""
    if not facts.pulls or facts.pulls[-1].state == "OK":
        return None
    failed = _streak(facts.pulls, "FAILED")
    # Where nobody pulls it again by themselves, one failure stays one until somebody does something.
    if len(failed) >= IN_A_ROW or (failed and seconds is None):
        return Health(HealthState.FAILING, _fault(facts.pulls[-1]), failed[-1].started_at)
    came = facts.pulls[: len(facts.pulls) - len(failed)]
    if less := _streak(came, "INCOMPLETE"):
        return Health(HealthState.INCOMPLETE, _fault(less[0]), less[-1].started_at)
    return None


def _streak(pulls: Sequence[EndedPull], state: str) -> list[EndedPull]:
    """The last pulls that ended alike, the last one first."""
    return list(takewhile(lambda pull: pull.state == state, reversed(pulls)))


def _fault(pull: EndedPull) -> str:
    return pull.error or "The last pull did not go well."


def _late(facts: Facts, seconds: int | None, now: int) -> Health | None:
    if seconds is None or (facts.held_until or 0) > now:
        return None
    last = facts.pulled_at if facts.pulled_at is not None else facts.created_at - seconds * _SECOND
    due = facts.next_at if facts.next_at is not None else last + seconds * _SECOND
    if now - due <= max(seconds, _PATIENCE) * _SECOND:
        return None
    at = f"{moment(due):%Y-%m-%d %H:%M} UTC"
    return Health(HealthState.LATE, f"It should have been pulled at {at}; no worker has done it.", due)


def _well(source: Source, facts: Facts) -> Health:
    if source.pulled and not facts.pulls:
        told = "It was never pulled." if facts.pulled_at is None else "No pull has come to its end yet."
        return Health(HealthState.NEW, told, facts.created_at)
    if failed := _streak(facts.pulls, "FAILED"):
        times = "once" if len(failed) == 1 else f"{len(failed)} times"
        return Health(HealthState.HEALTHY, f"It failed {times}; it is tried again.", _well_since(facts))
    told = "The last pull went well." if source.pulled else "It takes what it is told."
    return Health(HealthState.HEALTHY, told, _well_since(facts))


def _well_since(facts: Facts) -> int:
    return facts.turned_at if facts.turned_at is not None else facts.created_at


def judged(sources: Mapping[int, Source], facts: Mapping[int, Facts], now: int) -> dict[int, Health]:
    """The health of many sources, by row number."""
    return {num: judge(sources[num], each, now) for num, each in facts.items() if num in sources}
