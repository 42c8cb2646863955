"""How often Python looks for cycles of objects that nobody reaches any more."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

T = TypeVar("T")
Given = TypeVarTuple("Given")


def look_seldom() -> None:
    """Look a hundred times less often than Python does by itself.

    A batch makes and drops a hundred thousand small objects, hardly any of them in a cycle: looking would take a
    quarter of the time of an import. Imports of modules make as many that stay: a sixth of a start.
    """
    gc.set_threshold(100_000, 50, 100)


def looking_later(work: Callable[[*Given], T], *given: *Given) -> T:
    """Do some milliseconds of work that leaves cycles behind, and look for them once it is done.

    What is looked at while it is worked with counts as old, and is kept for minutes when nobody needs it any more.
    """
    if not gc.isenabled():
        return work(*given)
    gc.disable()
    try:
        return work(*given)
    finally:
        gc.enable()
