"""The values that go with a statement: where each comes from when it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hub.analysis.as_of import MARK
from hub.errors import InputWrong
from hub.reads.tree import Given, Unsupported
from hub.store.pages import Cursors, Order, pads
from hub.store.sql import Query

_LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Place:
    """One half of the place that a cursor given by the client stands for."""

    name: str
    order: Order
    argument: str
    given: Given
    half: int


@dataclass(frozen=True, slots=True)
class Sealing:
    """What cursors are sealed with: the hub's ``secret``, or by HMAC's rule its ``inner`` pad, followed by what the
    cursors of a ``list`` are bound to, and its ``outer`` one."""

    what: str
    bound: str = ""


@dataclass(frozen=True, slots=True)
class Asker:
    """The digest of the token of who asks."""


@dataclass(frozen=True, slots=True)
class Among:
    """A list of texts."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clock:
    """The present: ``now`` in microseconds, or ``today`` as a day since 1970-01-01."""

    name: str


Bind = Given | Place | Sealing | Asker | Among | Clock
Where = Callable[[Query], str]


@dataclass(slots=True)
class Asking:
    """What a statement needs of one request. Not frozen, as making it would take three times as long."""

    secret: bytes
    """The hub's own."""
    token: str
    """The digest of the token of who asks; empty without one."""
    clock: Callable[[str], int]
    narrow: Callable[[str, object], Where]
    """Gives the condition of a filter by its kind. Raises ``HubError`` and ``Unsupported``."""


Value = Callable[[Mapping[str, object], Asking], object]


def value(bind: Bind) -> Value:
    """What gives a parameter its value. It raises ``InputWrong`` for a cursor of another list, and ``Unsupported``."""
    match bind:
        case Asker():
            return lambda _, asking: asking.token
        case Clock():
            return lambda _, asking: asking.clock(bind.name)
        case Among():
            return lambda _, __: list(bind.values)
        case Given():
            return lambda variables, _: _id(bind.of(variables))
        case Place():
            return lambda variables, asking: _half(bind, bind.given.of(variables), asking.secret)
        case Sealing("secret"):
            return lambda _, asking: asking.secret
        case Sealing("list"):
            return lambda _, __: bind.bound
        case Sealing("outer"):
            return lambda _, asking: pads(asking.secret)[1]
        case Sealing():
            return lambda _, asking: pads(asking.secret)[0] + bind.bound.encode()


def _half(place: Place, cursor: object, secret: bytes) -> object:
    if not isinstance(cursor, str):
        raise InputWrong(f"{place.argument} is not a cursor of this list.")
    return Cursors(secret, place.name, place.order).open(cursor, place.argument)[place.half]


def _id(given: object) -> object:
    """What a client names something by. What may be as of a moment, or is no id at all, is for the ordinary way."""
    if not isinstance(given, str) or MARK in given or len(given) > _LONGEST_ID or not given.isprintable():
        raise Unsupported
    return given
