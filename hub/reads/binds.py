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


Bind = Given | Place | Sealing


def value(bind: Bind, variables: Mapping[str, object], secret: bytes) -> object:
    """The value of a parameter. Raises ``InputWrong`` for a cursor of another list."""
    match bind:
        case Given():
            return bind.of(variables)
        case Place():
            cursor = bind.given.of(variables)
            if not isinstance(cursor, str):
                raise InputWrong(f"{bind.argument} is not a cursor of this list.")
            return Cursors(secret, bind.name, bind.order).open(cursor, bind.argument)[bind.half]
    inner, outer = pads(secret)
    return {"secret": secret, "list": bind.bound, "inner": inner + bind.bound.encode(), "outer": outer}[bind.what]
