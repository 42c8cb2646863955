"""Reads about what came in."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.connections import After, First, cursors
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.types.sources import Connector, Record, Source, SourceConnection
from hub.store import records, sources


@object_type
class SourceQueries:
    """Reads about what came in."""

    @field
    def connectors(self, info: Info) -> list[Connector]:
        """The connectors that are installed, broken ones too."""
        registry = info.context.hub.registry
        working = [
            Connector(name=name, title=kind.title, documentation=kind.documentation, working=True, problem=None)
            for name, kind in registry.connectors.items()
        ]
        broken = [
            Connector(name=name, title=name, documentation=None, working=False, problem=problem)
            for name, problem in registry.broken.items()
        ]
        return sorted(working + broken, key=lambda connector: connector.name)

    @field
    async def sources(self, info: Info, first: First = None, after: After = None) -> SourceConnection:
        """Sources, in the order they were set up. A partner sees its own."""
        sealed = cursors(info, "Query.sources", sources.ORDER)
        window = sealed.window(first, after, None, None)
        who = info.context.principal
        only = None if who.sees_source("") else sorted(who.sources)
        page = await sources.page(await info.context.snapshot(), only, window)
        return SourceConnection(entries=[Source(row=row) for row in page.rows], page=page, cursors=sealed)

    @field
    async def source(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("Its id.")],  # noqa: A002
    ) -> Source | None:
        """One source."""
        row = await info.context.load.source_by_id.load(id) if info.context.principal.sees_source(id) else None
        return Source(row=row) if row else None

    @field
    async def record(
        self,
        info: Info,
        source: Annotated[strawberry.ID, argument("Its source.")],
        stream: Annotated[str, argument("The feed it came by.")],
        key: Annotated[str, argument("What its source calls it.")],
    ) -> Record | None:
        """What became of one row."""
        if not info.context.principal.sees_source(source):
            return None
        row = await records.latest(await info.context.snapshot(), source, stream, key)
        return Record(row=row) if row else None
