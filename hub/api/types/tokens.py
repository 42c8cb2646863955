"""Tokens as they may be shown: never with what is sent."""

from __future__ import annotations

import strawberry

from hub.api.graph import described, object_type
from hub.api.scalars import DateTime
from hub.store.tokens import StoredToken


@object_type
class Token:
    """A token, without its secret."""

    id: strawberry.ID = described("Its id, for revokeToken.")
    name: str = described("Who or what uses it.")
    scopes: list[str] = described("What it may do.")
    created_at: DateTime = described("When it was made.")
    expires_at: DateTime | None = described("When it ends; null when it does not.")

    @classmethod
    def of(cls, stored: StoredToken) -> Token:
        """The token of a row."""
        return cls(
            id=strawberry.ID(stored.id),
            name=stored.name,
            scopes=stored.scopes.split(),
            created_at=DateTime(stored.created_at),
            expires_at=None if stored.expires_at is None else DateTime(stored.expires_at),
        )
