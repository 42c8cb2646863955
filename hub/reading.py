"""Reading numbers, days and instants as people write them, in any script, and JSON as programs do. Pure."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from hub.errors import RowUnreadable, SourceFailed
from hub.settings import first_fault
from hub.values import Money

M = TypeVar("M", bound=BaseModel)
_SIGNS = str.maketrans({"−": "-", "–": "-", "＋": "+", "٫": ".", "٬": ","})


def digits(text: str) -> str:
    """The same text with every decimal digit of any script (Bengali, Arabic-Indic, ...) as ASCII."""
    if text.isascii():
        return text
    return "".join(
        char if char.isascii() or (value := unicodedata.decimal(char, None)) is None else str(value) for char in text
    )


def amount(text: str, currency: str, *, decimal_comma: bool = False) -> Money:
    """An amount with thousands separators, a currency sign or brackets for minus.

    Raises ``RowUnreadable`` when no number can be read from it. Nothing is rounded.
    """
    plain = digits(text).translate(_SIGNS).strip()
    negative = plain.startswith("(") and plain.endswith(")")
    plain = re.sub(r"[^0-9.,+-]", "", plain)
    plain = plain.replace(".", "").replace(",", ".") if decimal_comma else plain.replace(",", "")
    if plain.endswith("-"):
        plain = "-" + plain[:-1]
    try:
        value = Decimal(plain)
    except InvalidOperation:
        raise RowUnreadable(f"{text!r} is not an amount") from None
    return Money(-value if negative else value, currency.upper())


def day(text: str, pattern: str = "%Y-%m-%d") -> date:
    """A calendar date in ``pattern`` (strptime). Raises ``RowUnreadable``."""
    try:
        return datetime.strptime(digits(text).strip(), pattern).date()  # noqa: DTZ007 (a day has no zone)
    except ValueError:
        raise RowUnreadable(f"{text!r} is not a date of the form {pattern}") from None


def instant(text: str, pattern: str | None = None, zone: str = "UTC") -> datetime:
    """An instant in ISO 8601, or in ``pattern`` (strptime), as aware UTC.

    A text without offset is read in ``zone`` (IANA name). Raises ``RowUnreadable``.
    """
    plain = digits(text).strip()
    try:
        value = datetime.strptime(plain, pattern) if pattern else datetime.fromisoformat(plain)  # noqa: DTZ007 (below)
    except ValueError:
        expected = pattern or "ISO 8601, like 2026-03-01T09:30:00Z"
        raise RowUnreadable(f"{text!r} is not a time of the form {expected}") from None
    return (value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


_SPACE = re.compile(r"[ \t\r\n]*")
_value = json.JSONDecoder().raw_decode


def read(model: type[M], payload: bytes) -> M:
    """A JSON payload as a pydantic model. Raises ``RowUnreadable`` with the first member that does not fit.

    Members that the model does not name are passed over.
    """
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        place, fault = first_fault(error)
        raise RowUnreadable(f"{place}: {fault}" if place else fault, path=place or None) from None


def items(body: bytes, *path: str) -> list[bytes]:
    """The elements of a JSON list, byte for byte as they stand in ``body``; ``path`` leads to the list.

    Raises ``SourceFailed`` where there is no such list.
    """
    try:
        text = body.decode("utf-8-sig")
        at = _after_space(text, 0)
        for member in path:
            at = _member(text, at, member)
        return list(_elements(text, at))
    except (ValueError, IndexError, RecursionError):
        where = f" at {'.'.join(path)}" if path else ""
        raise SourceFailed(f"The answer holds no JSON list{where}.") from None


def _elements(text: str, at: int) -> Iterator[bytes]:
    while text[at] != "]":
        if text[at] not in "[,":
            raise ValueError("no list")
        start = _after_space(text, at + 1)
        if text[at] == "[" and text[start] == "]":
            return
        _, end = _value(text, start)
        yield text[start:end].encode()
        at = _after_space(text, end)


def _member(text: str, at: int, name: str) -> int:
    """Where the value of a member of the object at ``at`` begins."""
    while text[at] in "{,":
        found, end = _value(text, _after_space(text, at + 1))
        colon = _after_space(text, end)
        start = _after_space(text, colon + 1)
        if text[colon] == ":" and found == name:
            return start
        at = _after_space(text, _value(text, start)[1])
    raise ValueError("no such member")


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
