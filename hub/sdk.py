"""The authors' only door: everything a connector needs, and nothing else.

    from hub import sdk

A connector declares a name, settings and streams; a stream yields pages of rows and says what one row means.
``docs/connector.md`` walks through a complete one.
"""

from __future__ import annotations

from hub.connector import (
    Connector,
    Cursor,
    Delivery,
    KindDeclaration,
    Nature,
    Page,
    PullStream,
    PushStream,
    Reception,
    Reply,
    Row,
    Settings,
    Stream,
)
from hub.errors import ConfigWrong, RetryLater, RowUnreadable, SourceFailed
from hub.identifiers import contact, cookie, email, group, handle, phone, social, user, vat
from hub.reading import amount, day, digits, instant
from hub.values import (
    Campaign,
    Channel,
    Direction,
    Identifier,
    Line,
    Mapped,
    MatterClaim,
    MatterKind,
    MatterOutcome,
    Money,
    Origin,
    Participant,
    ParticipantRole,
    Product,
    Quantity,
    Side,
    Spend,
    TimePrecision,
    Touchpoint,
    User,
)

__all__ = [
    "Campaign",
    "Channel",
    "ConfigWrong",
    "Connector",
    "Cursor",
    "Delivery",
    "Direction",
    "Identifier",
    "KindDeclaration",
    "Line",
    "Mapped",
    "MatterClaim",
    "MatterKind",
    "MatterOutcome",
    "Money",
    "Nature",
    "Origin",
    "Page",
    "Participant",
    "ParticipantRole",
    "Product",
    "PullStream",
    "PushStream",
    "Quantity",
    "Reception",
    "Reply",
    "RetryLater",
    "Row",
    "RowUnreadable",
    "Settings",
    "Side",
    "SourceFailed",
    "Spend",
    "Stream",
    "TimePrecision",
    "Touchpoint",
    "User",
    "amount",
    "contact",
    "cookie",
    "day",
    "digits",
    "email",
    "group",
    "handle",
    "instant",
    "phone",
    "social",
    "user",
    "vat",
]
