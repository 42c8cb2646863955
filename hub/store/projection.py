"""Projection: what the hub computes from truth. A set of these tables can be dropped and built again.

Times are microseconds since 1970 (UTC), amounts integer minor units. Columns called ``customer``, ``touchpoint`` and so
on hold the row number (``num``) inside this projection set; public ids are text. The ledger is log, not projection, and
lives here because its lines must be committed with what they describe (ADR 0003).
"""

from __future__ import annotations

from sqlalchemy import Index, MetaData
from sqlalchemy import text as sql
from sqlmodel import SQLModel

from hub.store import columns as column

PROJECTION = MetaData()


class Projection(SQLModel):
    """Base of the projection tables."""

    metadata = PROJECTION


def partial_index(name: str, *columns: str, where: str) -> Index:
    """An index over some rows only, where most would be there for nothing."""
    return Index(name, *columns, postgresql_where=sql(where), sqlite_where=sql(where))


class ProcessedRow(Projection, table=True):
    """How far the processor has come: the last truth number, and the clock until which silence has made its changes."""

    __tablename__ = "processed"
    id: int = column.key()
    number: int = column.number()
    clock: int = column.number()


class LifecycleFoldRow(Projection, table=True):
    """By which lifecycle rules everybody is folded: ``reached`` is the last customer who was; null when all were."""

    __tablename__ = "lifecycle_fold"
    id: int = column.key()
    digest: str = column.text()
    reached: int | None = column.number(nullable=True)


class ProblemRow(Projection, table=True):
    """Why a record could not be read."""

    __tablename__ = "problem"
    __table_args__ = (Index("problem_of_source", "source", "record"), Index("problem_of_run", "run", "record"))
    record: int = column.key()
    source: int = column.number()
    run: int = column.number()
    code: str = column.text()
    message: str = column.text()
    path: str | None = column.text(nullable=True)
    hint: str | None = column.text(nullable=True)


class TouchpointRow(Projection, table=True):
    """One thing that happened with one customer."""

    __tablename__ = "touchpoint"
    __table_args__ = (
        Index("touchpoint_timeline", "customer", "occurred_at", "id"),
        partial_index("touchpoint_account", "organisation", "occurred_at", "id", where="organisation IS NOT NULL"),
        Index("touchpoint_occurred", "occurred_at", "id"),
        Index("touchpoint_recorded", "recorded_at", "id"),
        Index("touchpoint_kind", "kind", "occurred_at", "id"),
        Index("touchpoint_source", "source", "occurred_at", "id"),
        Index("touchpoint_claim", "claim", "occurred_at", "id"),
        partial_index("touchpoint_anchor", "anchor", where="anchor IS NOT NULL"),
        partial_index("touchpoint_document", "document_key", where="document_key IS NOT NULL"),
        partial_index("touchpoint_gave_id", "customer", where="gave_id"),
        partial_index("touchpoint_campaign", "campaign", "occurred_at", where="campaign IS NOT NULL"),
        partial_index("touchpoint_cost", "occurred_at", where="cost IS NOT NULL"),
        partial_index("touchpoint_retracted", "num", where="retracted_at IS NOT NULL"),
    )
    num: int = column.key()
    id: str = column.text(unique=True)
    source: int = column.number()
    record: int = column.number()
    heard: int = column.number()
    kind: str = column.text()
    channel: str = column.text()
    direction: str = column.text()
    automated: bool
    historical: bool
    occurred_at: int = column.number()
    occurred_on: str = column.text()
    time_precision: str = column.text()
    recorded_at: int = column.number()
    retracted_at: int | None = column.number(nullable=True)
    title: str = column.text()
    text: str | None = column.text(nullable=True)
    amount: int | None = column.number(nullable=True)
    currency: str | None = column.text(nullable=True)
    cost: int | None = column.number(nullable=True)
    cost_currency: str | None = column.text(nullable=True)
    quantity: str | None = column.text(nullable=True)
    quantity_unit: str | None = column.text(nullable=True)
    origin_source: str | None = column.text(nullable=True)
    origin_medium: str | None = column.text(nullable=True)
    origin_campaign: str | None = column.text(nullable=True)
    origin_term: str | None = column.text(nullable=True)
    origin_content: str | None = column.text(nullable=True)
    origin_click_id: str | None = column.text(nullable=True)
    origin_referrer: str | None = column.text(nullable=True)
    origin_landing_page: str | None = column.text(nullable=True)
    campaign: int | None = column.number(nullable=True)
    document: str | None = column.text(nullable=True)
    document_key: str | None = column.text(nullable=True)
    settles: str | None = column.text(nullable=True)
    thread: str | None = column.text(nullable=True)
    due_on: str | None = column.text(nullable=True)
    deal_open: bool | None = None
    properties: str = column.text()
    traits: str | None = column.text(nullable=True)
    claim: int | None = column.number(nullable=True)
    anchor: str | None = column.text(nullable=True)
    customer: int | None = column.number(nullable=True)
    organisation: int | None = column.number(nullable=True)
    gave_id: bool
    digest: str = column.text()


class RecordTouchpointRow(Projection, table=True):
    """Which touchpoints a standing record yields. A document made of lines has many records."""

    __tablename__ = "record_touchpoint"
    __table_args__ = (Index("record_touchpoint_back", "touchpoint", "record"),)
    record: int = column.number(primary_key=True)
    touchpoint: int = column.number(primary_key=True)


class ParticipantRow(Projection, table=True):
    """Someone named in a touchpoint who is not its customer."""

    __tablename__ = "participant"
    touchpoint: int = column.number(primary_key=True)
    position: int = column.number(primary_key=True)
    role: str = column.text()
    name: str = column.text()
    identifier: str = column.text()
    identifier_masked: str = column.text()
    name_masked: str = column.text()


class LineItemRow(Projection, table=True):
    """A line of an invoice, order or credit note; amounts are exact decimals as text."""

    __tablename__ = "line_item"
    __table_args__ = (Index("line_item_product", "product", "touchpoint"),)
    touchpoint: int = column.number(primary_key=True)
    position: int = column.number(primary_key=True)
    id: str = column.text(unique=True)
    product: int | None = column.number(nullable=True)
    description: str = column.text()
    quantity: str = column.text()
    unit_price: str = column.text()
    amount: str = column.text()
    tax: str | None = column.text(nullable=True)
    currency: str = column.text()


class ProductRow(Projection, table=True):
    """Something sold, named by its sku within its source."""

    __tablename__ = "product"
    __table_args__ = (Index("product_sku", "source", "sku", unique=True),)
    num: int = column.key()
    id: str = column.text(unique=True)
    source: int = column.number()
    sku: str = column.text()
    name: str = column.text()
    category: str | None = column.text(nullable=True)
    record: int = column.number()


class CampaignRow(Projection, table=True):
    """A campaign, named by its reference; touchpoints may name one before its definition comes."""

    __tablename__ = "campaign"
    num: int = column.key()
    id: str = column.text(unique=True)
    reference: str = column.text(unique=True)
    name: str = column.text()
    channel: str | None = column.text(nullable=True)
    starts_on: str | None = column.text(nullable=True)
    ends_on: str | None = column.text(nullable=True)
    budget: int | None = column.number(nullable=True)
    spend: int | None = column.number(nullable=True)
    currency: str | None = column.text(nullable=True)
    record: int = column.number()


class ExchangeRateRow(Projection, table=True):
    """What one unit of ``base`` costs in ``quote`` on a day, as a record says; ``rate`` is an exact decimal as text."""

    __tablename__ = "exchange_rate"
    __table_args__ = (Index("exchange_rate_record", "record"), {"sqlite_with_rowid": False})
    base: str = column.text(primary_key=True)
    quote: str = column.text(primary_key=True)
    day: int = column.number(primary_key=True)
    source: int = column.number(primary_key=True)
    record: int = column.number(primary_key=True)
    rate: str = column.text()


class SpendRow(Projection, table=True):
    """What a channel or a campaign cost on a day, by the record that says so; ``day`` since 1970-01-01."""

    __tablename__ = "spend"
    __table_args__ = (Index("spend_day", "day"), {"sqlite_with_rowid": False})
    record: int = column.number(primary_key=True)
    position: int = column.number(primary_key=True)
    day: int = column.number()
    channel: str | None = column.text(nullable=True)
    campaign: int | None = column.number(nullable=True)
    amount: int = column.number()
    currency: str = column.text()


class UserRow(Projection, table=True):
    """A person of the company."""

    __tablename__ = "hub_user"
    num: int = column.key()
    id: str = column.text(unique=True)
    reference: str = column.text(unique=True)
    name: str = column.text()
    email: str | None = column.text(nullable=True)
    time_zone: str = column.text()
    record: int = column.number()


class IdentifierRow(Projection, table=True):
    """Something by which a customer is recognised; ``joins`` is false while it is blocked, a role mailbox or capped."""

    __tablename__ = "identifier"
    __table_args__ = (
        Index("identifier_value", "value"),
        Index("identifier_customer", "customer", "num"),
        Index("identifier_component", "component"),
        partial_index("identifier_apart", "num", where="NOT joins"),
    )
    num: int = column.key()
    id: str = column.text(unique=True)
    kind: str = column.text()
    namespace: str = column.text()
    value: str = column.text()
    side: str = column.text()
    rank: int
    display: str = column.text()
    masked: str = column.text()
    hidden: bool
    blocked: str | None = column.text(nullable=True)
    capped: str | None = column.text(nullable=True)
    joins: bool
    component: int | None = column.number(nullable=True)
    customer: int | None = column.number(nullable=True)
    first_seen: int = column.number()
    last_seen: int = column.number()


class ClaimRow(Projection, table=True):
    """A distinct set of identifiers and name with which touchpoints name their subject. Identity resolves claims."""

    __tablename__ = "claim"
    __table_args__ = (
        Index("claim_person_component", "person_component"),
        partial_index(
            "claim_organisation_component", "organisation_component", where="organisation_component IS NOT NULL"
        ),
        Index("claim_customer", "customer"),
        partial_index("claim_organisation", "organisation", where="organisation IS NOT NULL"),
    )
    num: int = column.key()
    digest: str = column.text(unique=True)
    name_key: str = column.text()
    touchpoint: str | None = column.text(nullable=True)
    first_at: int = column.number()
    first_key: str = column.text()
    heard: int = column.number()
    heard_id: str = column.text()
    touchpoints: int = column.number()
    person_component: int | None = column.number(nullable=True)
    organisation_component: int | None = column.number(nullable=True)
    customer: int | None = column.number(nullable=True)
    organisation: int | None = column.number(nullable=True)


class ClaimIdentifierRow(Projection, table=True):
    """The identifiers of a claim."""

    __tablename__ = "claim_identifier"
    __table_args__ = (Index("claim_identifier_back", "identifier", "claim"),)
    claim: int = column.number(primary_key=True)
    identifier: int = column.number(primary_key=True)


class SuggestionRow(Projection, table=True):
    """Two customers that may be one, or (``b`` null) a customer and the nameless touchpoints of an ``identifier``.

    Customers and identifiers are public ids: a row is about whoever has the id today, and shown only while somebody
    does. ``weight`` in millionths of a bit; ``levels`` is JSON. It is found now and then, not derived with each batch.
    """

    __tablename__ = "suggestion"
    __table_args__ = (
        Index("suggestion_weight", "weight", "id"),
        Index("suggestion_side", "side", "weight", "id"),
        Index("suggestion_a", "a"),
        Index("suggestion_b", "b"),
    )
    id: str = column.text(primary_key=True)
    side: str = column.text()
    a: str = column.text()
    b: str | None = column.text(nullable=True)
    identifier: str | None = column.text(nullable=True)
    reason: str = column.text()
    weight: int = column.number()
    levels: str = column.text()
    found_at: int = column.number()


class CustomerScoreRow(Projection, table=True):
    """What the portfolio says of a customer, by public id: shown only while the customer has it.

    ``p_alive`` and ``expected_purchases`` in millionths, money in minor units of the reporting currency; null where no
    model could be fitted. ``rank_value`` orders: the predicted value, or past spend where that ranks better. It is
    found now and then, not derived with each batch.
    """

    __tablename__ = "customer_score"
    __table_args__ = (
        Index("customer_score_rank", "rank_value", "id"),
        Index("customer_score_class", "abc_class", "rank_value", "id"),
    )
    id: str = column.text(primary_key=True)
    abc_class: str = column.text()
    recency_score: int = column.number()
    frequency_score: int = column.number()
    monetary_score: int = column.number()
    p_alive: int | None = column.number(nullable=True)
    expected_purchases: int | None = column.number(nullable=True)
    predicted_value: int | None = column.number(nullable=True)
    rank_value: int = column.number()
    computed_at: int = column.number()


class DirtyComponentRow(Projection, table=True):
    """A raw component of one side that was too large to be resolved at once, and waits."""

    __tablename__ = "dirty_component"
    side: str = column.text(primary_key=True)
    component: int = column.number(primary_key=True)


class TraceRow(Projection, table=True):
    """What a record says that may not stand: an identifier (with its side), a touchpoint, a matter, or ``about`` one.

    Of rows with several versions, and of records that were withdrawn; the others are found by their touchpoints. It is
    kept when somebody asks for the past, and is what finds what belongs there.
    """

    __tablename__ = "trace"
    __table_args__ = (Index("trace_of_record", "record"), {"sqlite_with_rowid": False})
    said: str = column.text(primary_key=True)
    record: int = column.number(primary_key=True)
    side: str | None = column.text(nullable=True)


class TracedRow(Projection, table=True):
    """How far traces are kept: the truth number, and the record reached within the withdrawal that comes next."""

    __tablename__ = "traced"
    id: int = column.key()
    number: int = column.number()
    within: int = column.number()


class LedgerRow(Projection, table=True):
    """Log: what changed, in the order it became known. Ids are public ids, so lines outlive a projection set."""

    __tablename__ = "ledger"
    __table_args__ = (partial_index("ledger_customer", "customer", "number", where="customer IS NOT NULL"),)
    number: int = column.number(primary_key=True)
    ordinal: int = column.number(primary_key=True)
    kind: str = column.text()
    at: int = column.number()
    historical: bool
    customer: str | None = column.text(nullable=True)
    touchpoint: str | None = column.text(nullable=True)
    matter: str | None = column.text(nullable=True)
    before: str | None = column.text(nullable=True)
    after: str | None = column.text(nullable=True)
