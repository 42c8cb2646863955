"""The values that go with a statement: where each comes from when it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.errors import InputWrong
from hub.reads.tree import Given
from hub.store.pages import Cursors, Order, pads


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


Bind = Given | Place | Sealing | Asker


def value(bind: Bind, variables: Mapping[str, object], secret: bytes, token: str) -> object:
    """The value of a parameter. Raises ``InputWrong`` for a cursor of another list."""
    match bind:
        case Asker():
            return token
        case Given():
            return bind.of(variables)
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
