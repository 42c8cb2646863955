"""Projection tables of customers: what lists show and sort by, and what hangs on one customer."""

from __future__ import annotations

from sqlalchemy import Index

from hub.store import columns as column
from hub.store.projection import Projection, partial_index


class CustomerRow(Projection, table=True):
    """The resolved person or organisation, with everything lists show and sort by."""

    __tablename__ = "customer"
    __table_args__ = (
        Index("customer_first_touch", "relationship", "first_touch_at", "id"),
        Index("customer_last_touch", "relationship", "last_touch_at", "id"),
        Index("customer_name", "relationship", "name_key", "id"),
        Index("customer_revenue", "relationship", "revenue", "id"),
        Index("customer_stage", "stage", "last_touch_at", "id"),
        Index("customer_standing", "standing", "last_touch_at", "id"),
        partial_index("customer_owner", "owner", "last_touch_at", "id", where="owner IS NOT NULL"),
        partial_index("customer_birthday", "birthday_day", where="birthday_day IS NOT NULL"),
        partial_index("customer_next_change", "next_change_at", where="next_change_at IS NOT NULL"),
    )
    num: int = column.key()
    id: str = column.text(unique=True)
    kind: str = column.text()
    relationship: str = column.text()
    display_name: str = column.text()
    display_name_masked: str = column.text()
    name: str | None = column.text(nullable=True)
    name_masked: str | None = column.text(nullable=True)
    name_key: str = column.text()
    email: str | None = column.text(nullable=True)
    email_masked: str | None = column.text(nullable=True)
    phone: str | None = column.text(nullable=True)
    phone_masked: str | None = column.text(nullable=True)
    birthday: str | None = column.text(nullable=True)
    birthday_day: int | None = column.number(nullable=True)
    language: str | None = column.text(nullable=True)
    country: str | None = column.text(nullable=True)
    city: str | None = column.text(nullable=True)
    owner: int | None = column.number(nullable=True)
    organisation: int | None = column.number(nullable=True)
    touchpoints: int = column.number()
    first_touch: int | None = column.number(nullable=True)
    first_touch_at: int = column.number()
    last_touch: int | None = column.number(nullable=True)
    last_touch_at: int = column.number()
    acquired_by: int | None = column.number(nullable=True)
    stage: str | None = column.text(nullable=True)
    stage_since: int | None = column.number(nullable=True)
    standing: str | None = column.text(nullable=True)
    because: str | None = column.text(nullable=True)
    next_change_at: int | None = column.number(nullable=True)
    revenue: int = column.number()
    currency: str = column.text()


class CustomerValueRow(Projection, table=True):
    """Value of one customer in one currency, integer minor units."""

    __tablename__ = "customer_value"
    customer: int = column.number(primary_key=True)
    currency: str = column.text(primary_key=True)
    invoiced: int = column.number()
    credited: int = column.number()
    paid: int = column.number()
    refunded: int = column.number()
    reversals: int = column.number()
    revenue: int = column.number()
    outstanding: int = column.number()
    orders: int = column.number()
    first_purchase_at: int | None = column.number(nullable=True)
    last_purchase_at: int | None = column.number(nullable=True)
    settled: int = column.number()
    days_to_pay: int = column.number()
    settled_due: int = column.number()
    days_late: int = column.number()


class ConvertedValueRow(Projection, table=True):
    """What became of a customer's money in another currency in the reporting one, in its minor units.

    ``missing`` amounts had no rate, the first of them on ``missing_on``; ``unconverted`` is what they come to as
    revenue in minor units of ``currency``. Days count from 1970-01-01.
    """

    __tablename__ = "converted_value"
    customer: int = column.number(primary_key=True)
    currency: str = column.text(primary_key=True)
    invoiced: int = column.number()
    credited: int = column.number()
    paid: int = column.number()
    refunded: int = column.number()
    reversals: int = column.number()
    revenue: int = column.number()
    missing: int = column.number()
    missing_on: int | None = column.number(nullable=True)
    unconverted: int = column.number()
    first_on: int = column.number()
    last_on: int = column.number()


class DebtRow(Projection, table=True):
    """What a customer owes by a day (since 1970-01-01), in minor units of ``currency``; overdue once it is past."""

    __tablename__ = "debt"
    __table_args__ = (Index("debt_due", "due", "customer"), {"sqlite_with_rowid": False})
    customer: int = column.number(primary_key=True)
    currency: str = column.text(primary_key=True)
    due: int = column.number(primary_key=True)
    amount: int = column.number()


class PurchaseRow(Projection, table=True):
    """A purchase that stands, of the account it counts for: the organisation if there is one, else the person.

    ``touchpoint`` made it stand. ``day`` counts from 1970-01-01 in the hub's zone. ``amount``: what credits that name
    it left, null when it is not known; ``converted``: the same in the reporting currency, null without a rate.
    """

    __tablename__ = "purchase"
    # Read by customer, nearly whole: the rows stand in the key itself.
    __table_args__ = (Index("purchase_day", "day"), {"sqlite_with_rowid": False})
    customer: int = column.number(primary_key=True)
    touchpoint: int = column.number(primary_key=True)
    at: int = column.number()
    day: int = column.number()
    amount: int | None = column.number(nullable=True)
    currency: str | None = column.text(nullable=True)
    converted: int | None = column.number(nullable=True)


class EngagementRow(Projection, table=True):
    """How engaged a customer is: ``level`` as in ``hub.journey.engagement``, which orders customers at any time."""

    __tablename__ = "engagement"
    __table_args__ = (Index("engagement_level", "level", "customer"),)
    customer: int = column.key()
    level: int = column.number()
    contacts: int = column.number()


class SatisfactionRow(Projection, table=True):
    """What a customer answered to one question (``unit``: nps, csat). Scores are thousandths."""

    __tablename__ = "satisfaction"
    customer: int = column.number(primary_key=True)
    unit: str = column.text(primary_key=True)
    answers: int = column.number()
    total: int = column.number()
    latest: int = column.number()
    latest_at: int = column.number()


class StageChangeRow(Projection, table=True):
    """One change of stage or standing in a customer's history."""

    __tablename__ = "stage_change"
    customer: int = column.number(primary_key=True)
    position: int = column.number(primary_key=True)
    axis: str = column.text()
    at: int = column.number()
    before: str | None = column.text(nullable=True)
    after: str | None = column.text(nullable=True)
    rule: str = column.text()
    rule_version: str = column.text()
    text: str = column.text()
    facts: str = column.text()
    touchpoints: str = column.text()


class TraitRow(Projection, table=True):
    """One thing known about a customer; ``position`` 0 is the value that stands, higher ones are the others."""

    __tablename__ = "trait"
    __table_args__ = (Index("trait_value", "name", "value", "customer"),)
    customer: int = column.number(primary_key=True)
    name: str = column.text(primary_key=True)
    position: int = column.number(primary_key=True)
    value: str = column.text()
    since: int = column.number()
    touchpoint: int = column.number()
    decided: bool


class TagRow(Projection, table=True):
    """A tag people gave a customer."""

    __tablename__ = "tag"
    customer: int = column.number(primary_key=True)
    tag: str = column.text(primary_key=True)


class AffiliationRow(Projection, table=True):
    """A person at an organisation, from touchpoints that name both."""

    __tablename__ = "affiliation"
    __table_args__ = (Index("affiliation_back", "organisation", "person"),)
    person: int = column.number(primary_key=True)
    organisation: int = column.number(primary_key=True)
    title: str | None = column.text(nullable=True)
    since: int = column.number()
    until: int = column.number()
    touchpoint: int = column.number()


class SearchTermRow(Projection, table=True):
    """A word of a name, an e-mail or its parts, or the digits of a phone, folded so that scripts and accents meet."""

    __tablename__ = "search_term"
    __table_args__ = (Index("search_term_customer", "customer"),)
    term: str = column.text(primary_key=True)
    customer: int = column.number(primary_key=True)
