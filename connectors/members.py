"""What the members of a JSON object mean, in the words of the cells of a sheet. Numbers keep every digit."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import orjson

from connectors.cells import LARGEST, Cells, CellSettings
from hub import sdk

_LONG = re.compile(rb"[0-9.]{17}")
"""Numbers with more digits than a binary one surely has; times and telephone numbers are shorter."""
_SMALLEST = -40
_WHOLE = 1e17
_CONSTANTS = {"NaN": None}
"""What Python, R and data frames write for a number that is not there. Infinity stays a text that is no number."""


def object_of(payload: bytes, encoding: str = "utf-8") -> dict[str, Any]:
    """The object a line holds. Of a member that repeats the last stands. Raises ``RowUnreadable``."""
    try:
        if encoding != "utf-8":
            payload = payload.decode(encoding).encode()
        said = _slowly(payload) if _LONG.search(payload) else orjson.loads(payload)
    except UnicodeError as error:
        raise _no_text(error, encoding) from None
    except orjson.JSONDecodeError:
        said = _slowly(payload)
    if not isinstance(said, dict):
        raise sdk.RowUnreadable(f"the line is {_named(said)}, not a JSON object")
    return said


def posted_object(body: bytes) -> dict[str, Any]:
    """The object that a body is. Raises ``RowUnreadable``."""
    try:
        return object_of(body)
    except sdk.RowUnreadable:
        raise sdk.RowUnreadable("the delivery is not a JSON object") from None


def text_in(said: object, name: str) -> str:
    """The text under a name, without half surrogates; empty when there is none."""
    found = said.get(name) if isinstance(said, dict) else None
    return found.encode("utf-8", "replace").decode() if isinstance(found, str) else ""


def objects_in(said: object, name: str) -> list[dict[str, Any]]:
    """The objects of the list under a name; whatever else is there is passed over."""
    found = said.get(name) if isinstance(said, dict) else None
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def paths(said: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """The paths of all members that are values, those of objects inside with dots."""
    for name, value in said.items():
        if isinstance(value, dict) and value:
            yield from paths(value, f"{before}{name}.")
        else:
            yield f"{before}{name}"


def has(said: Mapping[str, Any], path: str) -> bool:
    """Whether there is a member at a path, be it null."""
    if path in said:
        return True
    above, _, name = path.rpartition(".")
    held = at(said, above) if above else None
    return name in held if isinstance(held, dict) else at(said, path) is not None


def at(said: Mapping[str, Any], path: str) -> Any:
    """What stands at a path, or None."""
    if path in said:  # a name may have a dot of its own
        return said[path]
    held: Any = said
    for step in _steps(path):
        if isinstance(held, dict):
            held = held.get(step)
        elif isinstance(held, list) and step.isdecimal():
            held = held[int(step)] if int(step) < len(held) else None
        else:
            return None
    return held


class Members(Cells):
    """The members of one object. ``customer.email`` is a member of a member, ``emails.0`` the first of a list."""

    def __init__(self, said: Mapping[str, Any], settings: CellSettings) -> None:
        super().__init__({}, settings)
        self._said = said

    def columns(self) -> Iterable[str]:
        """The names of all values, nested ones with dots."""
        return paths(self._said)

    def holds(self, column: str) -> bool:
        """Whether there is a value."""
        value = at(self._said, column)
        return value is not None and value != "" and value != [] and value != {}

    def text(self, column: str | None) -> str:
        """The value as text. Raises ``RowUnreadable`` for an object or a list."""
        value = at(self._said, column) if column else None
        if value is None:
            return ""
        if isinstance(value, str):
            return value.strip().replace("\x00", "")
        if isinstance(value, dict | list):
            raise sdk.RowUnreadable(
                f"{column}: {_named(value)} is no value", path=column, hint=_inside(column or "", value)
            )
        return str(value).lower() if isinstance(value, bool) else _digits(value)

    def number(self, column: str | None) -> Decimal | None:
        """A number, or a text that is one. Raises ``RowUnreadable``."""
        value = at(self._said, column) if column else None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return super().number(column)
        number = Decimal(_digits(value))
        if number.adjusted() > LARGEST:
            raise sdk.RowUnreadable(f"{column}: {_digits(value)[:40]} is too large a number", path=column)
        return number

    def typed(self, column: str, kind: str | None) -> Any:
        """The value as it is, unless it is declared an ``integer`` or a ``boolean``. Raises ``RowUnreadable``."""
        return super().typed(column, kind) if kind else at(self._said, column)


def _slowly(payload: bytes) -> Any:
    """What the fast parser refuses or would round: long numbers, NaN, half surrogates."""
    try:
        return json.loads(payload, parse_float=_exact, parse_constant=lambda name: _CONSTANTS.get(name, name))
    except UnicodeDecodeError as error:
        raise _no_text(error, "utf-8") from None
    except json.JSONDecodeError as error:
        raise sdk.RowUnreadable(f"the line is not JSON: {error.msg} at character {error.pos + 1}") from None
    except (ValueError, RecursionError):
        raise sdk.RowUnreadable("the line is not JSON that can be read") from None


def _no_text(error: UnicodeError, encoding: str) -> sdk.RowUnreadable:
    place = f" at byte {error.start + 1}" if isinstance(error, UnicodeDecodeError) else ""
    return sdk.RowUnreadable(f"the line is not {encoding.upper()}{place}", hint="the setting encoding names another")


def _exact(text: str) -> float | Decimal | str:
    """A number as the fast parser gives it, unless that would cost digits; 1e999999, whose digits nobody wants
    written out, stays text."""
    try:
        number = Decimal(text)
    except InvalidOperation:  # more digits of an exponent than there are numbers
        return text
    if Decimal(repr(float(text))) == number:
        return float(text)
    return number if _SMALLEST < number.adjusted() <= LARGEST * 2 else text


def _digits(value: float | Decimal) -> str:
    """As people write it. A whole number is whole: data frames make 1001.0 of an id where others are missing."""
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE):
        return str(int(value))
    number = value if isinstance(value, Decimal) else Decimal(repr(value))
    return format(number, "f") if _SMALLEST < number.adjusted() <= LARGEST * 2 else str(value)


def _named(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "a single value"


def _inside(path: str, value: dict[str, Any] | list[Any]) -> str:
    names = value if isinstance(value, dict) else range(min(len(value), 3))
    return "name one of its members: " + ", ".join(f"{path}.{name}" for name in list(names)[:8])


@lru_cache(maxsize=1024)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))
