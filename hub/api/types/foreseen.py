"""What a correction or other rules would change, or have changed: customers and touchpoints, before and after."""

from __future__ import annotations

import strawberry

from hub.api.context import Info
from hub.api.graph import column, field, object_type
from hub.api.types import amounts
from hub.api.types.amounts import Money
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.ingest import outcomes

FIRST = 100
"""Entries that an answer lists; the rest is counted."""


@object_type
class CustomerChange:
    """How one customer changes."""

    row: strawberry.Private[outcomes.CustomerChange]
    customer: strawberry.ID = column("The customer.")
    touchpoints_before: int = column("Touchpoints before.")
    touchpoints_after: int = column("Touchpoints after.")
    stage_before: str | None = column("The stage before.")
    stage_after: str | None = column("The stage after.")

    @field
    def revenue_before(self) -> Money:
        """Revenue before."""
        return amounts.sure(self.row.revenue_before, self.row.currency)

    @field
    def revenue_after(self) -> Money:
        """Revenue after."""
        return amounts.sure(self.row.revenue_after, self.row.currency)


@object_type
class MovedTouchpoint:
    """A touchpoint that changes customer, or else organisation."""

    row: strawberry.Private[outcomes.MovedTouchpoint]
    id: strawberry.ID = column("Its id.", attribute="touchpoint")
    before: strawberry.ID | None = column("Whose it is before; null where it belongs to nobody.")
    after: strawberry.ID | None = column("Whose it is after; null where it belongs to nobody.")

    @field
    async def touchpoint(self, info: Info) -> Touchpoint | None:
        """The touchpoint. Needs the scope read."""
        row = await info.context.load.touchpoint_by_id.load(self.row.touchpoint)
        return touchpoint(row) if row else None
