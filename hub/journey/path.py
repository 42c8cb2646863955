"""The path of one customer through stages and channels, as a page draws it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from hub.journey.purchases import Purchases
from hub.journey.reasons import Change
from hub.journey.timeline import Moment, instants, ordered
from hub.values import Channel, Direction, RevenueBasis, Stage


@dataclass(frozen=True, slots=True)
class Step:
    """Touchpoints in a row by one channel and in one stage. A touchpoint that changed the stage is in the new one."""

    channel: Channel
    stage: Stage | None
    began: datetime
    ended: datetime
    touchpoints: int
    inbound: int
    outbound: int


@dataclass(frozen=True, slots=True)
class ChannelUse:
    """How much a channel was used, and when."""

    channel: Channel
    first_at: datetime
    last_at: datetime
    touchpoints: int


@dataclass(frozen=True, slots=True)
class Reached:
    """The first time a stage was reached; ``days`` are whole days of 24 hours since the first touch."""

    stage: Stage
    at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class Journey:
    """Automated touchpoints are no steps; ``automated`` says how many there were.

    ``channels`` and ``reached`` are in the order of first use and of time. ``touches_before_purchase`` counts what
    came before the first purchase that still stands; it and ``first_purchase_at`` are None without one.
    """

    steps: tuple[Step, ...]
    channels: tuple[ChannelUse, ...]
    reached: tuple[Reached, ...]
    first_touch: str | None
    touches_before_purchase: int | None
    first_purchase_at: datetime | None
    automated: int


def journey(moments: Iterable[Moment], changes: Sequence[Change], basis: RevenueBasis = RevenueBasis.BILLED) -> Journey:
    """Fold touchpoints up to a time, in any order, and the lifecycle's ``changes`` as of that time."""
    timeline = ordered(moments)
    touches = [moment for moment in timeline if not moment.automated]
    stages = [change for change in changes if change.axis == "STAGE"]
    purchase_at = _first_purchase(timeline, basis)
    return Journey(
        steps=_steps(touches, stages),
        channels=_channels(touches),
        reached=_reached(stages, touches[0].at) if touches else (),
        first_touch=touches[0].id if touches else None,
        touches_before_purchase=None if purchase_at is None else sum(moment.at < purchase_at for moment in touches),
        first_purchase_at=purchase_at,
        automated=len(timeline) - len(touches),
    )


def _steps(touches: Sequence[Moment], stages: Sequence[Change]) -> tuple[Step, ...]:
    staged: list[tuple[Moment, Stage | None]] = []
    stage: Stage | None = None
    coming = list(reversed(stages))
    for moment in touches:
        while coming and coming[-1].at <= moment.at:
            after = coming.pop().after
            stage = after if isinstance(after, Stage) else None
        staged.append((moment, stage))
    steps = []
    for (channel, reached), group in groupby(staged, key=lambda pair: (pair[0].channel, pair[1])):
        same = [moment for moment, _ in group]
        inbound = sum(moment.direction is Direction.INBOUND for moment in same)
        outbound = sum(moment.direction is Direction.OUTBOUND for moment in same)
        steps.append(Step(channel, reached, same[0].at, same[-1].at, len(same), inbound, outbound))
    return tuple(steps)


def _channels(touches: Iterable[Moment]) -> tuple[ChannelUse, ...]:
    times: dict[Channel, list[datetime]] = {}
    for moment in touches:
        times.setdefault(moment.channel, []).append(moment.at)
    return tuple(ChannelUse(channel, used[0], used[-1], len(used)) for channel, used in times.items())


def _reached(stages: Iterable[Change], first_touch_at: datetime) -> tuple[Reached, ...]:
    first: dict[Stage, Reached] = {}
    for change in stages:
        if isinstance(change.after, Stage) and change.after not in first:
            days = max(0, (change.at - first_touch_at).days)  # an automated import may come before the first touch
            first[change.after] = Reached(change.after, change.at, days)
    return tuple(first.values())


def _first_purchase(timeline: Sequence[Moment], basis: RevenueBasis) -> datetime | None:
    purchases = Purchases(basis)
    for _, instant in instants(timeline):
        purchases.take(instant)
    return purchases.standing[0].at if purchases.standing else None
