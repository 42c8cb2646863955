"""Scalars as they travel: times as text in UTC, amounts as exact text, JSON as it is stored."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, NewType
from zoneinfo import available_timezones

import orjson
import strawberry
from graphql import ValueNode
from graphql.utilities import value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from hub.clock import micros
from hub.errors import InputWrong

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 (UTC throughout; the Z is written below)
_DURATION = re.compile(
    r"P(?=.)(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?"
    r"(?:T(?=.)(?:(\d{1,7})H)?(?:(\d{1,8})M)?(?:(\d{1,9})S)?)?"
)

DateTime = NewType("DateTime", int)
"""Microseconds since 1970 (UTC) inside; text outside."""
Date = NewType("Date", str)
Exact = NewType("Exact", Decimal)
Currency = NewType("Currency", str)
TimeZone = NewType("TimeZone", str)
JSON = NewType("JSON", object)
Representation = NewType("Representation", object)
"""An entity as a gateway of Apollo Federation names it. Not in the schema of other clients."""


@dataclass(frozen=True, slots=True)
class Duration:
    """An ISO 8601 duration; months and years are the calendar's."""

    months: int
    seconds: int

    @property
    def text(self) -> str:
        """As a client would write it."""
        years, months = divmod(self.months, 12)
        days, seconds = divmod(self.seconds, 86_400)
        parts = [(years, "Y"), (months, "M"), (days, "D")]
        date = "".join(f"{count}{unit}" for count, unit in parts if count)
        return f"P{date}" + (f"T{seconds}S" if seconds or not date else "")

    def added_to(self, moment: datetime, sign: int = 1) -> datetime:
        """``moment`` moved on (or back, with ``sign`` -1); a day that a month does not have becomes its last."""
        months = moment.year * 12 + moment.month - 1 + sign * self.months
        year, month = divmod(months, 12)
        if not 1 <= year <= 9999:
            raise InputWrong("That duration leaves the calendar.")
        day = min(moment.day, monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day) + sign * timedelta(seconds=self.seconds)


def written(micros: int) -> str:
    """``2026-01-31T09:05:00.000000Z``."""
    return (_EPOCH + timedelta(microseconds=micros)).isoformat(timespec="microseconds") + "Z"


def raw(text: str) -> JSON:
    """Stored JSON, which goes out untouched."""
    return JSON(orjson.Fragment(text))


def dumped(value: object) -> JSON:
    """A Python value as JSON."""
    return JSON(orjson.Fragment(orjson.dumps(value)))


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise InputWrong(f"{what} is written as text.")
    return value


def _date_time(value: Any) -> DateTime:
    text = _text(value, "A time")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputWrong(f"{text!r} is not a time; write it like 2026-01-31T09:05:00Z.") from None
    if moment.tzinfo is None:
        raise InputWrong(f"{text!r} names no time zone; end it with Z or an offset like +06:00.")
    return DateTime(micros(moment))


def _date(value: Any) -> Date:
    text = _text(value, "A date")
    try:
        return Date(date.fromisoformat(text).isoformat())
    except ValueError:
        raise InputWrong(f"{text!r} is not a date; write it like 2026-01-31.") from None


def _exact(value: Any) -> Exact:
    if isinstance(value, bool | float) or not isinstance(value, str | int):
        raise InputWrong('An amount is written as text, like "1200.50", so that no digit is lost.')
    try:
        amount = Decimal(value)
    except InvalidOperation:
        raise InputWrong(f"{value!r} is not an amount.") from None
    if not amount.is_finite() or len(amount.as_tuple().digits) > 38:
        raise InputWrong(f"{value!r} is not an amount.")
    return Exact(amount)


def _currency(value: Any) -> Currency:
    text = _text(value, "A currency")
    if not re.fullmatch("[A-Z]{3}", text):
        raise InputWrong(f"{text!r} is not a currency; write three capital letters, like BDT.")
    return Currency(text)


def _time_zone(value: Any) -> TimeZone:
    text = _text(value, "A time zone")
    if text not in available_timezones():
        raise InputWrong(f"{text!r} is not an IANA time zone, like Asia/Dhaka.")
    return TimeZone(text)


def _duration(value: Any) -> Duration:
    text = _text(value, "A duration")
    found = _DURATION.fullmatch(text)
    if not found:
        raise InputWrong(f"{text!r} is not a duration; write it like P90D or PT12H.")
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return Duration(years * 12 + months, ((weeks * 7 + days) * 24 + hours) * 3600 + minutes * 60 + seconds)


def _same(value: Any) -> Any:
    return value


def _written(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    """JSON that is written out in a document, whose numbers may be such as JSON's readers do not hold."""
    value = value_from_ast_untyped(node, variables)
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict | list):
            waiting.extend(each.values() if isinstance(each, dict) else each)
        elif (isinstance(each, int) and not -(2**63) <= each < 2**64) or (
            isinstance(each, float) and not isfinite(each)
        ):
            raise InputWrong("A number in JSON has at most 64 bits.")
    return value


SCALARS: dict[object, ScalarDefinition] = {
    DateTime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC, ISO 8601, like 2026-01-31T09:05:00.000000Z.",
        serialize=written,
        parse_value=_date_time,
    ),
    Date: strawberry.scalar(
        name="Date", description="A calendar date, ISO 8601, like 2026-01-31.", serialize=_same, parse_value=_date
    ),
    Exact: strawberry.scalar(
        name="Decimal",
        description='An exact decimal number as text, like "1200.50".',
        serialize=lambda value: f"{value:f}",
        parse_value=_exact,
    ),
    Currency: strawberry.scalar(
        name="Currency", description="An ISO 4217 code, like BDT.", serialize=_same, parse_value=_currency
    ),
    TimeZone: strawberry.scalar(
        name="TimeZone", description="An IANA name, like Asia/Dhaka.", serialize=_same, parse_value=_time_zone
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description="An ISO 8601 duration, like P90D.",
        serialize=lambda value: value.text,
        parse_value=_duration,
    ),
    JSON: strawberry.scalar(
        name="JSON", description="Any JSON value.", serialize=_same, parse_value=_same, parse_literal=_written
    ),
    Representation: strawberry.scalar(
        name="_Any", description="An entity as a gateway names it: __typename and id.", parse_value=_same
    ),
}
