"""Projection tables of matters: what each has come to, what was said of it, and the states it went through."""

from __future__ import annotations

from sqlalchemy import Index

from hub.store import columns as column
from hub.store.projection import Projection, partial_index


class MatterRow(Projection, table=True):
    """Something with a life of its own, folded from the touchpoints about it.

    Durations are microseconds, ``opened_on`` and ``closed_on`` days since 1970 in the hub's zone. The ``place``
    columns are what lists are ordered by, with a number beyond all others where there is nothing.
    """

    __tablename__ = "matter"
    __table_args__ = (
        Index("matter_customer", "customer", "opened_at", "id"),
        Index("matter_organisation", "organisation", "opened_at", "id"),
        Index("matter_kind", "kind", "opened_at", "id"),
        Index("matter_opened", "opened_at", "id"),
        Index("matter_due", "open", "due_place", "id"),
        Index("matter_closed", "kind", "closed_place", "id"),
        Index("matter_amount", "kind", "amount_place", "id"),
        partial_index("matter_owner", "owner", "due_place", "id", where="owner IS NOT NULL"),
        partial_index("matter_owner_named", "owner_named", "due_place", "id", where="owner_named IS NOT NULL"),
        partial_index("matter_pipeline", "pipeline", "opened_at", "id", where="pipeline IS NOT NULL"),
        partial_index("matter_unfolded", "num", where="state_since IS NULL"),
    )
    num: int = column.key()
    id: str = column.text(unique=True)
    source: int = column.number()
    kind: str = column.text()
    reference: str = column.text()
    title: str = column.text()
    pipeline: str | None = column.text(nullable=True)
    state: str = column.text()
    outcome: str | None = column.text(nullable=True)
    open: bool
    amount: int | None = column.number(nullable=True)
    outstanding: int | None = column.number(nullable=True)
    currency: str | None = column.text(nullable=True)
    owner: int | None = column.number(nullable=True)
    opened_at: int = column.number()
    due_at: int | None = column.number(nullable=True)
    closed_at: int | None = column.number(nullable=True)
    customer: int | None = column.number(nullable=True)
    organisation: int | None = column.number(nullable=True)
    campaign: int | None = column.number(nullable=True)
    properties: str = column.text()
    owner_named: str | None = column.text(nullable=True)
    state_since: int | None = column.number(nullable=True)
    opened_on: int | None = column.number(nullable=True)
    closed_on: int | None = column.number(nullable=True)
    closed_after: int | None = column.number(nullable=True)
    answered_after: int | None = column.number(nullable=True)
    balance: str | None = column.text(nullable=True)
    balance_unit: str | None = column.text(nullable=True)
    due_place: int | None = column.number(nullable=True)
    closed_place: int | None = column.number(nullable=True)
    amount_place: int | None = column.number(nullable=True)


class MatterTouchpointRow(Projection, table=True):
    """What one touchpoint says about a matter."""

    __tablename__ = "matter_touchpoint"
    __table_args__ = (Index("matter_touchpoint_back", "touchpoint", "matter"),)
    matter: int = column.number(primary_key=True)
    touchpoint: int = column.number(primary_key=True)
    occurred_at: int = column.number()
    claim: str = column.text()


class MatterChangeRow(Projection, table=True):
    """A matter came into a state, by a touchpoint; ``lasted`` microseconds, null for the state it is in now."""

    __tablename__ = "matter_change"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012 (SQLAlchemy reads it)
    matter: int = column.number(primary_key=True)
    position: int = column.number(primary_key=True)
    at: int = column.number()
    before: str | None = column.text(nullable=True)
    after: str = column.text()
    open: bool
    outcome: str | None = column.text(nullable=True)
    touchpoint: int = column.number()
    lasted: int | None = column.number(nullable=True)
