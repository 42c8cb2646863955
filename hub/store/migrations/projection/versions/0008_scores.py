"""What a portfolio's figures say of each customer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_score",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("abc_class", TEXT, nullable=False),
        sa.Column("recency_score", NUMBER, nullable=False),
        sa.Column("frequency_score", NUMBER, nullable=False),
        sa.Column("monetary_score", NUMBER, nullable=False),
        sa.Column("p_alive", NUMBER, nullable=True),
        sa.Column("expected_purchases", NUMBER, nullable=True),
        sa.Column("predicted_value", NUMBER, nullable=True),
        sa.Column("rank_value", NUMBER, nullable=False),
        sa.Column("computed_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("customer_score_rank", "customer_score", ["rank_value", "id"], unique=False)


def downgrade() -> None:
    op.drop_table("customer_score")
