"""Spend: what the standing rows say that channels and campaigns cost, by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from hub.ingest.mapping import Reading
from hub.ingest.reference import campaigns_named
from hub.money import minor
from hub.store.session import Session
from hub.store.writing import spend
from hub.store.writing.numbers import Numbers
from hub.values import Spend

_EPOCH = date(1970, 1, 1)


def keep(session: Session, numbers: Numbers, readings: Iterable[Reading], read: Sequence[int]) -> None:
    """Write the spend of the readings in the place of what any version of their rows (``read``) said before.

    A campaign that is not defined yet is kept by its reference.
    """
    told = [
        (reading.version.number, position, row)
        for reading in readings
        for position, row in enumerate(reading.reference)
        if isinstance(row, Spend)
    ]
    # Other rows of a document are read with it, though nothing of them has changed.
    spend.forget(session, sorted({*read, *(number for number, _, _ in told)}))
    if told:
        campaigns = campaigns_named(session, numbers, {row.campaign: number for number, _, row in told if row.campaign})
        spend.insert(session, [_stored(number, position, row, campaigns) for number, position, row in told])


def _stored(record: int, position: int, row: Spend, campaigns: dict[str, int]) -> tuple[object, ...]:
    day, channel = (row.on - _EPOCH).days, row.channel.value if row.channel else None
    campaign = campaigns[row.campaign] if row.campaign else None
    return record, position, day, channel, campaign, minor(row.amount), row.amount.currency
