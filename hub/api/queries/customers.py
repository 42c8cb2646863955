"""Reads about customers."""

from __future__ import annotations

from typing import Annotated

from hub.analysis.as_of import AsOf as Moment
from hub.analysis.as_of import parted
from hub.api import past
from hub.api.connections import After, Before, First, Last
from hub.api.context import Info
from hub.api.customer_pages import Asked, customer_page
from hub.api.graph import argument, field, object_type
from hub.api.saved_filters import listed
from hub.api.types.as_of import AsOf, context_as_of, moment_of
from hub.api.types.customers import Customer, CustomerConnection
from hub.api.types.filters import CustomerBy, CustomerFilter, CustomerOrder, IdentifierInput
from hub.errors import InputWrong
from hub.identity.normalise import MINTED, canonical
from hub.store import customers
from hub.store.customers import StoredCustomer
from hub.values import Identifier


@object_type
class CustomerQueries:
    """Reads about customers."""

    @field
    async def customer(
        self,
        info: Info,
        by: Annotated[CustomerBy, argument("How they are named.")],
        as_of: Annotated[AsOf | None, argument("As of this moment; of the present by default.")] = None,
    ) -> Customer | None:
        """One customer."""
        bare, moment = parted(by.id) if by.id else ("", None)
        moment = moment or await moment_of(info, as_of)
        if moment is None:
            row = await _named(info, by)
        else:
            context, row = await _named_then(info, moment, by, bare)
            info.context.enter(info.path.as_list(), context)
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
        as_of: Annotated[AsOf | None, argument("As of this moment, of which a snapshot was taken.")] = None,
    ) -> CustomerConnection:
        """Customers, last met first unless asked."""
        await context_as_of(info, as_of)
        wanted = await listed(info, filter)
        return await customer_page(info, "Query.customers", wanted, Asked(first, after, last, before, order_by))


async def _named(info: Info, by: CustomerBy) -> StoredCustomer | None:
    if by.id:
        return await info.context.load.customer_by_id.load(by.id)
    if by.touchpoint:
        return await customers.of_touchpoint(await info.context.snapshot(), by.touchpoint)
    if by.identifier:
        return await _identified(info, by.identifier)
    return None


async def _named_then(info: Info, moment: Moment, by: CustomerBy, id_: str) -> past.Found:
    if id_:
        return await past.customer_by_id(info.context, moment, id_)
    if by.touchpoint:
        return await past.customer_of_touchpoint(info.context, moment, parted(by.touchpoint)[0])
    if by.identifier:
        namespaces, value = meant(info, by.identifier)
        return await past.customer_of_identifier(info.context, moment, by.identifier.kind, namespaces, value)
    return info.context, None


async def _identified(info: Info, given: IdentifierInput) -> StoredCustomer | None:
    namespaces, value = meant(info, given)
    return await customers.of_identifier(await info.context.snapshot(), given.kind, namespaces, value, None)


def meant(info: Info, given: IdentifierInput) -> tuple[list[str], str]:
    """Namespaces and canonical value of an identifier. Raises ``InputWrong`` for one without a value."""
    if given.kind in MINTED and given.source is None and given.namespace is None:
        namespaces = []  # a number that one source minted alone is clear enough
    else:
        namespaces = [given.source or (given.namespace or "").lower()]
    found = canonical(Identifier(given.kind, given.value), "", info.context.hub.company.country)
    if found is None:
        raise InputWrong("The identifier has no value.", path="by.identifier.value")
    return namespaces, found.identifier.value
