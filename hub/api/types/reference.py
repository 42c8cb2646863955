"""Users, products and campaigns."""

from __future__ import annotations

import strawberry

from hub.api.context import Info
from hub.api.graph import column, field, object_type
from hub.api.scalars import Date, TimeZone
from hub.api.types import amounts
from hub.api.types.amounts import Money
from hub.api.types.node import Node
from hub.store.reference import StoredCampaign, StoredProduct, StoredUser
from hub.values import Channel


@object_type
class User(Node):
    """A person of the company: owner of customers and matters, recognised by own addresses."""

    row: strawberry.Private[StoredUser]
    name: str = column("The name.")
    time_zone: TimeZone = column("Where they work.")


@object_type
class Product(Node):
    """Something sold."""

    row: strawberry.Private[StoredProduct]
    sku: str = column("What its source calls it.")
    name: str = column("The name.")
    category: str | None = column("The group it belongs to.")


@object_type
class Campaign(Node):
    """A campaign: its definition and spend come as reference data."""

    row: strawberry.Private[StoredCampaign]
    reference: str = column("What touchpoints call it.")
    name: str = column("The name.")
    channel: Channel | None = column("Where it runs.")
    starts_on: Date | None = column("The first day.")
    ends_on: Date | None = column("The last day.")

    @field
    def budget(self) -> Money | None:
        """What it may cost."""
        return amounts.shown(self.row.budget, self.row.currency)

    @field
    def spend(self) -> Money | None:
        """What it cost so far."""
        return amounts.shown(self.row.spend, self.row.currency)


async def user_of(info: Info, number: int | None) -> User | None:
    """The user with a row number."""
    row = await info.context.load.user.load(number) if number is not None else None
    return User(row=row) if row else None


async def campaign_of(info: Info, number: int | None) -> Campaign | None:
    """The campaign with a row number."""
    row = await info.context.load.campaign.load(number) if number is not None else None
    return Campaign(row=row) if row else None


async def product_of(info: Info, number: int | None) -> Product | None:
    """The product with a row number."""
    row = await info.context.load.product.load(number) if number is not None else None
    return Product(row=row) if row else None
