"""Reads about trusted documents."""

from __future__ import annotations

from hub.api.context import Info
from hub.api.graph import field, object_type
from hub.api.types.documents import TrustedDocument
from hub.store import documents


@object_type
class DocumentQueries:
    """Reads about trusted documents."""

    @field
    async def trusted_documents(self, info: Info) -> list[TrustedDocument]:
        """Documents that were registered and not retired, by name."""
        return [TrustedDocument(row=row) for row in await documents.standing(await info.context.snapshot())]
