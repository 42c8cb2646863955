"""The desk: the built-in source of what people write in the hub. Its entries are rows like any other source's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from hub.connector import Connector, PushStream, Row, Stream
from hub.errors import RowUnreadable
from hub.journey import claims
from hub.kinds import KINDS
from hub.values import (
    Channel,
    Direction,
    Identifier,
    Money,
    Participant,
    ParticipantRole,
    Side,
    Touchpoint,
)


class Entries(PushStream):
    """Entries as JSON; ``written_at`` is when the hub was told and stands where no ``occurred_at`` was given."""

    name = "entries"
    volatile = frozenset({"written_at"})

    def touchpoints(self, row: Row) -> Iterator[Touchpoint]:
        """The touchpoint an entry is. ``profile`` entries carry decisions about a customer and count as no contact."""
        try:
            told: dict[str, Any] = orjson.loads(row.payload)
            yield _touchpoint(told)
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            raise RowUnreadable(f"an entry cannot be read: {error}") from None


def _touchpoint(told: Mapping[str, Any]) -> Touchpoint:
    kind = told["kind"]
    known = KINDS.get(kind)
    amount = told.get("amount")
    return Touchpoint(
        kind=kind,
        channel=known.channel if known else Channel.OTHER,
        direction=Direction(told["direction"]),
        occurred_at=datetime.fromisoformat(told.get("occurred_at") or told["written_at"]),
        title=told.get("title", ""),
        text=told.get("text"),
        automated=kind == "profile",
        amount=Money(Decimal(amount[0]), amount[1]) if amount else None,
        identifiers=tuple(Identifier(**{**held, "side": Side(held["side"])}) for held in told.get("identifiers", ())),
        traits=told.get("traits", {}),
        participants=(Participant(ParticipantRole.AGENT, name=told["by"]),) if told.get("by") else (),
        matters=tuple(claims.read(held) for held in told.get("matters", ())),
        properties=told.get("properties", {}),
        anchor=told.get("anchor"),
    )


class Desk(Connector):
    """Calls, meetings, visits, notes, names, tags and owners that people write down here."""

    name = "hub.desk"
    title = "What people write in the hub: calls, meetings, visits, notes, names, tags, owners."
    documentation = "docs/graphql.md"

    def streams(self) -> Sequence[Stream]:
        """The one stream of entries."""
        return (Entries(),)
