"""Values that Python computes from what a statement gives, where the databases would not compute quite the same.

Between two bytes that no JSON has, SQL writes the name of the value, a space, and as JSON what it is computed from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from hub.clock import moment
from hub.journey.engagement import score

MARK = 2
"""The byte before and after."""
_MARKED = re.compile(b"%c(\\w+) ([^%c]+)%c" % (MARK, MARK, MARK))


def _engagement(level: int | None, now: int) -> float:
    return score(level, moment(now))


_VALUES: Mapping[str, Callable[..., Any]] = {"engagement": _engagement}


def computed(data: bytes) -> bytes:
    """The JSON of an answer with all its values."""
    return _MARKED.sub(_value, data) if MARK in data else data


def _value(found: re.Match[bytes]) -> bytes:
    return orjson.dumps(_VALUES[found[1].decode()](*orjson.loads(found[2])))
