"""Instants as the store keeps them: microseconds since 1970, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """An aware datetime as microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """Microseconds since 1970 as an aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=value)


def now() -> datetime:
    """The present, aware, UTC. Only the rim of the house asks."""
    return datetime.now(UTC)
