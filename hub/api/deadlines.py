"""Moments by which many short things are to be over, watched by one timer.

A timer of its own for each takes as long as half of a short answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

TICK = 0.01
"""Seconds by which a deadline may be told late."""


class Deadlines:
    """What has to be over when. For one event loop."""

    def __init__(self) -> None:
        self._kept: dict[Any, tuple[float, Callable[[], object]]] = {}
        self._ticking = False

    def keep(self, what: object, ends: float, late: Callable[[], object]) -> None:
        """Call ``late`` at ``ends``, by the clock of the event loop, unless ``what`` is over before."""
        self._kept[what] = ends, late
        loop = asyncio.get_running_loop()
        if ends <= loop.time():
            loop.call_soon(self._tell)
        if not self._ticking:
            self._ticking = True
            loop.call_later(TICK, self._tick)

    def over(self, what: object) -> None:
        """It is over, in time or not."""
        self._kept.pop(what, None)

    def _tick(self) -> None:
        self._tell()
        self._ticking = bool(self._kept)
        if self._ticking:
            asyncio.get_running_loop().call_later(TICK, self._tick)

    def _tell(self) -> None:
        now = asyncio.get_running_loop().time()
        for what, late in [(what, late) for what, (ends, late) in self._kept.items() if ends <= now]:
            self.over(what)
            late()
