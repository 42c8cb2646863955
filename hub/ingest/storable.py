"""Text as both databases can keep it: without NUL, and without halves of surrogate pairs that no encoding has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

import orjson

from hub.values import Touchpoint

_SPOILED = re.compile("[\x00\ud800-\udfff]")


def storable(touchpoint: Touchpoint) -> Touchpoint:
    """The touchpoint itself, or a copy whose texts lack what cannot be stored. The record keeps what was sent."""
    cleaned: Touchpoint = _cleaned(touchpoint) if _spoiled(touchpoint) else touchpoint
    return cleaned


def _spoiled(touchpoint: Touchpoint) -> bool:
    """Asked of every touchpoint, so by the fastest way there is: orjson refuses half pairs and escapes NUL."""
    try:
        return b"\\u0000" in orjson.dumps(touchpoint, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return True


def storable_text(text: str) -> str:
    """The text with U+FFFD for each character that cannot be stored."""
    return _SPOILED.sub("\ufffd", text)


def _cleaned(value: Any) -> Any:
    made = value
    if type(value) is str:  # enumerations are themselves
        made = storable_text(value)
    elif isinstance(value, Mapping):
        made = {storable_text(str(name)): _cleaned(held) for name, held in value.items()}
    elif isinstance(value, tuple | list):
        made = type(value)(_cleaned(held) for held in value)
    elif is_dataclass(value) and not isinstance(value, type):
        made = replace(value, **{each.name: _cleaned(getattr(value, each.name)) for each in fields(value)})
    return made
