"""Customers are found in the order of their engagement, and of their class."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("customer_score_class", "customer_score", ["abc_class", "rank_value", "id"], unique=False)
    op.create_index("engagement_level", "engagement", ["level", "customer"], unique=False)


def downgrade() -> None:
    op.drop_index("engagement_level", table_name="engagement")
    op.drop_index("customer_score_class", table_name="customer_score")
