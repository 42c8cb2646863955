"""Reads about touchpoints and matters."""

from __future__ import annotations

from typing import Annotated

from hub import kinds
from hub.api.connections import After, Before, First, Last, counted, cursors
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.scalars import dumped
from hub.api.types.as_of import AsOf, context_as_of
from hub.api.types.changes import Change, ChangeConnection
from hub.api.types.enums import ChangeKind, TimelineOrder
from hub.api.types.filters import (
    MatterFilter,
    MatterOrder,
    TouchpointFilter,
    matter_filter,
    matter_order,
    touchpoint_filter,
)
from hub.api.types.matters import Matter, MatterConnection
from hub.api.types.touchpoints import TouchpointConnection, TouchpointKind, touchpoint
from hub.store import filters, ledger, matters, touchpoints
from hub.values import Channel


@object_type
class TouchpointQueries:
    """Reads about touchpoints and matters."""

    @field
    async def touchpoints(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[TouchpointFilter | None, argument("Only such.")] = None,  # noqa: A002
        order_by: Annotated[TimelineOrder, argument("In which order.")] = TimelineOrder.NEWEST_FIRST,
        as_of: Annotated[AsOf | None, argument("As of this moment, of which a snapshot was taken.")] = None,
    ) -> TouchpointConnection:
        """Touchpoints of all customers, and those of nobody yet."""
        await context_as_of(info, as_of)
        wanted = touchpoint_filter(info, filter)
        order = touchpoints.ORDERS[order_by]
        sealed = cursors(info, "Query.touchpoints", order)
        window = sealed.window(first, after, last, before)
        page = await touchpoints.page(await info.context.snapshot(), wanted, order, window)
        limited = wanted != touchpoints.STANDING

        async def count() -> int:
            return await touchpoints.count(await info.context.snapshot(), wanted, limited=limited)

        return TouchpointConnection(
            entries=[touchpoint(row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=limited),
        )

    @field
    async def matters(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[MatterFilter | None, argument("Only such.")] = None,  # noqa: A002
        order_by: Annotated[MatterOrder | None, argument("In which order; latest opened first by default.")] = None,
        as_of: Annotated[AsOf | None, argument("As of this moment, of which a snapshot was taken.")] = None,
    ) -> MatterConnection:
        """Deals, cases, orders and follow-ups."""
        await context_as_of(info, as_of)
        wanted, order = matter_filter(filter, info.context.now()), matter_order(order_by)
        sealed = cursors(info, "Query.matters", order)
        window = sealed.window(first, after, last, before)
        page = await matters.page(await info.context.snapshot(), wanted, order, window)

        async def count() -> int:
            return await matters.count(await info.context.snapshot(), wanted)

        return MatterConnection(
            entries=[Matter(row=row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=wanted != filters.MatterFilter()),
        )

    @field
    async def changes(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        kinds: Annotated[list[ChangeKind] | None, argument("Only of these kinds.")] = None,
    ) -> ChangeConnection:
        """Everything that became known after a cursor, oldest first."""
        sealed = cursors(info, "Query.changes", ledger.ORDER)
        only = None if kinds is None else [str(kind) for kind in kinds]
        page = await ledger.page(await info.context.snapshot(), only, None, sealed.window(first, after, None, None))
        return ChangeConnection(entries=[Change(row=row) for row in page.rows], page=page, cursors=sealed)

    @field
    def touchpoint_kinds(self, info: Info) -> list[TouchpointKind]:
        """Every kind of touchpoint this hub can show."""
        shared = [
            TouchpointKind(
                name=kind.name,
                title=kind.title,
                type_name=kind.type_name,
                channel=kind.channel,
                declared_by="hub",
                properties=dumped(kind.properties),
            )
            for kind in kinds.KINDS.values()
        ]
        declared = [
            TouchpointKind(
                name=kind.name,
                title=kind.title,
                type_name=kinds.CUSTOM,
                channel=Channel.OTHER,
                declared_by=name,
                properties=dumped(dict(kind.properties)),
            )
            for name, connector in sorted(info.context.hub.registry.connectors.items())
            for kind in connector.kinds
        ]
        return shared + declared
