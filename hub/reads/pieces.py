"""JSON in pieces, and how they become one expression of text.

A piece is ``Known`` beforehand, an expression of text that is never NULL, or ``Read`` of rows. Databases copy a text
each time something is put before or behind it: what is short comes together first, and what is long last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known:
    """JSON as it is."""

    json: str


@dataclass(frozen=True, slots=True)
class Read:
    """Pieces put together over ``rows``, which come to exactly one text; or to none where there is one that is
    ``missing`` then."""

    pieces: tuple[Piece, ...]
    rows: str
    missing: str = ""

    @property
    def select(self) -> str:
        """The query of one column and one row."""
        return f"SELECT {together(self.pieces)} FROM {self.rows}"


@dataclass(frozen=True, slots=True)
class Long:
    """An expression of long text."""

    sql: str


Piece = Known | Read | Long | str


def quoted(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def merged(pieces: Sequence[Piece]) -> list[Piece]:
    """The same with what is known beforehand in as few pieces as can be: it goes into what is read beside it."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if isinstance(piece, Known) and isinstance(last, Known):
            found[-1] = Known(last.json + piece.json)
        elif isinstance(piece, Known) and isinstance(last, Read) and not last.missing:
            found[-1] = Read((*last.pieces, piece), last.rows)
        elif isinstance(piece, Read) and not piece.missing and isinstance(last, Known):
            found[-1] = Read((last, *piece.pieces), piece.rows)
        else:
            found.append(piece)
    return found


def braced(members: Iterable[tuple[str, T]], shown: Callable[[T], Sequence[Piece]]) -> list[Piece]:
    """An object."""
    return [Known("{"), *keyed(members, shown), Known("}")]


def keyed(
    members: Iterable[tuple[str, T]], shown: Callable[[T], Sequence[Piece]], *, first: bool = True
) -> list[Piece]:
    """Members of an object. ``first``: whether none stand before them."""
    pieces: list[Piece] = []
    for key, member in members:
        comma = "," if pieces or not first else ""
        pieces += [Known(f'{comma}"{key}":'), *shown(member)]
    return pieces


def together(pieces: Sequence[Piece]) -> str:
    """The expression of the whole text."""
    parts: list[str] = []
    for long, run in groupby(merged(pieces), lambda piece: isinstance(piece, Long | Read)):
        found = [_sql(piece) for piece in run]
        parts += found if long else [_chain(found)]
    return _chain(parts)


def _chain(parts: Sequence[str]) -> str:
    return f"({' || '.join(parts)})" if len(parts) > 1 else parts[0]


def _sql(piece: Piece) -> str:
    match piece:
        case Known():
            return quoted(piece.json)
        case Long():
            return piece.sql
        case Read():
            return f"coalesce(({piece.select}), {piece.missing})" if piece.missing else f"({piece.select})"
    return piece
