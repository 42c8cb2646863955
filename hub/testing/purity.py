"""Whether a function asks the world for anything: the calls into C by which one learns the time or opens a socket."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")

_NAMES = {
    "now", "utcnow", "today",
    "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep",
    "urandom", "getrandom", "getrandbits", "random",
    "connect", "connect_ex", "getaddrinfo", "gethostbyname", "send", "sendto", "recv",
    "fork_exec", "posix_spawn", "system",
}  # fmt: skip
_OWNERS = {"datetime", "date", "time", "posix", "nt", "socket", "_socket", "_posixsubprocess"}
_DICE: Any = random.random.__self__  # type: ignore[attr-defined]
"""Those that everybody shares: a generator with a seed of its own gives the same for the same."""
_ALLOWED = ("logging",)


def asked(function: Callable[[], T]) -> tuple[T, list[str]]:
    """The result of a function, and what it asked of the world, as ``module.name``."""
    found: list[str] = []

    def watch(frame: FrameType, kind: str, said: Any) -> None:
        if kind == "c_call" and said.__name__ in _NAMES:
            owner = getattr(said, "__self__", None)
            name = getattr(owner, "__name__", type(owner).__name__)
            by_chance = owner is _DICE
            if (name in _OWNERS or by_chance) and frame.f_globals.get("__name__", "").partition(".")[0] not in _ALLOWED:
                found.append(f"{name}.{said.__name__}")

    before, collects = sys.getprofile(), gc.isenabled()
    gc.disable()  # what others do when memory is collected is not the function's doing
    sys.setprofile(watch)
    try:
        result = function()
    finally:
        sys.setprofile(before)
        if collects:
            gc.enable()
    return result, found
