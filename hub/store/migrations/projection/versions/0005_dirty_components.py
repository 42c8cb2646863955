"""Components that wait to be resolved again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dirty_component",
        sa.Column("side", TEXT, nullable=False),
        sa.Column("component", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("side", "component"),
    )


def downgrade() -> None:
    op.drop_table("dirty_component")
