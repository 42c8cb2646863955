"""Reads as of a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.types.as_of import AsOf, Snapshot, context_as_of
from hub.store import snapshots

if TYPE_CHECKING:
    from hub.api.queries.root import Query

LazyQuery = Annotated["Query", strawberry.lazy("hub.api.queries.root")]


@object_type
class PastQueries:
    """Reads as of a moment."""

    @field
    async def as_of(self, info: Info, moment: Annotated[AsOf, argument("Which.")]) -> LazyQuery:
        """Any reads, answered as of a moment. Lists and analyses need a snapshot as of it, one customer does not."""
        from hub.api.queries.root import Query

        await context_as_of(info, moment)
        return Query()

    @field
    async def snapshots(self, info: Info) -> list[Snapshot]:
        """Snapshots that were taken or are being taken, the last first."""
        rows = await snapshots.everything(await info.context.present.snapshot())
        return [Snapshot(row=row) for row in rows]
