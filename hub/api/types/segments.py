"""Segments: customers whom a saved filter finds."""

from __future__ import annotations

from typing import Annotated

import orjson
import strawberry

from hub.api.connections import After, Before, Count, First, Last, counted
from hub.api.context import Info
from hub.api.customer_pages import Asked, customer_page
from hub.api.graph import argument, column, field, object_type
from hub.api.saved_filters import members
from hub.api.scalars import JSON, DateTime, dumped
from hub.api.types.customers import CustomerConnection
from hub.api.types.filters import CustomerOrder
from hub.api.types.node import Node
from hub.store import customers
from hub.store.segments import StoredSegment


@object_type
class Segment(Node):
    """Customers whom a saved filter finds. Spans like `last: "P90D"` move on with time, and so do the members."""

    row: strawberry.Private[StoredSegment]
    count: strawberry.Private[Count | None] = None
    name: str = column("The name.")
    description: str = column("What it is for.")
    saved_by: str = column("Who saved it last.", attribute="decided_by")
    saved_at: DateTime = column("When.", attribute="decided_at")

    @field
    def filter(self, info: Info) -> JSON | None:
        """The filter, as a client would send it; null without the right to see contact data."""
        return dumped(orjson.loads(self.row.filter)) if info.context.principal.sees_contacts else None

    @field
    async def member_count(self, info: Info) -> int | None:
        """How many customers; null where there are more than 10,000."""
        number, exact = await self._counted(info)()
        return number if exact else None

    @field
    async def member_count_at_least(self, info: Info) -> int | None:
        """How many customers at least."""
        return (await self._counted(info)())[0]

    @field
    async def members(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        order_by: Annotated[CustomerOrder | None, argument("In which order.")] = None,
    ) -> CustomerConnection | None:
        """The customers, last met first unless asked; null when this token may not filter so."""
        wanted = await members(info, self.row.id)
        asked = Asked(first, after, last, before, order_by)
        return await customer_page(info, f"Segment.members {self.row.id}", wanted, asked)

    def _counted(self, info: Info) -> Count:
        async def number() -> int:
            wanted = await members(info, self.row.id)
            return await customers.count(await info.context.snapshot(), wanted, limited=True)

        self.count = self.count or counted(number, limited=True)
        return self.count
