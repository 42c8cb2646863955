"""Lines of invoices, orders and credit notes."""

from __future__ import annotations

from decimal import Decimal

import strawberry

from hub.api.connections import Connection
from hub.api.context import Info
from hub.api.graph import column, field, object_type
from hub.api.scalars import Currency, Exact
from hub.api.types import reference
from hub.api.types.amounts import Money
from hub.api.types.node import Node
from hub.api.types.reference import Product
from hub.store.touchpoints import StoredLine


@object_type
class LineItem(Node):
    """A line of an invoice, order or credit note."""

    row: strawberry.Private[StoredLine]
    description: str = column("What it says.")

    @field
    async def product(self, info: Info) -> Product | None:
        """What was sold."""
        return await reference.product_of(info, self.row.product)

    @field
    def quantity(self) -> Exact:
        """How much of it."""
        return Exact(Decimal(self.row.quantity))

    @field
    def unit_price(self) -> Money:
        """The price of one, exactly as in the source."""
        return self._money(self.row.unit_price)

    @field
    def amount(self) -> Money:
        """The amount of the whole line, exactly as in the source."""
        return self._money(self.row.amount)

    @field
    def tax(self) -> Money | None:
        """The tax in it."""
        return None if self.row.tax is None else self._money(self.row.tax)

    def _money(self, amount: str) -> Money:
        return Money(amount=Exact(Decimal(amount)), currency=Currency(self.row.currency))


@object_type
class LineItemConnection(Connection[LineItem]):
    """A page of lines."""
