"""How the two databases write values as JSON. Both are given expressions and give back an expression of text.

What ordinary execution would end in an error for is written as the byte 0x01, which no JSON has.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Final

from hub import money
from hub.reads.binds import Bind, Sealing
from hub.reads.tree import Unsupported
from hub.store.pages import MAC_DIGITS, SEALED, Order
from hub.store.reader import POSTGRES_LIVE, SHORTEST, SQLITE_LIVE
from hub.store.sql import for_sqlite

_FIRST, _LAST = -30_610_224_000_000_000, 253_402_300_800_000_000
"""Microseconds: the years 1000 to 9999, which both write with four digits."""
_DAY = 86_400_000_000
_LARGEST: Final = 2**31
_BY_DIGITS = {
    digits: ", ".join(f"'{code}'" for code in sorted(money._DIGITS) if money.digits(code) == digits)  # noqa: SLF001
    for digits in (0, 3, 4)
}


@dataclass(frozen=True, slots=True)
class Shown:
    """How a value that is there is written: an expression of text."""

    text: str
    quoted: bool = False
    """Whether quotes have to be put around it."""
    condition: str = ""
    """Under which ordinary execution can show it; any, when empty."""
    strict: bool = False
    """Whether the text is NULL where the value is."""


class Dialect(ABC):
    """One of the databases."""

    poison: str
    mark: str
    """The byte around what Python computes."""
    live: str
    """Whether the live projection set is what is read, as the reader asks for it."""
    cuts = False
    """Whether it has ``cut``."""

    @abstractmethod
    def text(self, value: str) -> str:
        """Text in quotes, escaped; NULL where there is none."""

    @abstractmethod
    def time(self, value: str) -> str:
        """Microseconds within ``_FIRST`` and ``_LAST`` as ``2026-01-31T09:05:00.000000Z``."""

    @abstractmethod
    def day(self, value: str) -> str:
        """Days since 1970-01-01 within the same years as ``2026-01-31``."""

    @abstractmethod
    def real(self, value: str) -> str:
        """A Float."""

    @abstractmethod
    def page(self, value: str) -> str:
        """The text before what a page is asked: before its first ? or #."""

    @abstractmethod
    def each(self, value: str) -> tuple[str, str, str]:
        """A JSON list of texts as rows: what to read them from, the text of a row, and its place."""

    @abstractmethod
    def files(self, value: str) -> str:
        """The names of the attachments in properties, as a list of text."""

    @abstractmethod
    def joined(self, item: str, where: str) -> str:
        """The items of all rows ``where``, with commas between, in the order of the rows; NULL without any."""

    def cut(self, item: str, size: int) -> str:
        """The same of the first rows, so many at most."""
        raise NotImplementedError

    @abstractmethod
    def scaled(self, minor: str, digits: int) -> str:
        """Minor units as a decimal number with so many digits."""

    @abstractmethod
    def cursor(self, bind: Callable[[Bind, str], str], bound: str, order: Order, value: str, tie: str) -> str:
        """The cursor of a place in a list, in quotes. ``bound``: what cursors of the list are bound to."""

    @abstractmethod
    def answer(self, text: str) -> str:
        """Text on its way out."""

    def takes(self, text: str) -> bool:
        """Whether the database can read a statement, however deep it is."""
        return bool(text)

    def leaf(self, form: str, value: str, names: tuple[tuple[str, str], ...]) -> Shown:
        """How a value in one of ``tree.FORMS`` is written."""
        match form:
            case "text":
                return Shown(self.text(value), strict=True)
            case "json":
                return Shown(value, strict=True)
            case "plain":
                return Shown(value, quoted=True, strict=True)
            case "flag":
                return Shown(f"CASE WHEN {value} THEN 'true' ELSE 'false' END")
            case "real":
                return Shown(self.real(value))
            case "computed":
                return Shown(f"{self.mark} || {value} || {self.mark}")
            case "files":
                return Shown(self.files(value))
            case "page":
                return Shown(self.text(self.page(value)))
        return self._checked(form, value, names)

    def _checked(self, form: str, value: str, names: tuple[tuple[str, str], ...]) -> Shown:
        match form:
            case "whole":
                return Shown(f"CAST({value} AS text)", condition=f"{value} >= {-_LARGEST} AND {value} < {_LARGEST}")
            case "time":
                within = f"{value} >= {_FIRST} AND {value} < {_LAST}"
                return Shown(self.time(value), quoted=True, condition=within)
            case "day":
                within = f"{value} >= {_FIRST // _DAY} AND {value} < {_LAST // _DAY}"
                return Shown(self.day(value), quoted=True, condition=within)
            case "decimal":
                return Shown(value, quoted=True, condition=f"{value} NOT LIKE '%E%' AND {value} NOT LIKE '%N%'")
        if any(each != shown for each, shown in names):
            raise Unsupported
        return self.name(value, [f"'{each}'" for each, _ in names])

    def name(self, value: str, names: Sequence[str]) -> Shown:
        """One of so many names, which are in quotes."""
        return Shown(value, quoted=True, condition=f"{value} IN ({', '.join(names)})")

    def amount(self, minor: str, currency: str, own: str) -> str:
        """Minor units as decimal text. ``own`` is the currency that most amounts are in."""
        if currency.startswith("'"):
            return self.scaled(minor, money.digits(currency.strip("'")))
        cases = " ".join(
            f"WHEN {currency} IN ({codes}) THEN {self.scaled(minor, digits)}" for digits, codes in _BY_DIGITS.items()
        )
        mostly = f"WHEN {currency} = {own} THEN {self.scaled(minor, money.digits(own.strip(chr(39))))}"
        return f"CASE {mostly} {cases} ELSE {self.scaled(minor, 2)} END"


class Postgres(Dialect):
    """PostgreSQL."""

    poison = "chr(1)"
    mark = "chr(2)"
    live = POSTGRES_LIVE
    cuts = True

    def text(self, value: str) -> str:
        return f"to_json({value})::text"

    def time(self, value: str) -> str:
        # Multiplied as a whole it would be rounded, far from 1970.
        seconds, rest = f"{value} / 1000000 * interval '1 second'", f"{value} % 1000000 * interval '1 microsecond'"
        return f"to_char(timestamp '1970-01-01' + {seconds} + {rest}, 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"

    def day(self, value: str) -> str:
        return f"to_char(date '1970-01-01' + CAST({value} AS integer), 'YYYY-MM-DD')"

    def real(self, value: str) -> str:
        return f"CASE WHEN {value} - {value} = 0 THEN CAST({value} AS text) ELSE {self.poison} END"

    def page(self, value: str) -> str:
        return f"split_part(split_part({value}, '?', 1), '#', 1)"

    def each(self, value: str) -> tuple[str, str, str]:
        return f"json_array_elements_text(({value})::json) WITH ORDINALITY AS e(value, place)", "e.value", "e.place"

    def files(self, value: str) -> str:
        held = f"{value}::json -> 'attachments'"
        text = f"CASE WHEN json_typeof(e -> 'name') = 'string' THEN (e -> 'name')::text ELSE {self.poison} END"
        return (
            f"(SELECT '[' || coalesce(string_agg({text}, ','), '') || ']' FROM json_array_elements("
            f"CASE WHEN json_typeof({held}) = 'array' THEN {held} ELSE '[]'::json END) e "
            "WHERE json_typeof(e) = 'object' AND coalesce(e ->> 'name', '') <> '')"
        )

    def joined(self, item: str, where: str) -> str:
        return f"string_agg({item}, ','){f' FILTER (WHERE {where})' if where else ''}"

    def cut(self, item: str, size: int) -> str:
        return f"array_to_string((array_agg(CAST({item} AS text)))[1:{size}], ',')"

    def scaled(self, minor: str, digits: int) -> str:
        return f"CAST({minor} AS text)" if digits == 0 else f"CAST({minor} * {10**-digits:.{digits}f} AS text)"

    def cursor(self, bind: Callable[[Bind, str], str], bound: str, order: Order, value: str, tie: str) -> str:
        halves = ((value, order.column_type), (tie, order.tie_type))
        place = " || ',' || ".join(
            self.text(each) if kind == "text" else f"CAST({each} AS text)" for each, kind in halves
        )
        place = f"('[' || {place} || ']')"
        inner, outer = bind(Sealing("inner", bound), "bytea"), bind(Sealing("outer"), "bytea")
        mac = f"sha256({outer} || sha256({inner} || convert_to({place}, 'UTF8')))"
        sealed = f"convert_to(left(encode({mac}, 'hex'), {MAC_DIGITS}) || {place}, 'UTF8')"
        return f"'\"' || translate(encode({sealed}, 'base64'), '+/=' || chr(10), '-_') || '\"'"

    def answer(self, text: str) -> str:
        return f"textsend({text})"


class Sqlite(Dialect):
    """SQLite."""

    poison = "char(1)"
    mark = "char(2)"
    live = SQLITE_LIVE

    def takes(self, text: str) -> bool:
        with closing(sqlite3.connect(":memory:")) as nothing:
            try:
                nothing.execute(f"EXPLAIN {for_sqlite(text)}")
            except sqlite3.Error as error:
                # There are no tables, but that is found after all of it was read.
                return not any(word in str(error) for word in ("overflow", "too "))
        return True

    def text(self, value: str) -> str:
        return f"json_quote({value})"

    def time(self, value: str) -> str:
        # Whole numbers are divided towards zero, so what is divided is counted from the first time there may be.
        since = f"({value} + {-_FIRST})"
        seconds, rest = f"{since} / 1000000 - {-_FIRST // 1_000_000}", f"{since} % 1000000"
        parts = f"CASE WHEN {rest} = 0 THEN '.000000Z' ELSE printf('.%06dZ', {rest}) END"
        return f"replace(datetime({seconds}, 'unixepoch'), ' ', 'T') || {parts}"

    def day(self, value: str) -> str:
        return f"date({value} * 86400, 'unixepoch')"

    def name(self, value: str, names: Sequence[str]) -> Shown:
        # A list is made a table first.
        cases = " ".join(f"WHEN {each} THEN {each}" for each in names)
        return Shown(f"CASE {value} {cases} ELSE {self.poison} END", quoted=True)

    def real(self, value: str) -> str:
        return f"{SHORTEST}({value})"  # it writes 15 digits itself, which are not always enough

    def page(self, value: str) -> str:
        before = f"substr({value}, 1, instr({value} || '?', '?') - 1)"
        return f"substr({before}, 1, instr({before} || '#', '#') - 1)"

    def each(self, value: str) -> tuple[str, str, str]:
        return f"json_each({value}) e", "e.value", "e.key"

    def files(self, value: str) -> str:
        name = "json_extract(e.value, '$.name')"
        text = f"CASE WHEN json_type(e.value, '$.name') = 'text' THEN json_quote({name}) ELSE {self.poison} END"
        held = f"json_extract({value}, '$.attachments')"
        return (
            f"(SELECT '[' || coalesce(group_concat({text}, ','), '') || ']' FROM json_each("
            f"CASE WHEN json_type({value}, '$.attachments') = 'array' THEN {held} ELSE '[]' END) e "
            f"WHERE e.type = 'object' AND coalesce({name}, '') <> '')"
        )

    def joined(self, item: str, where: str) -> str:
        return f"group_concat({item}, ','){f' FILTER (WHERE {where})' if where else ''}"

    def scaled(self, minor: str, digits: int) -> str:
        if digits == 0:
            return f"CAST({minor} AS text)"
        unit = 10**digits
        parts = f"substr({unit} + abs({minor}) % {unit}, 2)"
        return f"CASE WHEN {minor} < 0 THEN '-' ELSE '' END || (abs({minor}) / {unit}) || '.' || {parts}"

    def cursor(self, bind: Callable[[Bind, str], str], bound: str, order: Order, value: str, tie: str) -> str:
        secret, list_ = bind(Sealing("secret"), "bytea"), bind(Sealing("list", bound), "text")
        return f"'\"' || {SEALED}({secret}, {list_}, {value}, {tie}) || '\"'"

    def answer(self, text: str) -> str:
        return f"CAST({text} AS blob)"
