"""Keyset pages in both directions, and cursors that nobody can change.

A cursor holds the value a list is ordered by and the row's id, and a MAC over them and the list's name and order.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

import orjson

from hub.errors import InputWrong
from hub.store.sql import Query

T = TypeVar("T")

DEFAULT_SIZE = 100
LARGEST_SIZE = 500
COUNT_LIMIT = 10_000
LONGEST_CURSOR = 10_000
NOWHERE = 2**62
"""The place, in an order of numbers, of what has nothing to be ordered by: beyond all others, or before them as
``-NOWHERE``."""
MAC_DIGITS = 16
SEALED = "sealed_cursor"
"""The function by which SQLite seals cursors, as ``sealed`` does."""
_BLOCK = 64

Place = tuple[int | str, int | str]
"""Where a row stands in an order: the value ordered by, and the row's own id for equal values."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a list: a column, ties by ``tie``, both in the same direction. Both are never null.

    ``constant`` is a column that is the same in every row and comes first in the index that gives the order: PostgreSQL
    knows that of one that equals a value, but not of one that is null. There are no ties where the column is
    ``unique``, which a database has to be spared: it would sort for them.
    """

    name: str
    column: str
    tie: str
    descending: bool = False
    column_type: str = "bigint"
    tie_type: str = "text"
    constant: str = ""
    unique: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a list that is asked for; ``backward`` counts ``size`` from its end."""

    size: int = DEFAULT_SIZE
    after: Place | None = None
    before: Place | None = None
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows of a window with their places, in the order of the list."""

    rows: Sequence[T] = ()
    places: Sequence[Place] = ()
    has_next: bool = False
    has_previous: bool = False


def sealed(secret: bytes, bound: str, value: int | str, tie: int | str) -> str:
    """The cursor of a place in a list; ``bound`` is the list's name and that of its order, each with a space after."""
    content = orjson.dumps((value, tie))
    return urlsafe_b64encode(_mac(secret, bound, content) + content).rstrip(b"=").decode()


def _mac(secret: bytes, bound: str, content: bytes) -> bytes:
    return hmac.new(secret, bound.encode() + content, hashlib.sha256).hexdigest()[:MAC_DIGITS].encode()


@lru_cache(16)
def pads(secret: bytes) -> tuple[bytes, bytes]:
    """The inner and the outer pad of HMAC-SHA-256, for a database that has no HMAC but the hash (RFC 2104)."""
    key = (hashlib.sha256(secret).digest() if len(secret) > _BLOCK else secret).ljust(_BLOCK, b"\0")
    return bytes(each ^ 0x36 for each in key), bytes(each ^ 0x5C for each in key)


class Cursors:
    """Seals and opens cursors of one list in one order. ``secret`` is the hub's own."""

    def __init__(self, secret: bytes, field: str, order: Order) -> None:
        self._secret = secret
        self._bound = f"{field} {order.name} "
        self._types = tuple(int if kind == "bigint" else str for kind in (order.column_type, order.tie_type))

    def seal(self, place: Place) -> str:
        """The cursor of a place."""
        return sealed(self._secret, self._bound, *place)

    def open(self, cursor: str, argument: str) -> Place:
        """The place of a cursor. Raises ``InputWrong`` for one that this list did not give."""
        wrong = InputWrong(f"{argument} is not a cursor of this list.", path=argument)
        if len(cursor) > LONGEST_CURSOR:
            raise wrong
        try:
            held = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        except (binascii.Error, ValueError):
            raise wrong from None
        mac, content = held[:MAC_DIGITS], held[MAC_DIGITS:]
        if not hmac.compare_digest(mac, _mac(self._secret, self._bound, content)):
            raise wrong
        value, tie = orjson.loads(content)
        if not (isinstance(value, self._types[0]) and isinstance(tie, self._types[1])):
            raise wrong
        return value, tie

    def window(self, first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
        """The window that the four arguments of a connection ask for. Raises ``InputWrong``."""
        if first is not None and last is not None:
            raise InputWrong("Give first or last, not both.", path="last")
        for name, size in (("first", first), ("last", last)):
            if size is not None and not 0 <= size <= LARGEST_SIZE:
                raise InputWrong(f"{name} must be between 0 and {LARGEST_SIZE}.", path=name)
        return Window(
            size=DEFAULT_SIZE if first is None and last is None else first if last is None else last,  # type: ignore[arg-type]
            after=self.open(after, "after") if after else None,
            before=self.open(before, "before") if before else None,
            backward=last is not None,
        )


def narrow(query: Query, order: Order, window: Window) -> None:
    """Add the conditions that keep the rows between the window's ends."""
    for place, beyond in ((window.after, True), (window.before, False)):
        if place is not None:
            sign = "<" if beyond == order.descending else ">"
            value = query.bind(place[0], order.column_type)
            tie = query.bind(place[1], order.tie_type)
            query.add(f" AND ({order.column}, {order.tie}) {sign} ({value}, {tie})")


def direction(order: Order, window: Window) -> str:
    """What follows ORDER BY, read from the window's counting end."""
    way = "DESC" if order.descending != window.backward else "ASC"
    columns = (order.constant, order.column, "" if order.unique else order.tie)
    return ", ".join(f"{column} {way}" for column in columns if column)


def page(found: Sequence[T], places: Sequence[Place], window: Window) -> Page[T]:
    """A page of rows read from the counting end, one more than asked where there are more."""
    more = len(found) > window.size
    rows, kept = list(found[: window.size]), list(places[: window.size])
    if window.backward:
        rows.reverse()
        kept.reverse()
        return Page(rows, kept, has_next=window.before is not None, has_previous=more)
    return Page(rows, kept, has_next=more, has_previous=window.after is not None)


def part(rows: Sequence[T], window: Window) -> Page[T]:
    """A page of rows that are all at hand; the place of a row is its position."""
    low = int(window.after[0]) + 1 if window.after else 0
    high = int(window.before[0]) if window.before else len(rows)
    inside = range(low, max(low, min(high, len(rows))))
    kept = inside[max(0, len(inside) - window.size) :] if window.backward else inside[: window.size]
    more = len(kept) < len(inside)
    return Page(
        [rows[position] for position in kept],
        [(position, "") for position in kept],
        has_next=window.before is not None if window.backward else more,
        has_previous=more if window.backward else window.after is not None,
    )
