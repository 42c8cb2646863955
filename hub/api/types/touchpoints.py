"""Touchpoints: the interface, and the types of kinds that have one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import strawberry

from hub import kinds
from hub.api.connections import After, Connection, CountedConnection, First, cursors
from hub.api.context import Info
from hub.api.fields import column, described
from hub.api.loaders import PartAsked
from hub.api.scalars import JSON, Currency, Date, DateTime, Exact, dumped, raw
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money, Quantity
from hub.api.types.identifiers import Identifier
from hub.api.types.node import Node
from hub.api.types.reference import Campaign, Product
from hub.api.types.sources import Record, Source, source_of
from hub.store.touchpoints import LINE_ORDER, StoredLine, StoredParticipant, StoredTouchpoint
from hub.values import Channel, Direction, ParticipantRole, TimePrecision

if TYPE_CHECKING:
    from hub.api.types.customers import Customer
    from hub.api.types.matters import Matter

LazyCustomer = Annotated["Customer", strawberry.lazy("hub.api.types.customers")]
LazyMatter = Annotated["Matter", strawberry.lazy("hub.api.types.matters")]


@strawberry.type(description="What brought the customer here: campaign parameters, click id, referrer.")
class Origin:
    """What brought the customer here."""

    source: str | None = described("utm_source.")
    medium: str | None = described("utm_medium.")
    campaign: str | None = described("utm_campaign.")
    term: str | None = described("utm_term.")
    content: str | None = described("utm_content.")
    click_id: str | None = described("The advertising network's id of the click.")
    referrer: str | None = described("The page before.")
    landing_page: str | None = described("The first page of the visit.")


@strawberry.type(description="Someone who took part and is not the touchpoint's customer: never joins.")
class Participant:
    """Someone who took part."""

    row: strawberry.Private[StoredParticipant]
    role: ParticipantRole = column("What they did.")

    @strawberry.field(description="Their name, masked without the right to see contact data.")
    def name(self, info: Info) -> str | None:
        """Their name."""
        return (self.row.name if info.context.principal.sees_contacts else self.row.name_masked) or None

    @strawberry.field(description="Their address, masked without the right to see contact data.")
    def identifier(self, info: Info) -> str | None:
        """Their address."""
        shown = self.row.identifier if info.context.principal.sees_contacts else self.row.identifier_masked
        return shown or None


@strawberry.interface(description="One thing that happened with a customer.")
class Touchpoint(Node):
    """One thing that happened with a customer."""

    row: strawberry.Private[StoredTouchpoint]
    kind: str = column("What it was: one of touchpointKinds.")
    channel: Channel = column("How contact was made.")
    direction: Direction = column("Who acted.")
    automated: bool = column("Whether a machine did it; such touchpoints never count as contact.")
    historical: bool = column("Whether it came with a first import; such touchpoints set nothing off.")
    occurred_at: DateTime = column("When it happened.")
    occurred_on: Date = column("The day it happened, in the hub's time zone.")
    time_precision: TimePrecision = column("How exactly the source gave the time.")
    recorded_at: DateTime = column("When the hub came to know it.")
    retracted_at: DateTime | None = column("When no standing row yielded it any more; null while it stands.")

    @strawberry.field(description="The source's own words; null without the right to see contact data.")
    def title(self, info: Info) -> str | None:
        """The title."""
        return self.row.title if info.context.principal.sees_contacts else None

    @strawberry.field(description="The text, where there is one; null without the right to see contact data.")
    def text(self, info: Info) -> str | None:
        """The text."""
        return self.row.text if info.context.principal.sees_contacts else None

    @strawberry.field(description="What it was about in money.")
    def amount(self) -> Money | None:
        """The amount."""
        return amounts.shown(self.row.amount, self.row.currency)

    @strawberry.field(description="What it cost the company.")
    def cost(self) -> Money | None:
        """The cost."""
        return amounts.shown(self.row.cost, self.row.cost_currency)

    @strawberry.field(description="What it measured.")
    def quantity(self) -> Quantity | None:
        """The quantity."""
        if self.row.quantity is None:
            return None
        return Quantity(value=Exact(Decimal(self.row.quantity)), unit=self.row.quantity_unit or "")

    @strawberry.field(description="What brought the customer here.")
    def origin(self) -> Origin | None:
        """The origin."""
        row = self.row
        known = {
            "source": row.origin_source,
            "medium": row.origin_medium,
            "campaign": row.origin_campaign,
            "term": row.origin_term,
            "content": row.origin_content,
            "click_id": row.origin_click_id,
            "referrer": row.origin_referrer,
            "landing_page": row.origin_landing_page,
        }
        return Origin(**known) if any(known.values()) else None

    @strawberry.field(description="The campaign it belongs to.")
    async def campaign(self, info: Info) -> Campaign | None:
        """The campaign."""
        return await reference.campaign_of(info, self.row.campaign)

    @strawberry.field(description="Whose it is; null while nobody is known for it.")
    async def customer(self, info: Info) -> LazyCustomer | None:
        """The customer."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self.row.customer)

    @strawberry.field(description="The organisation it was done for.")
    async def organisation(self, info: Info) -> LazyCustomer | None:
        """The organisation."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self.row.organisation)

    @strawberry.field(description="Who else took part.")
    async def participants(self, info: Info) -> list[Participant]:
        """Who else took part."""
        return [Participant(row=row) for row in await info.context.load.participants.load(self.row.num)]

    @strawberry.field(description="What it is about.")
    async def matters(self, info: Info) -> list[LazyMatter]:
        """What it is about."""
        from hub.api.types.matters import Matter

        return [Matter(row=row) for row in await info.context.load.touchpoint_matters.load(self.row.num)]

    @strawberry.field(
        description="What its kind declares, and what else the source gave; null without the right to see contact data."
    )
    def properties(self, info: Info) -> JSON | None:
        """The properties."""
        return raw(self.row.properties) if info.context.principal.sees_contacts else None

    @strawberry.field(description="With what it names its customer.")
    async def identifiers(self, info: Info) -> list[Identifier]:
        """With what it names its customer."""
        if self.row.claim is None:
            return []
        held = await info.context.load.claim_identifiers.load(self.row.claim)
        return [Identifier(row=row) for row in held if not row.hidden]

    @strawberry.field(description="Where it came from.")
    async def source(self, info: Info) -> Source:
        """Where it came from."""
        return await source_of(info, self.row.source)

    @strawberry.field(description="The stored row it was read from; of a document in many rows, the first.")
    async def record(self, info: Info) -> Record | None:
        """The record."""
        row = await info.context.load.record.load(self.row.record)
        return Record(row=row) if row else None


def _properties(touchpoint: Touchpoint) -> Mapping[str, Any]:
    held = orjson.loads(touchpoint.row.properties)
    return held if isinstance(held, dict) else {}


def _property(touchpoint: Touchpoint, name: str, kind: type | tuple[type, ...]) -> Any:
    """A property, where the source gave it in the form its kind declares."""
    value = _properties(touchpoint).get(name)
    return value if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)) else None


@strawberry.type(description="A file that came with a touchpoint: described, not stored.")
class Attachment:
    """A file that came with a touchpoint."""

    name: str | None = described("Its name.")
    type: str | None = described("Its media type.")
    size: int | None = described("Its size in bytes.")
    sha256: str | None = described("The SHA-256 of its bytes.")


def _attachments(touchpoint: Touchpoint, info: Info) -> list[Attachment]:
    held = _property(touchpoint, "attachments", list) if info.context.principal.sees_contacts else None
    return [
        Attachment(name=each.get("name"), type=each.get("type"), size=each.get("size"), sha256=each.get("sha256"))
        for each in held or ()
        if isinstance(each, dict)
    ]


@strawberry.type(description="A mail, or what a mail server says about one.")
class EmailMessage(Touchpoint):
    """A mail."""

    @strawberry.field(description="The subject; null without the right to see contact data.")
    def subject(self, info: Info) -> str | None:
        """The subject."""
        if not info.context.principal.sees_contacts:
            return None
        subject: str | None = _property(self, "subject", str)
        return subject if subject is not None else self.row.title

    @strawberry.field(description="Names of the attached files.")
    def attachments(self, info: Info) -> list[str]:
        """Names of the attached files."""
        return [each.name for each in _attachments(self, info) if each.name]

    @strawberry.field(description="The attached files.")
    def files(self, info: Info) -> list[Attachment]:
        """The attached files."""
        return _attachments(self, info)


@strawberry.type(description="A call, made or received.")
class Call(Touchpoint):
    """A call."""

    @strawberry.field(description="How long it was.")
    def seconds(self) -> int | None:
        """How long it was."""
        seconds = _property(self, "seconds", (int, float))
        return None if seconds is None else int(seconds)

    @strawberry.field(description="Whether somebody answered.")
    def answered(self) -> bool | None:
        """Whether somebody answered."""
        answered: bool | None = _property(self, "answered", bool)
        return answered


@strawberry.type(description="A line of an invoice, order or credit note.")
class LineItem(Node):
    """A line."""

    row: strawberry.Private[StoredLine]
    description: str = column("What it says.")

    @strawberry.field(description="What was sold.")
    async def product(self, info: Info) -> Product | None:
        """What was sold."""
        return await reference.product_of(info, self.row.product)

    @strawberry.field(description="How much of it.")
    def quantity(self) -> Exact:
        """How much of it."""
        return Exact(Decimal(self.row.quantity))

    @strawberry.field(description="The price of one, exactly as in the source.")
    def unit_price(self) -> Money:
        """The price of one."""
        return self._money(self.row.unit_price)

    @strawberry.field(description="The amount of the whole line, exactly as in the source.")
    def amount(self) -> Money:
        """The amount of the line."""
        return self._money(self.row.amount)

    @strawberry.field(description="The tax in it.")
    def tax(self) -> Money | None:
        """The tax in it."""
        return None if self.row.tax is None else self._money(self.row.tax)

    def _money(self, amount: str) -> Money:
        return Money(amount=Exact(Decimal(amount)), currency=Currency(self.row.currency))


@strawberry.type(description="A page of lines.")
class LineItemConnection(Connection[LineItem]):
    """A page of lines."""


@strawberry.type(description="A bill or credit note; its lines may have come as many rows.")
class Invoice(Touchpoint):
    """A bill or credit note."""

    number: str | None = column("The number on it.", attribute="document")
    due_on: Date | None = column("The day it is to be paid.")
    settles: str | None = column("The number of the bill that a credit note takes back.")

    @strawberry.field(description="The tax in it.")
    def tax(self) -> Money | None:
        """The tax in it."""
        text = _property(self, "tax", (str, int))
        if text is None or self.row.currency is None:
            return None
        try:
            return Money(amount=Exact(Decimal(text)), currency=Currency(self.row.currency))
        except InvalidOperation:
            return None

    @strawberry.field(description="Its lines.")
    async def lines(self, info: Info, first: First = None, after: After = None) -> LineItemConnection:
        """Its lines."""
        sealed = cursors(info, "Invoice.lines", LINE_ORDER)
        page = await info.context.load.lines.load(PartAsked(self.row.num, sealed.window(first, after, None, None)))
        return LineItemConnection(entries=[LineItem(row=row) for row in page.rows], page=page, cursors=sealed)


@strawberry.type(description="A payment or refund.")
class Payment(Touchpoint):
    """A payment or refund."""

    number: str | None = column("Its own number.", attribute="document")
    settles: str | None = column("The number of the bill it pays.")

    @strawberry.field(description="How it was paid.")
    def method(self) -> str | None:
        """How it was paid."""
        method: str | None = _property(self, "method", str)
        return method


@strawberry.type(description="A form that was sent in.")
class FormSubmission(Touchpoint):
    """A form that was sent in."""

    @strawberry.field(description="Which form.")
    def form(self) -> str | None:
        """Which form."""
        form: str | None = _property(self, "form", str)
        return form

    @strawberry.field(description="The page it was on.")
    def url(self) -> str | None:
        """The page it was on."""
        url: str | None = _property(self, "url", str)
        return url

    @strawberry.field(description="What was filled in; null without the right to see contact data.")
    def fields(self, info: Info) -> JSON | None:
        """What was filled in."""
        held = _property(self, "fields", dict) if info.context.principal.sees_contacts else None
        return None if held is None else dumped(held)


@strawberry.type(description="Something said on a social network.")
class SocialPost(Touchpoint):
    """Something said on a social network."""

    @strawberry.field(description="Which network.")
    def network(self) -> str | None:
        """Which network."""
        network: str | None = _property(self, "network", str)
        return network

    @strawberry.field(description="Where it can be read; null without the right to see contact data.")
    def url(self, info: Info) -> str | None:
        """Where it can be read."""
        url: str | None = _property(self, "url", str)
        return url if info.context.principal.sees_contacts else None


@strawberry.type(description="A touchpoint of a kind that the hub has no type for.")
class CustomTouchpoint(Touchpoint):
    """A touchpoint of any other kind."""


@strawberry.type(description="A page of touchpoints.")
class TouchpointConnection(CountedConnection[Touchpoint]):
    """A page of touchpoints."""


TYPES: Mapping[str, type[Touchpoint]] = {
    each.__name__: each
    for each in (EmailMessage, Call, Invoice, Payment, FormSubmission, SocialPost, CustomTouchpoint)
}
"""The types of touchpoints by name."""


def touchpoint(row: StoredTouchpoint) -> Touchpoint:
    """A row as the type of its kind."""
    return TYPES[kinds.type_of(row.kind)](row=row)


@strawberry.type(description="A kind of touchpoint, built in or declared by a connector.")
class TouchpointKind:
    """A kind of touchpoint."""

    name: str = described("Its name.")
    title: str = described("What people call it.")
    type_name: str = described("The type that shows it.")
    channel: Channel = described("The usual channel.")
    declared_by: str = described("The connector that declares it; hub for the shared kinds.")
    properties: JSON = described("JSON Schema of its properties.")
