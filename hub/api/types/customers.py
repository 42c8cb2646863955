"""Customers."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.connections import After, Before, CountedConnection, First, Last, counted, cursors
from hub.api.context import Info
from hub.api.fields import column, described
from hub.api.loaders import MattersAsked, PartAsked, TimelineAsked
from hub.api.scalars import JSON, Currency, DateTime, raw
from hub.api.types import reference
from hub.api.types.amounts import Birthday
from hub.api.types.enums import TimelineOrder, TimelineScope
from hub.api.types.filters import MatterFilter, TouchpointFilter, matter_filter, touchpoint_filter
from hub.api.types.identifiers import Identifier, IdentifierConnection
from hub.api.types.journey import Journey, journey_of
from hub.api.types.lifecycle import Lifecycle
from hub.api.types.matters import Matter, MatterConnection
from hub.api.types.node import Node
from hub.api.types.reference import Campaign, User
from hub.api.types.touchpoints import Origin, Touchpoint, TouchpointConnection, touchpoint
from hub.api.types.value import Value, value
from hub.store import filters, identifiers, matters, touchpoints
from hub.store.customers import StoredAffiliation, StoredCustomer, StoredTrait
from hub.store.touchpoints import Subject
from hub.values import Channel, Relationship, Side


@strawberry.type(description="One thing known about a customer, and where it came from.")
class Trait:
    """One thing known about a customer."""

    row: strawberry.Private[StoredTrait]
    rest: strawberry.Private[list[StoredTrait]]
    name: str = column("What is known: city, company, job_title ...")
    since: DateTime = column("Since when it is known.")
    decided: bool = column("Whether a person of the company decided it.")

    @strawberry.field(description="The value that stands; null without the right to see contact data.")
    def value(self, info: Info) -> JSON | None:
        """The value."""
        return raw(self.row.value) if info.context.principal.sees_contacts else None

    @strawberry.field(description="The touchpoint that said so.")
    async def touchpoint(self, info: Info) -> Touchpoint | None:
        """The touchpoint that said so."""
        return await touchpoint_of(info, self.row.touchpoint)

    @strawberry.field(description="What else was said.")
    def others(self) -> list[Trait]:
        """What else was said."""
        return [Trait(row=row, rest=[]) for row in self.rest]


@strawberry.type(description="A person at an organisation, from when to when.")
class Affiliation:
    """A person at an organisation."""

    row: strawberry.Private[StoredAffiliation]
    title: str | None = column("What the person does there.")
    since: DateTime = column("Since when it is known.")
    until: DateTime = column("Until when it was last seen.")

    @strawberry.field(description="The person.")
    async def person(self, info: Info) -> Customer | None:
        """The person."""
        return await customer_of(info, self.row.person)

    @strawberry.field(description="The organisation.")
    async def organisation(self, info: Info) -> Customer | None:
        """The organisation."""
        return await customer_of(info, self.row.organisation)

    @strawberry.field(description="A touchpoint that names both.")
    async def because(self, info: Info) -> list[Touchpoint]:
        """A touchpoint that names both."""
        found = await touchpoint_of(info, self.row.touchpoint)
        return [found] if found else []


@strawberry.type(description="Where a customer came from: the first touch that counts.")
class Acquisition:
    """Where a customer came from."""

    touchpoint: Touchpoint = described("The first touch that counts.")

    @strawberry.field(description="When.")
    def at(self) -> DateTime:
        """When."""
        return DateTime(self.touchpoint.row.occurred_at)

    @strawberry.field(description="By which channel.")
    def channel(self) -> Channel:
        """By which channel."""
        return Channel(self.touchpoint.row.channel)

    @strawberry.field(description="What brought them.")
    def origin(self) -> Origin | None:
        """What brought them."""
        return Touchpoint.origin(self.touchpoint)  # type: ignore[no-any-return, operator]

    @strawberry.field(description="The campaign that brought them.")
    async def campaign(self, info: Info) -> Campaign | None:
        """The campaign that brought them."""
        return await reference.campaign_of(info, self.touchpoint.row.campaign)


@strawberry.type(description="The resolved person or organisation.")
class Customer(Node):
    """The resolved person or organisation."""

    row: strawberry.Private[StoredCustomer]
    kind: Side = column("A person or a firm.")
    relationship: Relationship = column("What they are to us.")
    language: str | None = column("The language they speak.")
    country: str | None = column("Where they are, ISO 3166.")
    city: str | None = column("The city they are in.")

    @strawberry.field(description="Other ids this customer had; they resolve for ever.")
    async def former_ids(self, info: Info) -> list[strawberry.ID]:
        """Other ids this customer had."""
        given = await info.context.load.former_ids.load(self.row.num)
        return [strawberry.ID(each) for each in given if each != self.row.id]

    @strawberry.field(description="What to call them, always there; masked without the right to see contact data.")
    def display_name(self, info: Info) -> str:
        """What to call them."""
        return self.row.display_name if info.context.principal.sees_contacts else self.row.display_name_masked

    @strawberry.field(description="The name; masked without the right to see contact data.")
    def name(self, info: Info) -> str | None:
        """The name."""
        return self.row.name if info.context.principal.sees_contacts else self.row.name_masked

    @strawberry.field(description="The latest e-mail address; masked without the right to see contact data.")
    def email(self, info: Info) -> str | None:
        """The e-mail address."""
        return self.row.email if info.context.principal.sees_contacts else self.row.email_masked

    @strawberry.field(description="The latest phone number; masked without the right to see contact data.")
    def phone(self, info: Info) -> str | None:
        """The phone number."""
        return self.row.phone if info.context.principal.sees_contacts else self.row.phone_masked

    @strawberry.field(description="The birthday; null without the right to see contact data.")
    def birthday(self, info: Info) -> Birthday | None:
        """The birthday."""
        return Birthday.read(self.row.birthday) if info.context.principal.sees_contacts else None

    @strawberry.field(description="What is known about them.")
    async def traits(
        self, info: Info, names: Annotated[list[str] | None, strawberry.argument(description="Only these.")] = None
    ) -> list[Trait]:
        """What is known about them."""
        known: dict[str, list[StoredTrait]] = {}
        for row in await info.context.load.traits.load(self.row.num):
            if names is None or row.name in names:
                known.setdefault(row.name, []).append(row)
        return [Trait(row=held[0], rest=held[1:]) for held in known.values()]

    @strawberry.field(description="Tags people gave them.")
    async def tags(self, info: Info) -> list[str]:
        """Tags."""
        return await info.context.load.tags.load(self.row.num)

    @strawberry.field(description="Who looks after them.")
    async def owner(self, info: Info) -> User | None:
        """Who looks after them."""
        return await reference.user_of(info, self.row.owner)

    @strawberry.field(description="The organisation a person belongs to today.")
    async def organisation(self, info: Info) -> Customer | None:
        """The organisation."""
        return await customer_of(info, self.row.organisation)

    @strawberry.field(description="Of a person, where they work; of an organisation, who works there. At most 500.")
    async def affiliations(self, info: Info) -> list[Affiliation]:
        """Who belongs to whom."""
        load = info.context.load
        rows = await (load.people if self.subject.organisation else load.organisations).load(self.row.num)
        return [Affiliation(row=row) for row in rows]

    @strawberry.field(description="By what they are recognised.")
    async def identifiers(self, info: Info, first: First = None, after: After = None) -> IdentifierConnection:
        """By what they are recognised."""
        sealed = cursors(info, "Customer.identifiers", identifiers.ORDER)
        asked = PartAsked(self.row.num, sealed.window(first, after, None, None))
        page = await info.context.load.identifiers.load(asked)
        return IdentifierConnection(entries=[Identifier(row=row) for row in page.rows], page=page, cursors=sealed)

    @strawberry.field(description="The first touchpoint.")
    async def first_touch(self, info: Info) -> Touchpoint | None:
        """The first touchpoint."""
        return await touchpoint_of(info, self.row.first_touch)

    @strawberry.field(description="The last touchpoint.")
    async def last_touch(self, info: Info) -> Touchpoint | None:
        """The last touchpoint."""
        return await touchpoint_of(info, self.row.last_touch)

    @strawberry.field(description="Where they came from.")
    async def acquisition(self, info: Info) -> Acquisition | None:
        """Where they came from."""
        found = await touchpoint_of(info, self.row.acquired_by)
        return Acquisition(touchpoint=found) if found else None

    @strawberry.field(description="Their touchpoints.")
    async def timeline(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[TouchpointFilter | None, strawberry.argument(description="Only such.")] = None,  # noqa: A002
        order_by: Annotated[TimelineOrder, strawberry.argument(description="In which order.")] = TimelineOrder.NEWEST_FIRST,
        scope: Annotated[TimelineScope, strawberry.argument(description="Whose.")] = TimelineScope.OWN,
    ) -> TouchpointConnection:
        """Their touchpoints."""
        wanted = touchpoint_filter(info, filter)
        order = touchpoints.ORDERS[order_by]
        with_people = scope == TimelineScope.WITH_PEOPLE and self.subject.organisation
        sealed = cursors(info, "Customer.timeline", order)
        window = sealed.window(first, after, last, before)
        if with_people:
            snapshot = await info.context.snapshot()
            page = await touchpoints.timeline_with_people(snapshot, self.subject, wanted, order, window)
        else:
            page = await info.context.load.timeline.load(TimelineAsked(self.subject, wanted, order, window))

        async def count() -> int:
            snapshot = await info.context.snapshot()
            return await touchpoints.timeline_count(snapshot, self.subject, wanted, with_people=with_people)

        return TouchpointConnection(
            entries=[touchpoint(row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=wanted != touchpoints.STANDING),
        )

    @strawberry.field(description="Their deals, cases, orders and follow-ups, latest opened first.")
    async def matters(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        filter: Annotated[MatterFilter | None, strawberry.argument(description="Only such.")] = None,  # noqa: A002
    ) -> MatterConnection:
        """Their matters."""
        wanted = matter_filter(filter)
        sealed = cursors(info, "Customer.matters", matters.ORDER)
        asked = MattersAsked(self.subject, wanted, sealed.window(first, after, None, None))
        page = await info.context.load.customer_matters.load(asked)

        async def count() -> int:
            return await matters.count_of_customer(await info.context.snapshot(), self.subject, wanted)

        return MatterConnection(
            entries=[Matter(row=row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=wanted != filters.MatterFilter()),
        )

    @strawberry.field(description="Stage and standing, with reasons.")
    def lifecycle(self) -> Lifecycle:
        """Stage and standing."""
        return Lifecycle(row=self.row)

    @strawberry.field(description="Value metrics.")
    async def value(
        self,
        info: Info,
        currency: Annotated[
            Currency | None, strawberry.argument(description="In this currency; the hub's by default.")
        ] = None,
    ) -> Value:
        """Value metrics."""
        held = await info.context.load.values.load(self.row.num)
        return value(held, currency or info.context.hub.company.currency)

    @strawberry.field(description="Their path through channels and stages.")
    async def journey(self, info: Info) -> Journey:
        """Their path."""
        return await journey_of(info, self.row, self.subject)

    @property
    def subject(self) -> Subject:
        """Whose timeline this is, for the store."""
        return Subject(self.row.num, organisation=self.row.kind == Side.ORGANISATION)


@strawberry.type(description="A page of customers.")
class CustomerConnection(CountedConnection[Customer]):
    """A page of customers."""


async def customer_of(info: Info, number: int | None) -> Customer | None:
    """The customer with a row number."""
    row = await info.context.load.customer.load(number) if number is not None else None
    return Customer(row=row) if row else None


async def touchpoint_of(info: Info, number: int | None) -> Touchpoint | None:
    """The touchpoint with a row number."""
    row = await info.context.load.touchpoint.load(number) if number is not None else None
    return touchpoint(row) if row else None
