"""Pages of customers, for every list that may be narrowed and ordered as all of them."""

from __future__ import annotations

from dataclasses import dataclass

from hub.api.connections import counted, cursors
from hub.api.context import Info
from hub.api.types.customers import Customer, CustomerConnection
from hub.api.types.enums import CustomerOrderField, OrderDirection
from hub.api.types.filters import CustomerOrder
from hub.store import customers, filters, ranked
from hub.values import Relationship

_UNFILTERED = filters.CustomerFilter(relationships=(Relationship.CUSTOMER,))


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments of a connection."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None
    order_by: CustomerOrder | None = None


async def customer_page(info: Info, place: str, wanted: filters.CustomerFilter, asked: Asked) -> CustomerConnection:
    """A page of the customers that a filter finds, last met first unless asked; ``place`` names the list."""
    field = asked.order_by.field if asked.order_by else CustomerOrderField.LAST_TOUCH
    descending = asked.order_by is None or asked.order_by.direction == OrderDirection.DESC
    if field == CustomerOrderField.NAME:
        info.context.principal.demand_contacts("An order by name")
    order = ranked.order_by(field, descending=descending)
    sealed = cursors(info, place, order)
    window = sealed.window(asked.first, asked.after, asked.last, asked.before)
    page = await ranked.page_of(await info.context.snapshot(), wanted, order, window)
    limited = wanted != _UNFILTERED

    async def count() -> int:
        return await customers.count(await info.context.snapshot(), wanted, limited=limited)

    return CustomerConnection(
        entries=[Customer(row=row) for row in page.rows],
        page=page,
        cursors=sealed,
        count=counted(count, limited=limited),
    )
