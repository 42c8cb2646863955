"""Who took which data away."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("token", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("list", TEXT, nullable=False),
        sa.Column("format", TEXT, nullable=False),
        sa.Column("filter", TEXT, nullable=True),
        sa.Column("contacts", sa.Boolean(), nullable=False),
        sa.Column("after", TEXT, nullable=True),
        sa.Column("rows", NUMBER, nullable=True),
        sa.Column("outcome", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("export_at", "export", ["at"])


def downgrade() -> None:
    op.drop_index("export_at", table_name="export")
    op.drop_table("export")
