"""Time, chance that is the same everywhere, and the tally of what happened."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from random import Random
from typing import Any

DHAKA = timezone(timedelta(hours=6))


BEGIN, END = datetime(2025, 5, 20, tzinfo=DHAKA), datetime(2026, 11, 15, 18, tzinfo=DHAKA)


rng = Random(20261115)


def pick(choices: Any) -> Any:
    """One of them. Only ``random()`` gives the same numbers in every version of Python."""
    return choices[int(rng.random() * len(choices))]


def number(low: int, high: int) -> int:
    """A whole number, both ends included."""
    return low + int(rng.random() * (high - low + 1))


def chance(share: float) -> bool:
    """Whether it happens, so often of 1."""
    return rng.random() < share


def moment(text: str) -> datetime:
    """A time in Dhaka."""
    return datetime.fromisoformat(text).replace(tzinfo=DHAKA)


def office_hour(day: datetime) -> datetime:
    """Some time of that day when people write."""
    return day.replace(hour=number(9, 19), minute=number(0, 59), second=number(0, 59))


COUNTS = {"EMAIL": 0, "SOCIAL": 0, "ACCOUNTING": 0, "WEB": 0, "PHONE": 0, "OTHER": 0}
"""Touchpoints by channel that a hub must find in the files."""
