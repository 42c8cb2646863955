"""Reads about what goes out."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.connections import After, First, cursors
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.types.endpoints import Endpoint, EndpointConnection
from hub.store import endpoints


@object_type
class EndpointQueries:
    """Reads about what goes out."""

    @field
    async def endpoints(self, info: Info, first: First = None, after: After = None) -> EndpointConnection:
        """Who is told of changes, in the order they were made."""
        sealed = cursors(info, "Query.endpoints", endpoints.ORDER)
        page = await endpoints.page(await info.context.snapshot(), sealed.window(first, after, None, None))
        return EndpointConnection(entries=[Endpoint(row=row) for row in page.rows], page=page, cursors=sealed)

    @field
    async def endpoint(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("Its id.")],  # noqa: A002
    ) -> Endpoint | None:
        """One endpoint."""
        row = await info.context.load.endpoint_by_id.load(id)
        return Endpoint(row=row) if row else None
