"""Trusted documents as managers see them."""

from __future__ import annotations

import strawberry

from hub.api.graph import column, described, object_type
from hub.api.scalars import DateTime
from hub.store.documents import StoredDocument


@object_type
class TrustedDocument:
    """A GraphQL document that clients ask for by its id."""

    row: strawberry.Private[StoredDocument]
    id: strawberry.ID = column("What clients send as documentId.")
    text: str = column("The document, as it was registered.")
    name: str = column("What it is called; by default as its first operation.")
    max_cost: int | None = column("What an operation of it may cost; null for as much as the hub lets any cost.")
    registered_at: DateTime = column("When it was registered.")
    registered_by: str = column("By which token.")


@object_type
class RegisteredDocument:
    """What became of one document."""

    id: strawberry.ID = described("What clients send as documentId.")
    name: str = described("What it is called.")
    is_new: bool = described("Whether it was not there already, as it is.")
