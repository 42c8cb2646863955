"""Instants as the store keeps them: microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.toordinal()


def micros(at: datetime) -> int:
    """An aware datetime as microseconds since 1970."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(value: int) -> datetime:
    """Microseconds since 1970 as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=value)


def day(at: datetime, zone: tzinfo) -> int:
    """The day on which an aware datetime falls in a zone, counted from 1970-01-01."""
    return at.astimezone(zone).toordinal() - _FIRST_DAY


def now() -> datetime:
    """The present, aware, UTC. Only the rim of the house asks."""
    return datetime.now(UTC)
