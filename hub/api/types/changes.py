"""The ledger as a feed."""

from __future__ import annotations

import strawberry

from hub.api.connections import Connection
from hub.api.context import Info
from hub.api.graph import column, field, object_type
from hub.api.scalars import DateTime
from hub.api.types.customers import Customer
from hub.api.types.enums import ChangeKind
from hub.api.types.matters import Matter
from hub.api.types.node import Node
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.store.ledger import StoredChange


@object_type
class Change(Node):
    """What happened in the hub, in the order it became known: the feed to mirror a hub from."""

    row: strawberry.Private[StoredChange]
    kind: ChangeKind = column("What happened.")
    at: DateTime = column("When it happened.")
    historical: bool = column("Whether it came with a first import.")
    before: str | None = column("The value before.", name="from")
    after: str | None = column("The value from then on.", name="to")

    @field
    async def customer(self, info: Info) -> Customer | None:
        """The customer it is about, as they are now."""
        row = await info.context.load.customer_by_id.load(self.row.customer) if self.row.customer else None
        return Customer(row=row) if row else None

    @field
    async def touchpoint(self, info: Info) -> Touchpoint | None:
        """The touchpoint it is about."""
        row = await info.context.load.touchpoint_by_id.load(self.row.touchpoint) if self.row.touchpoint else None
        return touchpoint(row) if row else None

    @field
    async def matter(self, info: Info) -> Matter | None:
        """The matter it is about."""
        row = await info.context.load.matter_by_id.load(self.row.matter) if self.row.matter else None
        return Matter(row=row) if row else None


@object_type
class ChangeConnection(Connection[Change]):
    """A page of changes."""
