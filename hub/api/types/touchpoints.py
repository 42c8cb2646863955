"""Touchpoints: the interface, and the types of kinds that have one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import strawberry

from hub import kinds
from hub.api.batches import PartAsked
from hub.api.connections import After, CountedConnection, First, cursors
from hub.api.context import Info
from hub.api.graph import column, described, field, interface, object_type
from hub.api.scalars import JSON, Currency, Date, DateTime, Exact, dumped, raw
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money, Quantity
from hub.api.types.identifiers import Identifier
from hub.api.types.lines import LineItem, LineItemConnection
from hub.api.types.node import Node
from hub.api.types.reference import Campaign
from hub.api.types.sources import Record, Source, source_of
from hub.store.touchpoints import LINE_ORDER, StoredParticipant, StoredTouchpoint
from hub.values import Channel, Direction, ParticipantRole, TimePrecision

if TYPE_CHECKING:
    from hub.api.types.customers import Customer
    from hub.api.types.matters import Matter

LazyCustomer = Annotated["Customer", strawberry.lazy("hub.api.types.customers")]
LazyMatter = Annotated["Matter", strawberry.lazy("hub.api.types.matters")]


@object_type
class Origin:
    """What brought the customer here: campaign parameters, click id, referrer."""

    source: str | None = described("utm_source.")
    medium: str | None = described("utm_medium.")
    campaign: str | None = described("utm_campaign.")
    term: str | None = described("utm_term.")
    content: str | None = described("utm_content.")
    click_id: str | None = described("The advertising network's id of the click.")
    referrer: str | None = described("The page before; without its query where contact data is not to be seen.")
    landing_page: str | None = described(
        "The first page of the visit; without its query where contact data is not to be seen."
    )


@object_type
class Participant:
    """Someone who took part and is not the touchpoint's customer: never joins."""

    row: strawberry.Private[StoredParticipant]
    role: ParticipantRole = column("What they did.")

    @field
    def name(self, info: Info) -> str | None:
        """Their name, masked without the right to see contact data."""
        return (self.row.name if info.context.principal.sees_contacts else self.row.name_masked) or None

    @field
    def identifier(self, info: Info) -> str | None:
        """Their address, masked without the right to see contact data."""
        shown = self.row.identifier if info.context.principal.sees_contacts else self.row.identifier_masked
        return shown or None


@interface
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

    @field
    def title(self, info: Info) -> str | None:
        """The source's own words; null without the right to see contact data."""
        return self.row.title if info.context.principal.sees_contacts else None

    @field
    def text(self, info: Info) -> str | None:
        """The text, where there is one; null without the right to see contact data."""
        return self.row.text if info.context.principal.sees_contacts else None

    @field
    def amount(self) -> Money | None:
        """What it was about in money."""
        return amounts.shown(self.row.amount, self.row.currency)

    @field
    def cost(self) -> Money | None:
        """What it cost the company."""
        return amounts.shown(self.row.cost, self.row.cost_currency)

    @field
    def quantity(self) -> Quantity | None:
        """What it measured."""
        if self.row.quantity is None:
            return None
        return Quantity(value=Exact(Decimal(self.row.quantity)), unit=self.row.quantity_unit or "")

    @field
    def origin(self, info: Info) -> Origin | None:
        """What brought the customer here."""
        return origin_of(self.row, info)

    @field
    async def campaign(self, info: Info) -> Campaign | None:
        """The campaign it belongs to."""
        return await reference.campaign_of(info, self.row.campaign)

    @field
    async def customer(self, info: Info) -> LazyCustomer | None:
        """Whose it is; null while nobody is known for it."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self.row.customer)

    @field
    async def organisation(self, info: Info) -> LazyCustomer | None:
        """The organisation it was done for."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self.row.organisation)

    @field
    async def participants(self, info: Info) -> list[Participant]:
        """Who else took part."""
        return [Participant(row=row) for row in await info.context.load.participants.load(self.row.num)]

    @field
    async def matters(self, info: Info) -> list[LazyMatter]:
        """What it is about."""
        from hub.api.types.matters import Matter

        return [Matter(row=row) for row in await info.context.load.touchpoint_matters.load(self.row.num)]

    @field
    def properties(self, info: Info) -> JSON | None:
        """What its kind declares, and what else the source gave; null without the right to see contact data."""
        return raw(self.row.properties) if info.context.principal.sees_contacts else None

    @field
    async def identifiers(self, info: Info) -> list[Identifier]:
        """With what it names its customer."""
        if self.row.claim is None:
            return []
        held = await info.context.load.claim_identifiers.load(self.row.claim)
        return [Identifier(row=row) for row in held if not row.hidden]

    @field
    async def source(self, info: Info) -> Source:
        """Where it came from."""
        return await source_of(info, self.row.source)

    @field
    async def record(self, info: Info) -> Record | None:
        """The stored row it was read from; of a document in many rows, the first."""
        row = await info.context.load.record.load(self.row.record)
        return Record(row=row) if row else None


def page(address: str | None, info: Info) -> str | None:
    """The address of a page. Its query may hold what a visitor typed, or an address that a letter was sent to."""
    return address if address is None or info.context.principal.sees_contacts else re.split("[?#]", address)[0]


def origin_of(row: StoredTouchpoint, info: Info) -> Origin | None:
    """What brought the customer here, where a touchpoint tells."""
    known = {
        "source": row.origin_source,
        "medium": row.origin_medium,
        "campaign": row.origin_campaign,
        "term": row.origin_term,
        "content": row.origin_content,
        "click_id": row.origin_click_id,
        "referrer": page(row.origin_referrer, info),
        "landing_page": page(row.origin_landing_page, info),
    }
    return Origin(**known) if any(known.values()) else None


def _properties(touchpoint: Touchpoint) -> Mapping[str, Any]:
    held = orjson.loads(touchpoint.row.properties)
    return held if isinstance(held, dict) else {}


def _property(touchpoint: Touchpoint, name: str, kind: type | tuple[type, ...]) -> Any:
    """A property, where the source gave it in the form its kind declares."""
    value = _properties(touchpoint).get(name)
    return value if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)) else None


@object_type
class Attachment:
    """A file that came with a touchpoint: described, not stored."""

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


@object_type
class EmailMessage(Touchpoint):
    """A mail, or what a mail server says about one."""

    @field
    def subject(self, info: Info) -> str | None:
        """The subject; null without the right to see contact data."""
        if not info.context.principal.sees_contacts:
            return None
        subject: str | None = _property(self, "subject", str)
        return subject if subject is not None else self.row.title

    @field
    def attachments(self, info: Info) -> list[str]:
        """Names of the attached files."""
        return [each.name for each in _attachments(self, info) if each.name]

    @field
    def files(self, info: Info) -> list[Attachment]:
        """The attached files."""
        return _attachments(self, info)


@object_type
class Call(Touchpoint):
    """A call, made or received."""

    @field
    def seconds(self) -> int | None:
        """How long it was."""
        seconds = _property(self, "seconds", (int, float))
        return None if seconds is None else int(seconds)

    @field
    def answered(self) -> bool | None:
        """Whether somebody answered."""
        answered: bool | None = _property(self, "answered", bool)
        return answered


@object_type
class Invoice(Touchpoint):
    """A bill or credit note; its lines may have come as many rows."""

    number: str | None = column("The number on it.", attribute="document")
    due_on: Date | None = column("The day it is to be paid.")
    settles: str | None = column("The number of the bill that a credit note takes back.")

    @field
    def tax(self) -> Money | None:
        """The tax in it."""
        text = _property(self, "tax", (str, int))
        if text is None or self.row.currency is None:
            return None
        try:
            return Money(amount=Exact(Decimal(text)), currency=Currency(self.row.currency))
        except InvalidOperation:
            return None

    @field
    async def lines(self, info: Info, first: First = None, after: After = None) -> LineItemConnection:
        """Its lines."""
        sealed = cursors(info, "Invoice.lines", LINE_ORDER)
        page = await info.context.load.lines.load(PartAsked(self.row.num, sealed.window(first, after, None, None)))
        return LineItemConnection(entries=[LineItem(row=row) for row in page.rows], page=page, cursors=sealed)


@object_type
class Payment(Touchpoint):
    """A payment or refund."""

    number: str | None = column("Its own number.", attribute="document")
    settles: str | None = column("The number of the bill it pays.")

    @field
    def method(self) -> str | None:
        """How it was paid."""
        method: str | None = _property(self, "method", str)
        return method


@object_type
class FormSubmission(Touchpoint):
    """A form that was sent in."""

    @field
    def form(self) -> str | None:
        """Which form."""
        form: str | None = _property(self, "form", str)
        return form

    @field
    def url(self, info: Info) -> str | None:
        """The page it was on; without its query where contact data is not to be seen."""
        url: str | None = _property(self, "url", str)
        return page(url, info)

    @field
    def fields(self, info: Info) -> JSON | None:
        """What was filled in; null without the right to see contact data."""
        held = _property(self, "fields", dict) if info.context.principal.sees_contacts else None
        return None if held is None else dumped(held)


@object_type
class SocialPost(Touchpoint):
    """Something said on a social network."""

    @field
    def network(self) -> str | None:
        """Which network."""
        network: str | None = _property(self, "network", str)
        return network

    @field
    def url(self, info: Info) -> str | None:
        """Where it can be read; null without the right to see contact data."""
        url: str | None = _property(self, "url", str)
        return url if info.context.principal.sees_contacts else None


@object_type
class CustomTouchpoint(Touchpoint):
    """A touchpoint of a kind that the hub has no type for."""


@object_type
class TouchpointConnection(CountedConnection[Touchpoint]):
    """A page of touchpoints."""


TYPES: Mapping[str, type[Touchpoint]] = {
    each.__name__: each for each in (EmailMessage, Call, Invoice, Payment, FormSubmission, SocialPost, CustomTouchpoint)
}
"""The types of touchpoints by name."""


def touchpoint(row: StoredTouchpoint) -> Touchpoint:
    """A row as the type of its kind."""
    return TYPES[kinds.type_of(row.kind)](row=row)


@object_type
class TouchpointKind:
    """A kind of touchpoint, built in or declared by a connector."""

    name: str = described("Its name.")
    title: str = described("What people call it.")
    type_name: str = described("The type that shows it.")
    channel: Channel = described("The usual channel.")
    declared_by: str = described("The connector that declares it; hub for the shared kinds.")
    properties: JSON = described("JSON Schema of its properties.")
