"""A customer's touchpoints in order, reduced to what a fold needs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from hub.values import Channel, Direction, Stage

_BY_TIME = attrgetter("at", "id")
_TIME = attrgetter("at")


@dataclass(frozen=True, slots=True)
class StageDecision:
    """What a person decided: the stage until a time, or for ever; a stage of None ends what was decided before."""

    stage: Stage | None
    until: datetime | None
    by: str
    reason: str


@dataclass(slots=True)
class Moment:
    """What a fold needs of one touchpoint.

    ``at``: aware, UTC. ``amount``: minor units of ``currency``, as in the source; the sign is in the kind, so a
    credit note or refund of -500 and one of 500 are the same.
    ``document``: the number of the invoice, credit note, order or quote itself; ``settles``: the number that a
    payment, refund or credit note names. ``score`` comes with ``unit`` (``nps``, ``csat``).
    ``deal_open``: True when the touchpoint opens a deal or shows it open, False when it closes one.
    ``counted``: False when its source is not a book of record, so that it never counts in value.
    """

    id: str
    kind: str
    channel: Channel
    direction: Direction
    automated: bool
    at: datetime
    amount: int | None = None
    currency: str | None = None
    document: str | None = None
    settles: str | None = None
    thread: str | None = None
    due: date | None = None
    score: Decimal | None = None
    unit: str | None = None
    deal_open: bool | None = None
    counted: bool = True
    decision: StageDecision | None = None


def ordered(moments: Iterable[Moment]) -> list[Moment]:
    """Each touchpoint once, by time; equal times by id."""
    return sorted({moment.id: moment for moment in moments}.values(), key=_BY_TIME)


def instants(moments: Sequence[Moment]) -> Iterable[tuple[datetime, Sequence[Moment]]]:
    """Ordered moments, those of one time together.

    Folds decide once for each time, so that documents dated with a day only (all stand at its noon) give the same
    result whatever their ids are.
    """
    if len(moments) == 1:  # as nearly always when a timeline goes on
        return ((moments[0].at, moments),)
    return ((at, list(same)) for at, same in groupby(moments, key=_TIME))
