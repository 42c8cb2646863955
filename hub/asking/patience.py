"""How long to wait before asking again: what the answer says, else longer each time, at random."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

ATTEMPTS = 6
"""How often one request is tried."""
PATIENCE = 60.0
"""Seconds that one request waits in all. Whoever would wait longer gives its lease back instead."""
_FIRST, _LONGEST = 1.0, 60.0
_DAY = 86_400.0
_SINCE_1970 = 1e9
"""A number of seconds from here on is an instant, not a wait of thirty years."""


def transient(status: int) -> bool:
    """Whether the same request may succeed later."""
    return status in (408, 425, 429) or (500 <= status < 600 and status not in (501, 505))


def backoff(attempt: int) -> float:
    """Seconds to wait after the ``attempt``-th failure in a row: full jitter, so that many do not come back at once."""
    return random.uniform(0.1, max(0.2, min(_LONGEST, _FIRST * 2 ** (attempt - 1))))  # noqa: S311 (no secret)


def told(answer: httpx.Response, now: datetime, reset: str = "") -> float | None:
    """Seconds that an answer asks to wait: by its ``reset`` header after a 429, else by ``Retry-After``.

    A day at most; None where it does not say, or says what nobody can read.
    """
    if reset and answer.status_code == 429 and (wait := _seconds(answer.headers.get(reset, ""), now)) is not None:
        return wait
    return _seconds(answer.headers.get("retry-after", ""), now)


def _seconds(text: str, now: datetime) -> float | None:
    """A number of seconds, an instant since 1970, an ISO time or an HTTP date (RFC 9110), from now on."""
    text = text.strip()
    try:
        number = float(text)
    except ValueError:
        at = _instant(text)
        number = (at - now).total_seconds() if at else -1.0
        return min(max(number, 0.0), _DAY) if at else None
    if not 0 <= number < float("inf"):
        return None
    return min(max(number - now.timestamp(), 0.0) if number >= _SINCE_1970 else number, _DAY)


def _instant(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text)
        except (ValueError, OverflowError, IndexError):
            continue
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None
