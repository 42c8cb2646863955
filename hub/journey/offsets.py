"""How far the clocks of a time zone are from UTC, and since when. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.clock import day, moment

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = 1_000_000
_HOUR = 3_600 * _SECOND
_STEP = 14 * 86_400
"""Seconds; no zone changes its clocks and changes them back within two weeks."""


def offsets(zone: ZoneInfo, start: int, end: int) -> list[tuple[int, int]]:
    """(since, microseconds east of UTC) for each time between two that the clocks were set, the first since ``start``.

    Times are microseconds since 1970 (UTC).
    """
    at, last = start // _SECOND, end // _SECOND
    found = [(start, _east(zone, at))]
    while at < last:
        following = min(at + _STEP, last)
        if _east(zone, following) != found[-1][1]:
            since = _change(zone, at, following)
            found.append((since * _SECOND, _east(zone, since)))
            at = since
        else:
            at = following
    return found


def day_begun(at: int, zone: ZoneInfo) -> int | None:
    """The day that begins at a time, counted from 1970-01-01; None when none does, or clocks are set about then."""
    try:
        around = [moment(at + hours * _HOUR).astimezone(zone) for hours in (-3, 0, 3)]
        begun = day(around[1], zone)
        return begun if day(moment(at - 1), zone) < begun and len({each.utcoffset() for each in around}) == 1 else None
    except OverflowError:
        return None


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The first second of the later offset."""
    east = _east(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _east(zone, middle) == east else (before, middle)
    return after


def _east(zone: ZoneInfo, at: int) -> int:
    offset = (_EPOCH + timedelta(seconds=at)).astimezone(zone).utcoffset() or timedelta()
    return offset // timedelta(microseconds=1)
