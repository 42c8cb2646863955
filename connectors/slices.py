"""JSON as it was written: the members of an object and the elements of a list, each with its own characters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
"""Finds where a value ends; what its numbers are does not matter for that."""
_BLANKS = re.compile(r"[ \t\n\r]*")


def members(text: str) -> dict[str, str]:
    """The members of an object, each value as it is written. Of a name that repeats the last stands.

    Raises ``ValueError`` for what is no JSON object.
    """
    found: dict[str, str] = {}

    def member(at: int) -> int:
        if text[at : at + 1] != '"':
            raise ValueError(f"a name expected at character {at + 1}")
        name, end = _value(text, at)
        start = _after(text, _expect(text, end, ":"))
        _, end = _value(text, start)
        found[str(name)] = text[start:end]
        return end

    _walk(text, "{}", member)
    return found


def elements(text: str) -> list[str]:
    """The elements of a list, each as it is written. Raises ``ValueError`` for what is no JSON list."""
    found: list[str] = []

    def element(at: int) -> int:
        _, end = _value(text, at)
        found.append(text[at:end])
        return end

    _walk(text, "[]", element)
    return found


def _walk(text: str, brackets: str, one: Callable[[int], int]) -> None:
    """Through all that stands between two brackets: ``one`` is told where a thing begins and says where it ends."""
    at = _after(text, _expect(text, 0, brackets[0]))
    if not text.startswith(brackets[1], at):
        at = _after(text, one(at))
        while text.startswith(",", at):
            at = _after(text, one(_after(text, at + 1)))
    if _after(text, _expect(text, at, brackets[1])) != len(text):
        raise ValueError("something follows the end")


def _value(text: str, at: int) -> tuple[object, int]:
    try:
        return _DECODER.raw_decode(text, at)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _after(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    return found.end() if found else at


def _expect(text: str, at: int, char: str) -> int:
    at = _after(text, at)
    if text[at : at + 1] != char:
        raise ValueError(f"{char} expected at character {at + 1}")
    return at + 1
