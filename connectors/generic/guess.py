"""Settings that may fit a file of rows, guessed from the names of its columns and from what they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import phonenumbers

from connectors.cells import LARGEST, NO, YES, is_code
from connectors.generic.dates import Dated, dated
from connectors.generic.vocabulary import fit, folded, kinds
from connectors.members import at, paths
from hub import sdk

LOOKED_AT = 500
"""Rows that a guess is made from."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]{2,}")
_DIGIT = re.compile(r"\d")
_LONG = 7
"""Digits of a telephone number at least."""
_NUMBER = re.compile(r"[^\d]{0,4}\d[\d.,' ]*[^\d]{0,4}")
_MOST = 0.8
"""Share of a column's values that must be what it is taken for."""
_ANY_NAME = 0.0
_FILLED = 0.2
"""Share of the rows in which a column must say something that is taken for what it holds alone."""
_RECOGNISED_BY = ("email", "phone", "contact")
_TEXTS = (
    *("given_name", "family_name", "name", "company", "contact", "job_title", "street", "postcode", "city", "country"),
    *("language", "title", "text", "key", "utm_source", "utm_medium", "utm_campaign"),
)
_ENDS = {"won": "WON", "lost": "LOST", "cancelled": "CANCELLED", "canceled": "CANCELLED"}
_OF_LINES = {"sku", "unit price", "unitprice", "stock code", "stockcode"}
_OF_DEALS = ("pipeline", "state", "owner")
_CHANNELS = {"call": "PHONE", "invoice": "ACCOUNTING", "payment": "ACCOUNTING", "order": "ACCOUNTING"}
_WAYS = {"call": "INBOUND", "payment": "INBOUND", "order": "INBOUND", "invoice": "OUTBOUND"}

Holds = Callable[[list[str]], str | None]
"""Says in a few words that values are what a field holds; None when they are not."""


@dataclass(slots=True)
class _Table:
    """The columns of a file with their values, and which of them was taken for which field."""

    values: dict[str, list[str]]
    rows: int
    taken: dict[str, str] = field(default_factory=dict)
    reasons: list[sdk.GuessReason] = field(default_factory=list)

    def take(self, name: str, holds: Holds, least: float = 0.5) -> bool:
        """Give a field the column whose name fits best, at ``least`` so well, of those that hold what it holds."""
        found = [
            (fit(name, column), -place, column, held)
            for place, (column, values) in enumerate(self.values.items())
            if column not in self.taken.values()
            and (fit(name, column) >= least if least else len(values) >= _FILLED * self.rows)
            and (held := holds(values))
        ]
        if not found:
            return False
        named, _, column, held = max(found)
        self.give(name, column, f"by its name; {held}" if named else held)
        return True

    def give(self, name: str, column: str, because: str) -> None:
        """A field is that column."""
        self.taken[name] = column
        self.reasons.append(sdk.GuessReason(column, name, because, self.values[column][0]))

    def of(self, name: str) -> list[str]:
        """The values of the column that was taken for a field."""
        return self.values[self.taken[name]] if name in self.taken else []


def guess(
    rows: Iterable[Mapping[str, str]], path: Path, *, country: str, currency: str, time_zone: str
) -> sdk.Guess | None:
    """What the first rows of a file may mean; None when nobody could be recognised by them.

    ``country``, ``currency`` and ``time_zone`` are the company's. Raises ``ConfigWrong`` when no row can be read.
    """
    first = list(islice(rows, LOOKED_AT))
    if not first:
        raise sdk.ConfigWrong(f"{path.name} has no row that can be read")
    table = _Table(_columns(first), len(first))
    kind = next(iter(kinds(list(table.values))), "profile")
    table.take("email", _emails, _ANY_NAME)
    table.take("phone", partial(_phones, country=country)) or table.take("phone", _international, _ANY_NAME)
    "phone" in table.taken or table.take("phone", _long_numbers)
    dates = partial(_dates, country=country)
    table.take("birthday", dates)
    moments = ("opened", "closed") if kind == "deal" else ("time",)
    for name in moments:
        table.take(name, dates) or table.take(name, dates, _ANY_NAME if name == "time" else 0.5)
    table.take("currency", _currencies)
    if kind != "profile":
        table.take("amount", _numbers)
        table.take("quantity", _numbers)
    for name in (*_TEXTS, *(_OF_DEALS if kind == "deal" else ())):
        table.take(name, _texts)
    kind = _told(kind, table)
    _recognise(table, kind)
    if not any(name in table.taken for name in _RECOGNISED_BY):
        return None
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    settings = _settings(table, kind, country, currency, written) | {"time_zone": time_zone}
    return sdk.Guess(settings, table.reasons, list(_doubts(table, kind, country, currency)))


def texts(objects: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
    """Objects as rows of text, their members inside others with dots; lists are left out."""
    for held in objects:
        yield {path: _text(at(held, path)) for path in paths(held)}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None or isinstance(value, list | dict) else str(value).strip()


def _columns(rows: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        for column, text in row.items():
            values = found.setdefault(column, [])
            if text:
                values.append(text)
    return {column: values for column, values in found.items() if values}


# What values are ------------------------------------------------------------------------------------------------------


def _share(values: list[str], fits: Callable[[str], object]) -> float:
    return sum(1 for value in values if fits(value)) / len(values)


def _emails(values: list[str]) -> str | None:
    return "it holds mail addresses" if _share(values, _EMAIL.fullmatch) >= _MOST else None


def _phones(values: list[str], country: str) -> str | None:
    def possible(text: str) -> bool:
        try:
            return phonenumbers.is_possible_number(phonenumbers.parse(text, country or None))
        except phonenumbers.NumberParseException:
            return False

    return "it holds phone numbers" if _share(values, possible) >= _MOST else None


def _long_numbers(values: list[str]) -> str | None:
    return "it holds long numbers" if _share(values, lambda text: len(_DIGIT.findall(text)) >= _LONG) >= _MOST else None


def _international(values: list[str]) -> str | None:
    return _phones(values, "") if all(text.startswith(("+", "00")) for text in values) else None


def _dates(values: list[str], country: str) -> str | None:
    return "it holds dates" if dated(values, country) else None


def _numbers(values: list[str]) -> str | None:
    short = [text for text in values if _NUMBER.fullmatch(sdk.digits(text)) and len(text) <= LARGEST + 8]
    return "it holds numbers" if len(short) >= _MOST * len(values) else None


def _currencies(values: list[str]) -> str | None:
    return "it holds currency codes" if all(map(is_code, values)) else None


def _texts(values: list[str]) -> str | None:
    return "it holds text" if values else None


# What follows ---------------------------------------------------------------------------------------------------------


def _told(kind: str, table: _Table) -> str:
    """The kind, if the columns that it cannot do without are there."""
    needed = {"deal": ("key",), "invoice": ("time", "amount"), "payment": ("time", "amount"),
              "order": ("time", "key"), "call": ("time", "phone")}  # fmt: skip
    return kind if all(name in table.taken for name in needed.get(kind, ())) else "profile"


def _recognise(table: _Table, kind: str) -> None:
    """A customer number where there is none: the row's own in a list of customers, else the company's name."""
    if "contact" in table.taken:
        return
    addresses = "email" in table.taken or "phone" in table.taken
    if kind == "profile" and addresses and "key" in table.taken:
        table.give("contact", table.taken["key"], "in a list of customers the number of a row is the customer's")
    elif not addresses and kind != "profile" and "company" in table.taken:
        table.give("contact", table.taken["company"], "nothing else says whose the row is")


def _settings(table: _Table, kind: str, country: str, currency: str, written: date) -> dict[str, Any]:
    columns = {name: column for name, column in table.taken.items() if name not in ("opened", "closed", *_OF_DEALS)}
    settings: dict[str, Any] = {"kind": kind, "region": country, "properties": "*"}
    if kind in _CHANNELS:
        settings |= {"channel": _CHANNELS[kind], "direction": _WAYS[kind]}
    if "amount" in columns and "currency" not in columns:
        settings["currency"] = currency
    if _commas(table.of("amount")):
        settings["decimal_comma"] = True
    when = _when(table, country)
    if when is not None and when.pattern is not None:
        settings["date_format"] = when.pattern
    born = dated(table.of("birthday"), country)
    if born is not None and born.pattern is not None:
        settings["birthday_format"] = born.pattern
    if table.taken.get("contact", "") == table.taken.get("company"):
        settings["contact_is"] = "ORGANISATION"
    if types := _types(table):
        settings["property_types"] = types
    if kind == "deal":
        settings["matter"] = {"kind": "DEAL", "reference": columns["key"]} | {
            name: table.taken[name]
            for name in ("title", "amount", "opened", "closed", *_OF_DEALS)
            if name in table.taken
        }
        ends = {state: _ENDS[word] for state in table.of("state") if (word := state.casefold().split()[-1]) in _ENDS}
        settings["matter"]["state_outcomes"] = ends
    if when is None:
        settings["occurred_on"] = written.isoformat()
    return settings | {"columns": columns}


def _types(table: _Table) -> dict[str, str]:
    """Columns whose property is no text, by the names that the hub's kinds have for them."""
    found = {}
    if all(map(str.isdecimal, table.values.get("seconds", ["-"]))):
        found["seconds"] = "integer"
    if all(text.casefold() in YES | NO for text in table.values.get("answered", ["-"])):
        found["answered"] = "boolean"
    return found


def _when(table: _Table, country: str) -> Dated | None:
    return dated([text for name in ("time", "opened", "closed") for text in table.of(name)], country)


def _commas(values: list[str]) -> bool:
    """Whether amounts are written 1.234,56: the last mark before two digits is a comma in some, a point in none."""
    ends = {text[-3] for text in map(sdk.digits, values) if len(text) > 3 and text[-2:].isdecimal()}
    return "," in ends and "." not in ends


def _doubts(table: _Table, kind: str, country: str, currency: str) -> Iterable[str]:
    yield f"Every row is taken for a touchpoint of the kind {kind}: `kind` says otherwise."
    when = _when(table, country)
    if when is None:
        yield "No column says when: the rows stand at the date of the file."
    elif when.otherwise:
        yield f"Dates are read as {when.pattern}; they could as well be {when.otherwise} (`date_format`)."
    if "amount" in table.taken and "currency" not in table.taken:
        yield f"Amounts are taken for {currency} (`currency`)."
    if table.of("phone") and not _phones(table.of("phone"), country):
        yield f"The telephone numbers are none of {country}: `region` says whose they are, where they have no +."
    if kind == "call":
        yield "Calls are taken for calls of the customer: `where` takes one direction, a second source the other."
    if {folded(column) for column in table.values} & _OF_LINES:
        yield "It may be a ledger, whose rows are lines of documents: `--connector accounting.csv` reads those."
    elif kind == "invoice" and len(set(table.of("key"))) < len(table.of("key")):
        yield "Several rows have one invoice number: accounting.csv reads them as lines of one invoice."
