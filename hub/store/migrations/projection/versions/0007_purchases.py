"""Purchases that stand, exchange rates, value in other currencies, debts, engagement and satisfaction."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "purchase",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("touchpoint", NUMBER, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("day", NUMBER, nullable=False),
        sa.Column("amount", NUMBER, nullable=True),
        sa.Column("currency", TEXT, nullable=True),
        sa.Column("converted", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("customer", "touchpoint"),
        sqlite_with_rowid=False,
    )
    op.create_index("purchase_day", "purchase", ["day"], unique=False)
    op.create_table(
        "exchange_rate",
        sa.Column("base", TEXT, nullable=False),
        sa.Column("quote", TEXT, nullable=False),
        sa.Column("day", NUMBER, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("record", NUMBER, nullable=False),
        sa.Column("rate", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("base", "quote", "day", "source", "record"),
        sqlite_with_rowid=False,
    )
    op.create_index("exchange_rate_record", "exchange_rate", ["record"], unique=False)
    op.create_table(
        "converted_value",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("invoiced", "credited", "paid", "refunded")),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("reversals", "revenue", "missing")),
        sa.Column("missing_on", NUMBER, nullable=True),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("unconverted", "first_on", "last_on")),
        sa.PrimaryKeyConstraint("customer", "currency"),
    )
    op.create_table(
        "debt",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("due", NUMBER, nullable=False),
        sa.Column("amount", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("customer", "currency", "due"),
        sqlite_with_rowid=False,
    )
    op.create_index("debt_due", "debt", ["due", "customer"], unique=False)
    op.create_table(
        "engagement",
        *(sa.Column(name, NUMBER, nullable=False) for name in ("customer", "level", "contacts")),
        sa.PrimaryKeyConstraint("customer"),
    )
    op.create_table(
        "satisfaction",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("unit", TEXT, nullable=False),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("answers", "total", "latest", "latest_at")),
        sa.PrimaryKeyConstraint("customer", "unit"),
    )
    op.drop_table("customer_value")  # it is written anew, with more columns
    op.create_table(
        "customer_value",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("invoiced", "credited", "paid", "refunded")),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("reversals", "revenue", "outstanding", "orders")),
        sa.Column("first_purchase_at", NUMBER, nullable=True),
        sa.Column("last_purchase_at", NUMBER, nullable=True),
        *(sa.Column(name, NUMBER, nullable=False) for name in ("settled", "days_to_pay", "settled_due", "days_late")),
        sa.PrimaryKeyConstraint("customer", "currency"),
    )
    # Whoever is due is folded again, from all their touchpoints, as soon as nothing else is to be done.
    op.execute("UPDATE customer SET next_change_at = 0")
