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


def value(bind: Bind, variables: Mapping[str, object], asking: Asking) -> object:
    """The value of a parameter. Raises ``InputWrong`` for a cursor of another list, and ``Unsupported``."""
    secret = asking.secret
    match bind:
        case Asker():
            return asking.token
        case Clock():
            return asking.clock(bind.name)
        case Among():
            return list(bind.values)
        case Given():
            return _id(bind.of(variables))
        case Place():
            cursor = bind.given.of(variables)
            if not isinstance(cursor, str):
                raise InputWrong(f"{bind.argument} is not a cursor of this list.")
            return Cursors(secret, bind.name, bind.order).open(cursor, bind.argument)[bind.half]
    if bind.what == "secret":
        return secret
    if bind.what == "list":
        return bind.bound
    inner, outer = pads(secret)
    return outer if bind.what == "outer" else inner + bind.bound.encode()


def _id(given: object) -> object:
    """What a client names something by. What may be as of a moment, or is no id at all, is for the ordinary way."""
    if not isinstance(given, str) or MARK in given or len(given) > _LONGEST_ID or not given.isprintable():
        raise Unsupported
    return given
