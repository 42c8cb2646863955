"""Reads about tokens."""

from __future__ import annotations

from hub.api.context import Info
from hub.api.graph import field, object_type
from hub.api.types.tokens import Token
from hub.store import tokens


@object_type
class TokenQueries:
    """Reads about tokens."""

    @field
    async def tokens(self, info: Info) -> list[Token]:
        """Tokens that were not revoked, in the order they were made."""
        return [Token.of(stored) for stored in await tokens.standing(await info.context.snapshot())]
