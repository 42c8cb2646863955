"""Documents whose lines come as rows: one touchpoint made of parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from hub.clock import micros
from hub.errors import RowUnreadable
from hub.values import MatterClaim, Money, TimePrecision, Touchpoint

_NOON = time(12)


@dataclass(slots=True)
class Part:
    """What one row says of a touchpoint: its key, the truth number it was first heard under, and the mapping."""

    key: str
    heard: int
    touchpoint: Touchpoint


def instant(occurred: datetime | date, zone: ZoneInfo) -> int:
    """When it happened, in microseconds: a date stands at noon of that day in the company's zone.

    Raises ``RowUnreadable`` for a time without offset or outside the years 1900 to 2199.
    """
    if not isinstance(occurred, datetime):
        occurred = datetime.combine(occurred, _NOON, zone)
    if occurred.tzinfo is None:
        raise RowUnreadable("occurred_at has no time zone", path="occurred_at")
    if not 1900 <= occurred.year < 2200:
        raise RowUnreadable(f"occurred_at is in the year {occurred.year}", path="occurred_at")
    return micros(occurred)


def precision(touchpoint: Touchpoint) -> TimePrecision:
    """How exactly the time is known: a plain date is known to the day."""
    if touchpoint.precision is not None:
        return touchpoint.precision
    return TimePrecision.INSTANT if isinstance(touchpoint.occurred_at, datetime) else TimePrecision.DAY


def fold(parts: Sequence[Part], zone: ZoneInfo) -> Touchpoint:
    """One touchpoint from its parts: the earliest leads, amounts and lines add up, what it lacks the next ones fill."""
    if len(parts) == 1:
        return parts[0].touchpoint
    in_time = sorted(parts, key=lambda part: (instant(part.touchpoint.occurred_at, zone), part.key))
    lead = in_time[0].touchpoint
    said = [part.touchpoint for part in in_time]
    as_heard = [part.touchpoint for part in sorted(parts, key=lambda part: (part.heard, part.key))]
    return replace(
        lead,
        amount=_sum(said),
        lines=tuple(line for touchpoint in as_heard for line in touchpoint.lines),
        identifiers=tuple(dict.fromkeys(held for touchpoint in said for held in touchpoint.identifiers)),
        participants=tuple(dict.fromkeys(held for touchpoint in said for held in touchpoint.participants)),
        matters=_matters(said),
        traits=_filled([touchpoint.traits for touchpoint in said]),
        properties=_filled([touchpoint.properties for touchpoint in said]),
        text=next((touchpoint.text for touchpoint in said if touchpoint.text), None),
    )


def _sum(said: Sequence[Touchpoint]) -> Money | None:
    amounts = [touchpoint.amount for touchpoint in said if touchpoint.amount is not None]
    if not amounts:
        return None
    currency = amounts[0].currency
    if any(amount.currency != currency for amount in amounts):
        raise RowUnreadable("the lines of one document are in different currencies", path="currency")
    return Money(sum((amount.amount for amount in amounts), Decimal(0)), currency)


def _filled(said: Sequence[Any]) -> dict[str, Any]:
    filled: dict[str, Any] = {}
    for mapping in said:
        for name, value in mapping.items():
            filled.setdefault(name, value)
    return filled


def _matters(said: Sequence[Touchpoint]) -> tuple[MatterClaim, ...]:
    claims: dict[tuple[str, str], MatterClaim] = {}
    for touchpoint in said:
        for claim in touchpoint.matters:
            claims.setdefault((claim.kind, claim.reference), claim)
    return tuple(claims.values())
