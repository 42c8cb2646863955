"""What the cells of a sheet mean: days and times, amounts, currencies, the addresses of one party."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from hub import sdk

T = TypeVar("T")
YES, NO = {"yes", "y", "true", "1", "x"}, {"no", "n", "false", "0"}
LARGEST = 14
"""Digits before the decimal point, less one. Longer ones are account numbers in the wrong column."""
_TICKS = {"unix": 1, "unix_ms": 1000}
_WITH_TIME = re.compile(r"%[HIMSfcXTsR]")


class CellSettings(sdk.Settings):
    """How the cells of a sheet are written."""

    date_format: str | None = Field(
        None, description="strptime pattern of dates and times, unix or unix_ms; null for ISO 8601."
    )
    time_zone: str = Field("UTC", description="IANA zone of times that are written without one.")
    decimal_comma: bool = Field(False, description="Amounts are written 1.234,56.")
    currency: str | None = Field(None, description="ISO 4217 code of amounts without a currency column.")
    region: str = Field("", description="ISO 3166 code that helps to read phone numbers without a country code.")

    @field_validator("time_zone")
    @classmethod
    def _zone_is_known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{zone!r} is not an IANA time zone such as Europe/Berlin") from None
        return zone


class Cells:
    """The cells of one row. A column that is None, or is not in this row's header, is empty."""

    def __init__(self, values: Mapping[str, str], settings: CellSettings) -> None:
        self.values = values
        self._settings = settings

    def columns(self) -> Iterable[str]:
        """The names of all cells."""
        return self.values

    def holds(self, column: str) -> bool:
        """Whether the cell says anything."""
        return bool(self.text(column))

    def text(self, column: str | None) -> str:
        """The cell's text."""
        return self.values.get(column, "") if column else ""

    def moment(self, column: str | None) -> date | datetime | None:
        """An instant, or a date where the cell has no time of day. Raises ``RowUnreadable``."""
        text = self.text(column)
        settings = self._settings
        return _of(column, lambda: moment(text, settings.date_format, settings.time_zone)) if text else None

    def day(self, column: str | None) -> date | None:
        """The calendar date of a cell, as it is written there. Raises ``RowUnreadable``."""
        found = self.moment(column)
        if isinstance(found, datetime):
            return found.astimezone(ZoneInfo(self._settings.time_zone)).date()
        return found

    def number(self, column: str | None) -> Decimal | None:
        """A number in any script. Raises ``RowUnreadable``."""
        text = self.text(column)
        if not text:
            return None
        value = _of(column, lambda: sdk.amount(text, "", decimal_comma=self._settings.decimal_comma)).amount
        if value.adjusted() > LARGEST:
            raise sdk.RowUnreadable(f"{column}: {text[:40]!r} is too large a number", path=column)
        return value

    def typed(self, column: str, kind: str | None) -> Any:
        """The cell as ``integer``, ``boolean`` (yes, no, true, 0 ...) or text. Raises ``RowUnreadable``."""
        text = self.text(column)
        if kind == "integer":
            number = self.number(column) or Decimal(0)
            if number != number.to_integral_value():
                raise sdk.RowUnreadable(f"{column}: {text!r} is not a whole number", path=column)
            return int(number)
        if kind == "boolean":
            if (word := sdk.digits(text).casefold()) not in YES | NO:
                raise sdk.RowUnreadable(f"{column}: {text!r} is neither yes nor no", path=column)
            return word in YES
        return text

    def money(self, column: str | None, currency: str | None) -> sdk.Money | None:
        """An amount with the row's currency. Raises ``RowUnreadable``."""
        value = self.number(column)
        return None if value is None else sdk.Money(value, self.currency(currency))

    def currency(self, column: str | None) -> str:
        """The currency of the row. Raises ``RowUnreadable`` when neither the cell nor the settings have one."""
        code = (self.text(column) or self._settings.currency or "").upper()
        if not is_code(code):
            problem = f"{code!r} is not a currency code such as EUR" if code else "an amount has no currency"
            raise sdk.RowUnreadable(problem, path=column)
        return code


def is_code(text: str) -> bool:
    """Whether it looks like a currency code of ISO 4217."""
    return len(text) == 3 and text.isascii() and text.isalpha()


def moment(text: str, pattern: str | None, zone: str) -> date | datetime:
    """What a cell says about when: a pattern without hours, or an ISO date alone, is a date."""
    if pattern in _TICKS:
        return _since_1970(text, _TICKS[pattern])
    if pattern:
        return _instant(text, pattern, zone) if _WITH_TIME.search(pattern) else _day(text, pattern)
    return _day(text, "%Y-%m-%d") if len(text) <= 10 else _instant(text, None, zone)


def reached(
    email: str, phone: str, contact: str, *, region: str, side: sdk.Side = sdk.Side.PERSON
) -> Iterator[sdk.Identifier]:
    """Identifiers of one party, those that are there."""
    if contact:
        yield sdk.contact(contact, side)
    if email:
        yield sdk.email(email)
    if phone:
        yield sdk.phone(phone, region)


def filled(**traits: str) -> dict[str, str]:
    """The traits that say something."""
    return {name: value for name, value in traits.items() if value}


def birthday(cells: Cells, column: str | None, pattern: str | None) -> str:
    """``YYYY-MM-DD``, or ``--MM-DD`` when ``pattern`` has no year; empty when the cell is no birthday."""
    text = cells.text(column)
    if not text:
        return ""
    try:
        if pattern and "%Y" not in pattern and "%y" not in pattern:
            # Read in a leap year: the 29th of February is a birthday.
            return "-" + sdk.day(f"{text} 2000", f"{pattern} %Y").isoformat()[4:]
        if text.startswith("--"):
            return "-" + sdk.day(f"2000{text[1:]}").isoformat()[4:]
        return sdk.day(text if pattern else text[:10], pattern or "%Y-%m-%d").isoformat()
    except sdk.RowUnreadable:
        return ""


def sortable(cells: Cells, column: str | None) -> str | None:
    """A version as text that sorts as the numbers or times it stands for; None when the cell is neither."""
    text = sdk.digits(cells.text(column))
    if text.isdecimal():
        return text.zfill(20)
    try:
        found = cells.moment(column)
    except sdk.RowUnreadable:
        return None
    return found.isoformat() if found else None


def _since_1970(text: str, ticks: int) -> datetime:
    value = sdk.amount(text, "").amount / ticks
    try:
        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(value * 1_000_000))
    except OverflowError:
        raise sdk.RowUnreadable(f"{text!r} is not a time that a calendar has") from None


# Neighbouring rows share their time; strptime costs ten times the look-up.
_instant = lru_cache(maxsize=1024)(sdk.instant)
_day = lru_cache(maxsize=1024)(sdk.day)


def _of(column: str | None, read: Callable[[], T]) -> T:
    try:
        return read()
    except sdk.RowUnreadable as problem:
        raise sdk.RowUnreadable(f"{column}: {problem.message}", path=column, hint=problem.hint) from None
