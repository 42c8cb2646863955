"""Frozen values that cross the floors of the house. No behaviour that needs a session, a clock or a network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class Channel(StrEnum):
    """How contact was made. Families of connectors are not channels."""

    EMAIL = "EMAIL"
    PHONE = "PHONE"
    SMS = "SMS"
    CHAT = "CHAT"
    SOCIAL = "SOCIAL"
    WEB = "WEB"
    APP = "APP"
    IN_PERSON = "IN_PERSON"
    POST = "POST"
    MARKETPLACE = "MARKETPLACE"
    ACCOUNTING = "ACCOUNTING"
    OTHER = "OTHER"


class Direction(StrEnum):
    """Who acted: the customer (INBOUND), the company (OUTBOUND), or nobody outside (INTERNAL)."""

    INBOUND = "INBOUND"
    OUTBOUND = "OUTBOUND"
    INTERNAL = "INTERNAL"


class TimePrecision(StrEnum):
    """How exactly the source gave the time. A DAY stands at noon of that day in the hub's time zone."""

    INSTANT = "INSTANT"
    DAY = "DAY"
    MONTH = "MONTH"


class Side(StrEnum):
    """Whether an identifier names a person or an organisation. The two sides never join."""

    PERSON = "PERSON"
    ORGANISATION = "ORGANISATION"


class Relationship(StrEnum):
    """What a party is to the company."""

    CUSTOMER = "CUSTOMER"
    SUPPLIER = "SUPPLIER"
    PARTNER = "PARTNER"
    COLLEAGUE = "COLLEAGUE"
    IRRELEVANT = "IRRELEVANT"


class Stage(StrEnum):
    """How far the relationship has come, in order."""

    PROSPECT = "PROSPECT"
    LEAD = "LEAD"
    OPPORTUNITY = "OPPORTUNITY"
    CUSTOMER = "CUSTOMER"
    LOYAL = "LOYAL"
    ADVOCATE = "ADVOCATE"


class Standing(StrEnum):
    """How alive the relationship is."""

    ACTIVE = "ACTIVE"
    AT_RISK = "AT_RISK"
    LAPSED = "LAPSED"
    WON_BACK = "WON_BACK"


class MatterKind(StrEnum):
    """Kinds of things with a life of their own that touchpoints are about."""

    DEAL = "DEAL"
    CASE = "CASE"
    ORDER = "ORDER"
    INVOICE = "INVOICE"
    CONTRACT = "CONTRACT"
    CONVERSATION = "CONVERSATION"
    FOLLOW_UP = "FOLLOW_UP"
    LOYALTY = "LOYALTY"
    OTHER = "OTHER"


class MatterOutcome(StrEnum):
    """How a closed matter ended."""

    WON = "WON"
    LOST = "LOST"
    RESOLVED = "RESOLVED"
    CANCELLED = "CANCELLED"


class ParticipantRole(StrEnum):
    """What someone named in a touchpoint, who is not its customer, did."""

    FROM = "FROM"
    TO = "TO"
    CC = "CC"
    ATTENDEE = "ATTENDEE"
    AGENT = "AGENT"
    REFERRER = "REFERRER"
    REFERRED = "REFERRED"
    OTHER = "OTHER"


class RevenueBasis(StrEnum):
    """What counts as revenue: documents issued (BILLED) or money received (CASH); never both."""

    BILLED = "BILLED"
    CASH = "CASH"


@dataclass(frozen=True, slots=True)
class Money:
    """A decimal amount and its ISO 4217 currency, never one without the other."""

    amount: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured amount that is not money: points, minutes, items, a score."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """(kind, namespace, value, side): something by which a customer is recognised.

    A mapper gives ``value`` as the source wrote it; ``hub.identity.normalise`` makes it canonical and keeps
    the source's writing in ``display``. ``namespace`` is empty for identifiers that mean the same everywhere;
    for ids that a source mints it is left empty by the mapper and filled with the source by the hub.
    ``region`` is an ISO 3166 code that helps to read a phone number written without its country.
    """

    kind: str
    value: str
    namespace: str = ""
    side: Side = Side.PERSON
    display: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Participant:
    """Someone named in a touchpoint who is not its customer. Participants never join customers."""

    role: ParticipantRole
    name: str = ""
    identifier: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """What brought the customer here: campaign parameters, click id, referrer."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click_id: str = ""
    referrer: str = ""
    landing_page: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatterClaim:
    """What one touchpoint says about a matter. A matter is the fold of its claims in the order they occurred:
    each field that is not None replaces the one before."""

    kind: MatterKind
    reference: str
    title: str | None = None
    pipeline: str | None = None
    state: str | None = None
    outcome: MatterOutcome | None = None
    open: bool | None = None
    amount: Money | None = None
    paid: Money | None = None
    owner: str | None = None
    due: date | datetime | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an invoice, order or credit note. ``amount`` is that of the whole line, signed as in the source."""

    description: str
    quantity: Decimal
    unit_price: Money
    amount: Money
    tax: Money | None = None
    sku: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoint:
    """One thing that happened with ONE customer, as a mapper yields it.

    ``part``: stable name of this touchpoint within its row (``"to:anna@x.org"``), never a position.
    ``document``: set when several rows are one touchpoint (lines of a ledger export): the document's own key.
    The hub then folds the rows: lines and amounts add up, the earliest ``occurred_at`` stands.
    ``occurred_at``: an aware datetime, or a date, which stands at noon of that day in the hub's time zone.
    ``identifiers``: all are claims about one subject, never the company's own side.
    ``traits``: what the touchpoint says about its subject. Known names: ``name street postcode city country
    language birthday company job_title``; others are kept as they are. ``birthday`` is ``YYYY-MM-DD`` or ``--MM-DD``.
    ``anchor``: id of the touchpoint this one is about; without identifiers of its own it follows that one's customer.
    ``alias``: the source says that its identifiers of a kind of which a customer has one (``user``, ``contact``) count
    as one value from now on, and as long as it says so.
    ``title``: the source's own words, never a generated sentence.
    """

    kind: str
    channel: Channel
    direction: Direction
    occurred_at: datetime | date
    title: str = ""
    part: str = ""
    document: str | None = None
    precision: TimePrecision | None = None
    automated: bool = False
    text: str | None = None
    amount: Money | None = None
    cost: Money | None = None
    quantity: Quantity | None = None
    origin: Origin | None = None
    campaign: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    traits: Mapping[str, Any] = field(default_factory=dict)
    participants: tuple[Participant, ...] = ()
    matters: tuple[MatterClaim, ...] = ()
    lines: tuple[Line, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    anchor: str | None = None
    alias: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """Reference data: something sold, named by its ``sku``."""

    sku: str
    name: str
    category: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """Reference data: a campaign, named by its ``reference`` (what touchpoints carry as ``campaign``)."""

    reference: str
    name: str
    channel: Channel | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    budget: Money | None = None
    spend: Money | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spend:
    """Reference data: what a channel or a campaign cost on a day. Spends of one day add up.

    ``campaign``: its reference; ``channel`` may stand beside it. With neither it is spend of the whole company.
    """

    on: date
    amount: Money
    channel: Channel | None = None
    campaign: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Reference data: a person of the company, named by ``reference`` (a log-in or staff number)."""

    reference: str
    name: str
    email: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """Reference data: what one unit of ``base`` costs in units of ``quote`` on a day (ISO 4217 codes).

    It holds from that day until the next rate of the pair, for 31 days at most. The inverse need not be told.
    """

    on: date
    base: str
    quote: str
    rate: Decimal


ReferenceData = Product | Campaign | User | Spend | ExchangeRate
Mapped = Touchpoint | ReferenceData
"""What a mapper may yield: touchpoints, and rows about the business."""
