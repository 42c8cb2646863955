"""One message of a tracking library: its common fields, whose it is, when it happened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from connectors.cells import CellSettings
from connectors.members import Members, object_of
from connectors.objects import Object
from hub import sdk

TYPES = ("identify", "track", "page", "screen", "group", "alias")
LONGEST_ID = 500
_MILLISECONDS = 100_000_000_000
"""Numbers from here on count milliseconds since 1970, not seconds: the year is 1973 or 5138."""


@dataclass(frozen=True)
class Message:
    """What one call said. ``received`` is None for a row that came without a request around it."""

    said: Object
    context: Object
    type: str
    received: datetime | None
    sent: str | None
    cells: CellSettings

    @cached_property
    def properties(self) -> Members:
        """The properties of a track, page or screen call."""
        return Members(_object(self.said, "properties"), self.cells)

    @cached_property
    def traits(self) -> Object:
        """What is said of the user, or of the group of a group call."""
        return _object(self.said, "traits")

    @cached_property
    def around(self) -> Members:
        """The context, by dotted paths."""
        return Members(self.context, self.cells)

    @cached_property
    def event(self) -> str:
        """The name of a track call, as it is written."""
        return self.text("event")

    def text(self, name: str) -> str:
        """A member as text; libraries before 2015 wrote ``user_id``. Raises ``RowUnreadable`` for an object."""
        whole = Members(self.said, self.cells)
        return whole.text(name) or whole.text(_older(name))

    def known(self) -> Object:
        """Traits of the user that calls carry along: ``context.traits``, and those of identify."""
        carried = _object(self.context, "traits")
        return {**carried, **self.traits} if self.type == "identify" else carried

    def at(self) -> datetime:
        """When it happened: ``receivedAt - (sentAt - originalTimestamp)``, so that a wrong clock does no harm.

        A message that says when another server received it was corrected there. Without ``sentAt`` the time stands as
        it is told: history that is sent later. Raises ``RowUnreadable``.
        """
        told, received = self.said.get("timestamp"), self.said.get("receivedAt")
        if told and received:
            return _instant("timestamp", told)
        original = self.said.get("originalTimestamp") or told
        arrived = self.received or (_instant("receivedAt", received) if received else None)
        if not original:
            if arrived is None:
                raise sdk.RowUnreadable("neither the message nor its envelope says when it happened", path="timestamp")
            return arrived
        began = _instant("timestamp", original)
        sent = self.said.get("sentAt") or self.sent
        if not sent or arrived is None:
            return began
        return arrived - max(_instant("sentAt", sent) - began, timedelta())

    def identifiers(self, region: str) -> Iterator[sdk.Identifier]:
        """Of the user, or the browser; and of the group they belong to."""
        user, anonymous = self.text("userId"), self.text("anonymousId")
        group = self.text("groupId") or self.around.text("groupId")
        traits = Members(self.known(), self.cells)
        if user:
            yield sdk.user(user[:LONGEST_ID])
        if anonymous:
            yield sdk.cookie(anonymous[:LONGEST_ID])
        for address in dict.fromkeys((user, traits.text("email"), self._given("email"))):
            if 3 <= len(address) <= 320 and "@" in address[1:-1]:
                yield sdk.email(address)
        for number in dict.fromkeys((traits.text("phone"), self._given("phone"))):
            if number and len(number) <= 60:
                yield sdk.phone(number, region)
        if group:
            yield sdk.group(group[:LONGEST_ID])

    def _given(self, name: str) -> str:
        """What people gave with a sign-up. Elsewhere an address among the properties may be anybody's."""
        return self.properties.text(name) if self.event.casefold() in ("signed up", "user registered") else ""


def read(row: sdk.Row, cells: CellSettings) -> Message:
    """The message that a row holds, with what its batch said of all. Raises ``RowUnreadable``."""
    said, envelope = object_of(row.payload), row.envelope
    shared = json.loads(envelope["context"]) if "context" in envelope else {}
    received = envelope.get("received-at")
    named = envelope.get("type") or said.get("type") or said.get("action")
    if named not in TYPES:
        raise sdk.RowUnreadable(
            f"{str(named)[:40]!r} is no type of message" if named else "the message has no type",
            path="type",
            hint=f"there are: {', '.join(TYPES)}",
        )
    return Message(
        said=said,
        context={**shared, **_object(said, "context")},
        type=str(named),
        received=datetime.fromisoformat(received) if received else None,
        sent=envelope.get("sent-at"),
        cells=cells,
    )


@cache
def _older(name: str) -> str:
    return "".join(f"_{char.lower()}" if char.isupper() else char for char in name)


def _object(said: Mapping[str, Any], name: str) -> Object:
    held = said.get(name)
    if held is None:
        return {}
    if not isinstance(held, dict):
        raise sdk.RowUnreadable(f"{name} is no object", path=name)
    return held


def _instant(name: str, said: object) -> datetime:
    """ISO 8601, or a number of seconds or milliseconds since 1970."""
    try:
        if isinstance(said, str):
            return sdk.instant(said)
        if isinstance(said, int | float) and not isinstance(said, bool):
            return datetime.fromtimestamp(said / 1000 if abs(said) >= _MILLISECONDS else said, UTC)
    except (sdk.RowUnreadable, ValueError, OverflowError, OSError):
        pass
    raise sdk.RowUnreadable(f"{str(said)[:40]!r} is not a time", path=name, hint="like 2026-03-01T09:30:00.000Z")
