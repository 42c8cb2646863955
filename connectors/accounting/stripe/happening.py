"""Stripe's events: each holds an object as it then was, cut out of it byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import AwareDatetime, BaseModel

from hub import sdk

TEST = {"livemode": "false"}
"""The envelope of rows that are not of real business."""
_RANKS = {
    "draft": 0, "incomplete": 0, "pending": 0, "warning_needs_response": 0, "needs_response": 1, "open": 1,
    "issued": 1, "trialing": 1, "requires_action": 1, "warning_under_review": 1, "active": 2, "succeeded": 2,
    "under_review": 2, "uncollectible": 2, "past_due": 3, "paused": 3, "paid": 3, "accepted": 3, "complete": 3,
    "failed": 3, "unpaid": 4, "void": 5, "canceled": 5, "expired": 5, "incomplete_expired": 5, "won": 5, "lost": 5,
    "warning_closed": 5,
}  # fmt: skip
"""How far an object has come: Stripe counts seconds, and tells of several states in one."""
_LATER = {"created": 0, "updated": 1, "deleted": 9}
_decoded = json.JSONDecoder().raw_decode
_SPACE = " \t\r\n"


class Held(BaseModel):
    """What an event holds."""

    object: Any = None


class Happening(BaseModel):
    """That something happened to an object: what Stripe calls an event."""

    id: str
    type: str = ""
    created: AwareDatetime | None = None
    livemode: bool = True
    account: str | None = None
    data: Held = Held()


def row(payload: bytes, event: Happening) -> sdk.Row:
    """The object that an event is about, as it then was, else the event itself.

    A charge that does not say whether it is of an invoice is left to whoever asks Stripe: see ``Stripe.pages``.
    """
    envelope = {} if event.livemode else TEST
    held = event.data.object
    id_ = held.get("id") if isinstance(held, dict) else None
    if not isinstance(id_, str) or not id_ or not isinstance(held.get("object"), str) or lacks_its_invoice(held):
        return sdk.Row(event.id, payload, envelope)
    last = event.type.rpartition(".")[2]
    status = held.get("status")
    rank = 10 * _RANKS.get(status if isinstance(status, str) else "", 0) + _LATER.get(last, 2)
    gone = event.type == f"{held['object']}.deleted"
    version = str(int(event.created.timestamp()) * 100 + rank) if event.created else None
    return sdk.Row(id_, member(payload, "data", "object"), envelope, version, deleted=gone)


def lacks_its_invoice(held: dict[str, Any]) -> bool:
    """Whether this is a charge in a rendering of 2025 or later."""
    return held.get("object") == "charge" and "invoice" not in held


def member(payload: bytes, *path: str) -> bytes:
    """The value at a path of a JSON object, byte for byte as it stands there. Raises ``RowUnreadable``."""
    try:
        text = payload.decode("utf-8-sig")
        at = _after_space(text, 0)
        for name in path:
            at = dict(_members(text, at))[name]
        return text[at : _decoded(text, at)[1]].encode()
    except (ValueError, KeyError, IndexError, RecursionError):
        raise sdk.RowUnreadable(f"there is no {'.'.join(path)}") from None


def _members(text: str, at: int) -> Iterator[tuple[str, int]]:
    """The members of the object that begins at a place, and where their values do."""
    while text[at] != "}":
        if text[at] not in "{,":
            raise ValueError("no object")
        start = _after_space(text, at + 1)
        if text[start] == "}":
            return
        name, end = _decoded(text, start)
        value = _after_space(text, _after_space(text, end) + 1)
        yield name, value
        at = _after_space(text, _decoded(text, value)[1])


def _after_space(text: str, at: int) -> int:
    while text[at] in _SPACE:
        at += 1
    return at
