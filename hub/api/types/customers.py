"""Customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from hub.analysis.value import NOTHING, Asked
from hub.api.batches import PartAsked
from hub.api.connections import After, Before, CountedConnection, First, Last, counted, cursors
from hub.api.context import Info
from hub.api.graph import argument, column, described, field, object_type
from hub.api.loaders import MattersAsked, TimelineAsked
from hub.api.scalars import JSON, Currency, DateTime, raw
from hub.api.types import reference
from hub.api.types.amounts import Birthday
from hub.api.types.enums import TimelineOrder, TimelineScope
from hub.api.types.filters import (
    MatterFilter,
    MatterOrder,
    TouchpointFilter,
    matter_filter,
    matter_order,
    touchpoint_filter,
)
from hub.api.types.identifiers import Identifier, IdentifierConnection
from hub.api.types.journey import Journey, journey_of
from hub.api.types.lifecycle import Lifecycle
from hub.api.types.matters import Matter, MatterConnection
from hub.api.types.node import Node
from hub.api.types.reference import Campaign, User
from hub.api.types.satisfaction import Satisfaction, satisfaction
from hub.api.types.scores import Scores, scores_of
from hub.api.types.touchpoints import Origin, Touchpoint, TouchpointConnection, origin_of, touchpoint
from hub.api.types.value import Value
from hub.clock import moment
from hub.journey.engagement import score
from hub.store import filters, identifiers, matters, touchpoints
from hub.store.customers import StoredAffiliation, StoredCustomer, StoredTrait
from hub.store.touchpoints import Subject
from hub.values import Channel, Relationship, Side

if TYPE_CHECKING:
    from hub.api.types.suggestions import Suggestion

LazySuggestion = Annotated["Suggestion", strawberry.lazy("hub.api.types.suggestions")]


@object_type
class Trait:
    """One thing known about a customer, and where it came from."""

    row: strawberry.Private[StoredTrait]
    rest: strawberry.Private[list[StoredTrait]]
    name: str = column("What is known: city, company, job_title ...")
    since: DateTime = column("Since when it is known.")
    decided: bool = column("Whether a person of the company decided it.")

    @field
    def value(self, info: Info) -> JSON | None:
        """The value that stands; null without the right to see contact data."""
        return raw(self.row.value) if info.context.principal.sees_contacts else None

    @field
    async def touchpoint(self, info: Info) -> Touchpoint | None:
        """The touchpoint that said so."""
        return await touchpoint_of(info, self.row.touchpoint)

    @field
    def others(self) -> list[Trait]:
        """What else was said."""
        return [Trait(row=row, rest=[]) for row in self.rest]


@object_type
class Affiliation:
    """A person at an organisation, from when to when."""

    row: strawberry.Private[StoredAffiliation]
    title: str | None = column("What the person does there.")
    since: DateTime = column("Since when it is known.")
    until: DateTime = column("Until when it was last seen.")

    @field
    async def person(self, info: Info) -> Customer | None:
        """The person."""
        return await customer_of(info, self.row.person)

    @field
    async def organisation(self, info: Info) -> Customer | None:
        """The organisation."""
        return await customer_of(info, self.row.organisation)

    @field
    async def because(self, info: Info) -> list[Touchpoint]:
        """A touchpoint that names both."""
        found = await touchpoint_of(info, self.row.touchpoint)
        return [found] if found else []


@object_type
class Acquisition:
    """Where a customer came from: the first touch that counts."""

    touchpoint: Touchpoint = described("The first touch that counts.")

    @field
    def at(self) -> DateTime:
        """When."""
        return DateTime(self.touchpoint.row.occurred_at)

    @field
    def channel(self) -> Channel:
        """By which channel."""
        return Channel(self.touchpoint.row.channel)

    @field
    def origin(self, info: Info) -> Origin | None:
        """What brought them."""
        return origin_of(self.touchpoint.row, info)

    @field
    async def campaign(self, info: Info) -> Campaign | None:
        """The campaign that brought them."""
        return await reference.campaign_of(info, self.touchpoint.row.campaign)


@object_type
class Customer(Node):
    """The resolved person or organisation."""

    row: strawberry.Private[StoredCustomer]
    kind: Side = column("A person or a firm.")
    relationship: Relationship = column("What they are to us.")
    language: str | None = column("The language they speak.")
    country: str | None = column("Where they are, ISO 3166.")

    @field
    async def former_ids(self, info: Info) -> list[strawberry.ID]:
        """Other ids this customer had; they resolve for ever."""
        given = await info.context.load.former_ids.load(self.row.num)
        return [strawberry.ID(each) for each in given if each != self.row.id]

    @field
    def display_name(self, info: Info) -> str:
        """What to call them, always there; masked without the right to see contact data."""
        return self.row.display_name if info.context.principal.sees_contacts else self.row.display_name_masked

    @field
    def name(self, info: Info) -> str | None:
        """The name; masked without the right to see contact data."""
        return self.row.name if info.context.principal.sees_contacts else self.row.name_masked

    @field
    def email(self, info: Info) -> str | None:
        """The latest e-mail address; masked without the right to see contact data."""
        return self.row.email if info.context.principal.sees_contacts else self.row.email_masked

    @field
    def phone(self, info: Info) -> str | None:
        """The latest phone number; masked without the right to see contact data."""
        return self.row.phone if info.context.principal.sees_contacts else self.row.phone_masked

    @field
    def birthday(self, info: Info) -> Birthday | None:
        """The birthday; null without the right to see contact data."""
        return Birthday.read(self.row.birthday) if info.context.principal.sees_contacts else None

    @field
    def city(self, info: Info) -> str | None:
        """The city they are in; null without the right to see contact data."""
        return self.row.city if info.context.principal.sees_contacts else None

    @field
    async def traits(
        self, info: Info, names: Annotated[list[str] | None, argument("Only these.")] = None
    ) -> list[Trait]:
        """What is known about them."""
        known: dict[str, list[StoredTrait]] = {}
        for row in await info.context.load.traits.load(self.row.num):
            if names is None or row.name in names:
                known.setdefault(row.name, []).append(row)
        return [Trait(row=held[0], rest=held[1:]) for held in known.values()]

    @field
    async def tags(self, info: Info) -> list[str]:
        """Tags people gave them."""
        return await info.context.load.tags.load(self.row.num)

    @field
    async def owner(self, info: Info) -> User | None:
        """Who looks after them."""
        return await reference.user_of(info, self.row.owner)

    @field
    async def organisation(self, info: Info) -> Customer | None:
        """The organisation a person belongs to today."""
        return await customer_of(info, self.row.organisation)

    @field
    async def affiliations(self, info: Info) -> list[Affiliation]:
        """Of a person, where they work; of an organisation, who works there. At most 500."""
        load = info.context.load
        rows = await (load.people if self.subject.organisation else load.organisations).load(self.row.num)
        return [Affiliation(row=row) for row in rows]

    @field
    async def identifiers(self, info: Info, first: First = None, after: After = None) -> IdentifierConnection:
        """By what they are recognised."""
        sealed = cursors(info, "Customer.identifiers", identifiers.ORDER)
        asked = PartAsked(self.row.num, sealed.window(first, after, None, None))
        page = await info.context.load.identifiers.load(asked)
        return IdentifierConnection(entries=[Identifier(row=row) for row in page.rows], page=page, cursors=sealed)

    @field
    async def first_touch(self, info: Info) -> Touchpoint | None:
        """The first touchpoint."""
        return await touchpoint_of(info, self.row.first_touch)

    @field
    async def last_touch(self, info: Info) -> Touchpoint | None:
        """The last touchpoint."""
        return await touchpoint_of(info, self.row.last_touch)

    @field
    async def acquisition(self, info: Info) -> Acquisition | None:
        """Where they came from."""
        found = await touchpoint_of(info, self.row.acquired_by)
        return Acquisition(touchpoint=found) if found else None

    @field
    async def timeline(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[TouchpointFilter | None, argument("Only such.")] = None,  # noqa: A002
        order_by: Annotated[TimelineOrder, argument("In which order.")] = TimelineOrder.NEWEST_FIRST,
        scope: Annotated[TimelineScope, argument("Whose.")] = TimelineScope.OWN,
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

    @field
    async def matters(
        self,
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        filter: Annotated[MatterFilter | None, argument("Only such.")] = None,  # noqa: A002
        order_by: Annotated[MatterOrder | None, argument("In which order; latest opened first by default.")] = None,
    ) -> MatterConnection:
        """Their deals, cases, orders and follow-ups."""
        wanted, order = matter_filter(filter, info.context.now()), matter_order(order_by)
        sealed = cursors(info, "Customer.matters", order)
        asked = MattersAsked(self.subject, wanted, order, sealed.window(first, after, last, before))
        page = await info.context.load.customer_matters.load(asked)

        async def count() -> int:
            return await matters.count_of_customer(await info.context.snapshot(), self.subject, wanted)

        return MatterConnection(
            entries=[Matter(row=row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=wanted != filters.MatterFilter()),
        )

    @field
    async def suggestions(self, info: Info) -> list[LazySuggestion]:
        """Who may be the same, most probable first, 100 at most: for people to decide."""
        from hub.api.types.suggestions import Suggestion

        return [Suggestion(row=row) for row in await info.context.load.suggestions.load(self.row.id)]

    @field
    def lifecycle(self) -> Lifecycle:
        """Stage and standing, with reasons."""
        return Lifecycle(row=self.row)

    @field
    async def value(
        self,
        info: Info,
        currency: Annotated[Currency | None, argument("In this currency; the hub's by default.")] = None,
    ) -> Value:
        """Value metrics."""
        context = info.context
        company = context.hub.company
        asked = Asked(self.subject, currency or company.currency, context.today(), company)
        figures = await context.load.figures.load(asked)
        return Value(asked=asked, figures=figures or NOTHING, customer=self.row.id)

    @field
    async def scores(self, info: Info) -> Scores | None:
        """How they compare with other buyers; null for who bought nothing, or was not scored since."""
        return await scores_of(info, self.row.id)

    @field
    async def engagement(self, info: Info) -> float:
        """What they lately did with us: contacts by weight, each halved every 90 days."""
        return score(await info.context.load.level.load(self.row.num), moment(info.context.now()))

    @field
    async def satisfaction(self, info: Info) -> Satisfaction:
        """What they say of us when asked."""
        return satisfaction(await info.context.load.answers.load(self.row.num))

    @field
    async def journey(self, info: Info) -> Journey:
        """Their path through channels and stages."""
        return await journey_of(info, self.row, self.subject)

    @property
    def subject(self) -> Subject:
        """Whose timeline this is, for the store."""
        return Subject(self.row.num, organisation=self.row.kind == Side.ORGANISATION)


@object_type
class CustomerConnection(CountedConnection[Customer]):
    """A page of customers."""


async def customer_of(info: Info, number: int | None) -> Customer | None:
    """The customer with a row number."""
    row = await info.context.load.customer.load(number) if number is not None else None
    if row is None:
        return None
    context, row = await info.context.whole(row)
    if context is not info.context:
        info.context.enter(info.path.as_list(), context)
    return Customer(row=row)


async def touchpoint_of(info: Info, number: int | None) -> Touchpoint | None:
    """The touchpoint with a row number."""
    row = await info.context.load.touchpoint.load(number) if number is not None else None
    return touchpoint(row) if row else None
