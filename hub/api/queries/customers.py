"""Reads about customers."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from hub.api.connections import After, Before, First, Last, counted, cursors
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.types.customers import Customer, CustomerConnection
from hub.api.types.enums import CustomerOrderField, OrderDirection
from hub.api.types.filters import (
    CustomerBy,
    CustomerFilter,
    CustomerOrder,
    IdentifierInput,
    customer_filter,
)
from hub.errors import InputWrong
from hub.identity.normalise import MINTED, canonical
from hub.store import customers, filters
from hub.store.customers import StoredCustomer
from hub.values import Identifier, Relationship

_UNFILTERED = filters.CustomerFilter(relationships=(Relationship.CUSTOMER,))


@object_type
class CustomerQueries:
    """Reads about customers."""

    @field
    async def customer(self, info: Info, by: Annotated[CustomerBy, argument("How they are named.")]) -> Customer | None:
        """One customer."""
        row = await _named(info, by)
        return Customer(row=row) if row else None

    @field
    async def customers(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[CustomerFilter | None, argument("Only such.")] = None,  # noqa: A002
        order_by: Annotated[CustomerOrder | None, argument("In which order.")] = None,
    ) -> CustomerConnection:
        """Customers, last met first unless asked."""
        wanted = customer_filter(info, filter)
        if wanted.relationships is None:
            wanted = replace(wanted, relationships=(Relationship.CUSTOMER,))
        field = order_by.field if order_by else CustomerOrderField.LAST_TOUCH
        descending = order_by is None or order_by.direction == OrderDirection.DESC
        if field == CustomerOrderField.NAME:
            info.context.principal.demand_contacts("An order by name")
        order = customers.order_by(field, descending=descending)
        sealed = cursors(info, "Query.customers", order)
        window = sealed.window(first, after, last, before)
        page = await customers.page(await info.context.snapshot(), wanted, order, window)
        limited = wanted != _UNFILTERED

        async def count() -> int:
            return await customers.count(await info.context.snapshot(), wanted, limited=limited)

        return CustomerConnection(
            entries=[Customer(row=row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=limited),
        )


async def _named(info: Info, by: CustomerBy) -> StoredCustomer | None:
    if by.id:
        return await info.context.load.customer_by_id.load(by.id)
    if by.touchpoint:
        return await customers.of_touchpoint(await info.context.snapshot(), by.touchpoint)
    if by.identifier:
        return await _identified(info, by.identifier)
    return None


async def _identified(info: Info, given: IdentifierInput) -> StoredCustomer | None:
    if given.kind in MINTED and given.source is None and given.namespace is None:
        namespaces = []  # a number that one source minted alone is clear enough
    else:
        namespaces = [given.source or (given.namespace or "").lower()]
    found = canonical(Identifier(given.kind, given.value), "", info.context.hub.company.country)
    if found is None:
        raise InputWrong("The identifier has no value.", path="by.identifier.value")
    snapshot = await info.context.snapshot()
    return await customers.of_identifier(snapshot, given.kind, namespaces, found.identifier.value, None)
