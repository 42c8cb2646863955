"""Fitted models with their data range and holdout error."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fitted_model",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("model", TEXT, nullable=False),
        sa.Column("chosen", sa.Boolean(), nullable=False),
        sa.Column("unit_days", NUMBER, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.Column("parameters", TEXT, nullable=False),
        sa.Column("log_likelihood", NUMBER, nullable=False),
        sa.Column("customers", NUMBER, nullable=False),
        sa.Column("first_day", NUMBER, nullable=False),
        sa.Column("last_day", NUMBER, nullable=False),
        sa.Column("holdout", TEXT, nullable=True),
        sa.Column("warnings", TEXT, nullable=False),
        sa.Column("fitted_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )


def downgrade() -> None:
    op.drop_table("fitted_model")
