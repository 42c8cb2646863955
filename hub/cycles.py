"""How often Python looks for cycles of objects that nobody reaches any more."""

from __future__ import annotations

import gc


def look_seldom() -> None:
    """Look a hundred times less often than Python does by itself.

    A batch makes and drops a hundred thousand small objects, hardly any of them in a cycle: looking would take a
    quarter of the time of an import. Imports of modules make as many that stay: a sixth of a start.
    """
    gc.set_threshold(100_000, 50, 100)
