"""Projection tables of rollups: sums that group-bys read instead of touchpoints, and what is in no sum yet (ADR 0018).

Amounts are minor units of the hub's currency. Keys have an empty text or 0 where a touchpoint has nothing.
"""

from __future__ import annotations

from sqlalchemy import Index
from sqlmodel import Field

from hub.store import columns as column
from hub.store.projection import Projection


class UncountedRow(Projection, table=True):
    """A touchpoint that is in no rollup: it is new, or has changed. One that was retracted may be among them."""

    __tablename__ = "uncounted"
    touchpoint: int = column.key()


class MovedAccountRow(Projection, table=True):
    """A customer whose touchpoints are counted under the stage and relationship that they had before."""

    __tablename__ = "moved_account"
    customer: int = column.key()
    stage: str = column.text()
    relationship: str = column.text()


class ConvertedTouchpointRow(Projection, table=True):
    """What a counted touchpoint with money in another currency is worth, and costs; null without money or a rate."""

    __tablename__ = "converted_touchpoint"
    __table_args__ = (Index("converted_touchpoint_day", "day"),)
    touchpoint: int = column.key()
    day: int = column.number()
    amount: int | None = column.number(nullable=True)
    cost: int | None = column.number(nullable=True)


class TouchpointRollupRow(Projection, table=True):
    """Touchpoints of a day in the hub's zone, counted since 1970-01-01. ``missing``: amounts without a rate."""

    __tablename__ = "touchpoint_rollup"
    __table_args__ = ({"sqlite_with_rowid": False},)
    day: int = column.number(primary_key=True)
    source: int = column.number(primary_key=True)
    kind: str = column.text(primary_key=True)
    channel: str = column.text(primary_key=True)
    direction: str = column.text(primary_key=True)
    automated: bool = Field(primary_key=True)
    campaign: int = column.number(primary_key=True)
    touchpoints: int = column.number()
    amount: int = column.number()
    cost: int = column.number()
    missing: int = column.number()


class StageRollupRow(Projection, table=True):
    """Touchpoints of a month, counted since January of the year 0, by what their customers are."""

    __tablename__ = "stage_rollup"
    __table_args__ = ({"sqlite_with_rowid": False},)
    month: int = column.number(primary_key=True)
    stage: str = column.text(primary_key=True)
    relationship: str = column.text(primary_key=True)
    channel: str = column.text(primary_key=True)
    touchpoints: int = column.number()
    amount: int = column.number()
    cost: int = column.number()
    missing: int = column.number()
