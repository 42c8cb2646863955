"""Suggestions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suggestion",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("side", TEXT, nullable=False),
        sa.Column("a", TEXT, nullable=False),
        sa.Column("b", TEXT, nullable=True),
        sa.Column("identifier", TEXT, nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("weight", NUMBER, nullable=False),
        sa.Column("levels", TEXT, nullable=False),
        sa.Column("found_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("suggestion_weight", "suggestion", ["weight", "id"], unique=False)
    op.create_index("suggestion_side", "suggestion", ["side", "weight", "id"], unique=False)
    op.create_index("suggestion_a", "suggestion", ["a"], unique=False)
    op.create_index("suggestion_b", "suggestion", ["b"], unique=False)
