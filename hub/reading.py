"""Reading numbers, days and instants as people write them, in any script. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from hub.errors import RowUnreadable
from hub.values import Money

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
