"""A clock that only moves when somebody sleeps: an hour of patience costs no time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
"""When every trial begins: what a sample signs or dates by."""
_MOST_SLEEPS = 20_000


class Endless(BaseException):
    """Something goes on for ever. No ``Exception``, so that no connector takes it for trouble with its provider."""


class VirtualClock:
    """The time of one trial."""

    def __init__(self, start: datetime = NOW) -> None:
        self._at = start
        self._sleeps = 0

    def now(self) -> datetime:
        """The present, aware, UTC."""
        return self._at

    def micros(self) -> int:
        """The same as the hub counts it."""
        return round(self._at.timestamp() * 1_000_000)

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self._at += timedelta(seconds=max(0.0, seconds))

    async def sleep(self, seconds: float) -> None:
        """Stands for ``asyncio.sleep``. Those who sleep at the same time wake at their own times."""
        self._sleeps += 1
        if self._sleeps > _MOST_SLEEPS:
            raise Endless(f"The connector slept {_MOST_SLEEPS:,} times and its pull did not end.")
        until = self._at + timedelta(seconds=max(0.0, seconds))
        await asyncio.sleep(0)
        self._at = max(self._at, until)
