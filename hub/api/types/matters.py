"""Matters: deals, cases, orders, follow-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from hub.api.connections import After, CountedConnection, First, counted, cursors
from hub.api.context import Info
from hub.api.graph import column, field, object_type
from hub.api.scalars import JSON, DateTime, raw
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money
from hub.api.types.node import Node
from hub.api.types.reference import Campaign, User
from hub.api.types.sources import Source, source_of
from hub.api.types.touchpoints import TouchpointConnection, touchpoint
from hub.clock import micros, now
from hub.store import matters
from hub.store.matters import StoredMatter
from hub.values import MatterKind, MatterOutcome

if TYPE_CHECKING:
    from hub.api.types.customers import Customer

LazyCustomer = Annotated["Customer", strawberry.lazy("hub.api.types.customers")]


@object_type
class Matter(Node):
    """A thing with a life of its own that touchpoints are about; its state is folded from them."""

    row: strawberry.Private[StoredMatter]
    kind: MatterKind = column("What it is.")
    reference: str = column("What its source calls it.")
    pipeline: str | None = column("The pipeline it moves along.")
    state: str = column("Where it stands, in its source's words.")
    outcome: MatterOutcome | None = column("How it ended.")
    open: bool = column("Whether it is still open.")
    opened_at: DateTime = column("When it began.")
    due_at: DateTime | None = column("When it is due.")
    closed_at: DateTime | None = column("When it ended.")

    @field
    def title(self, info: Info) -> str | None:
        """The source's own words; null without the right to see contact data."""
        return self.row.title if info.context.principal.sees_contacts else None

    @field
    def amount(self) -> Money | None:
        """What it is worth."""
        return amounts.shown(self.row.amount, self.row.currency)

    @field
    def outstanding(self) -> Money | None:
        """What of it is still to be paid."""
        return amounts.shown(self.row.outstanding, self.row.currency)

    @field
    def overdue(self) -> bool:
        """Whether it is open and past its due time."""
        return self.row.open and self.row.due_at is not None and self.row.due_at < micros(now())

    @field
    async def owner(self, info: Info) -> User | None:
        """Who looks after it."""
        return await reference.user_of(info, self.row.owner)

    @field
    async def customer(self, info: Info) -> LazyCustomer | None:
        """Whose it is."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self.row.customer)

    @field
    async def organisation(self, info: Info) -> LazyCustomer | None:
        """The organisation it is for."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self.row.organisation)

    @field
    async def campaign(self, info: Info) -> Campaign | None:
        """The campaign that brought it."""
        return await reference.campaign_of(info, self.row.campaign)

    @field
    async def timeline(self, info: Info, first: First = None, after: After = None) -> TouchpointConnection:
        """The touchpoints about it, latest first."""
        sealed = cursors(info, "Matter.timeline", matters.TIMELINE_ORDER)
        window = sealed.window(first, after, None, None)
        page = await matters.timeline(await info.context.snapshot(), self.row.num, window)

        async def count() -> int:
            return await matters.timeline_count(await info.context.snapshot(), self.row.num)

        return TouchpointConnection(
            entries=[touchpoint(row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=False),
        )

    @field
    def properties(self, info: Info) -> JSON | None:
        """What else its source says; null without the right to see contact data."""
        return raw(self.row.properties) if info.context.principal.sees_contacts else None

    @field
    async def source(self, info: Info) -> Source:
        """Where it came from."""
        return await source_of(info, self.row.source)


@object_type
class MatterConnection(CountedConnection[Matter]):
    """A page of matters."""
