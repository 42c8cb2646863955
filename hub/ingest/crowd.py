"""Many requests that store rows at the same time: how far the processor steps back for them."""

from __future__ import annotations

import time
from collections.abc import Callable

_MANY = 16
"""Requests at the same time, from which on they are a crowd: more than come one by one."""
_LEFT = 0.25
"""Seconds that a crowd is thought to be there still: all of it is answered at once, and comes again."""
_BURST = 10.0
"""Seconds for which a crowd comes first; one that stays has to share with what it brought."""
_REST, _SHARED_REST = 9.0, 1.0
"""How much longer than the batch before it a rest is, for a crowd that just came and for one that stays."""
_LONGEST_REST = 2.0
"""Seconds, at most: what was accepted is shown late then, not never."""


class Crowd:
    """For the event loop, which meets it, and the processing thread, which rests for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = self._last = -_LEFT

    def meet(self, together: int) -> None:
        """So many requests store rows now."""
        if together >= _MANY:
            now = self._clock()
            if now - self._last >= _LEFT:
                self._began = now
            self._last = now

    def rest(self, took: float) -> float:
        """Seconds to rest after a batch that took so many; 0 when there is no crowd."""
        now = self._clock()
        if now - self._last >= _LEFT:
            return 0.0
        return min(_LONGEST_REST, took * (_REST if now - self._began < _BURST else _SHARED_REST))
