"""The authors' only door: everything a connector needs, and nothing else.

    from hub import sdk

A connector declares a name, settings and streams; a stream yields pages of rows and says what one row means.
``docs/connector.md`` walks through a complete one.
"""

from __future__ import annotations

from pydantic import SecretStr as Secret

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
from hub.errors import ConfigWrong, CursorExpired, RetryLater, RowUnreadable, SignInAgain, SourceFailed
from hub.identifiers import contact, cookie, email, group, handle, phone, social, user, vat
from hub.outside import Budget, Outside
from hub.reading import amount, day, digits, instant
from hub.values import (
    Campaign,
    Channel,
    Direction,
    ExchangeRate,
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
    "Budget",
    "Campaign",
    "Channel",
    "ConfigWrong",
    "Connector",
    "Cursor",
    "CursorExpired",
    "Delivery",
    "Direction",
    "ExchangeRate",
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
    "Outside",
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
    "Secret",
    "Settings",
    "Side",
    "SignInAgain",
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
