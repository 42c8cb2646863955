"""SQL written once for both databases.

All statements of ``store`` are written in the subset that PostgreSQL and SQLite share, with ``$1`` parameters,
``$1::type`` casts where PostgreSQL needs them, ``= ANY($1::bigint[])`` for lists and ``column::jsonb -> $1`` for
members of JSON (``::json`` where their text must stay as it is). For SQLite the text is rewritten mechanically: casts
go, ``$1`` becomes ``?1``, and a list travels as JSON into ``json_each``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

_ANY = re.compile(r"= ANY\(\$(\d+)(?:::\w+\[\])?\)")
_PARAMETER = re.compile(r"\$(\d+)(?:::\w+(?:\[\])?)?")
_JSON = re.compile(r"(?<=\w)::jsonb?\b")
_MEMBER = re.compile(r"(?<=\w)::jsonb -> \$(\d+)::text")
_ESCAPED = re.compile(r"\\[bfnrtu]")
STORED: Final = "/* as stored */"
"""After a table: its rows are read in the order of their numbers, whatever index there is. For reading most of them."""


@lru_cache(maxsize=2048)
def for_sqlite(statement: str) -> str:
    """The statement as SQLite reads it."""
    listed = _ANY.sub(r"IN (SELECT value FROM json_each(?\1))", statement)
    # In quotes, or a name with a point in it would be a path; a name that has quotes itself cannot be in quotes.
    listed = _MEMBER.sub(r""" -> iif(instr(?\1, '"'), '$.' || ?\1, '$."' || ?\1 || '"')""", listed)
    return _JSON.sub("", _PARAMETER.sub(r"?\1", listed)).replace(STORED, "NOT INDEXED")


def sqlite_values(values: Sequence[Any]) -> list[Any]:
    """Parameters as sqlite3 takes them: lists as JSON text."""
    return [orjson.dumps(value).decode() if isinstance(value, list | tuple) else value for value in values]


def postgres_values(values: Sequence[Any]) -> list[Any]:
    """Parameters as psycopg takes them: lists as the text of an array, which it would write item by item."""
    return [_array(value) if isinstance(value, list | tuple) else value for value in values]


def _array(held: Sequence[Any]) -> Any:
    """As JSON with other brackets, unless JSON escapes something as a letter: arrays take it for the letter."""
    text = orjson.dumps(held, default=_bytes).decode()
    return list(held) if _ESCAPED.search(text) else f"{{{text[1:-1]}}}"


def _bytes(value: Any) -> str:
    if not isinstance(value, bytes):
        raise TypeError(type(value).__name__)
    return f"\\x{value.hex()}"


class Query:
    """A statement put together piece by piece, with its parameters."""

    def __init__(self, text: str = "") -> None:
        self._pieces = [text] if text else []
        self.values: list[Any] = []

    def add(self, text: str) -> Query:
        """Append text; it must come from constants and from ``bind``."""
        self._pieces.append(text)
        return self

    def bind(self, value: Any, cast: str = "") -> str:
        """Take a parameter; the answer is the text that stands for it."""
        self.values.append(value)
        return f"${len(self.values)}{'::' + cast if cast else ''}"

    def bind_list(self, values: Sequence[Any], cast: str) -> str:
        """``= ANY(...)`` over a list of ``cast`` (``bigint`` or ``text``)."""
        self.values.append(list(values))
        return f"= ANY(${len(self.values)}::{cast}[])"

    @property
    def text(self) -> str:
        """The statement."""
        return "".join(self._pieces)
