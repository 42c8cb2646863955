"""What campaigns and channels cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "spend",
        sa.Column("record", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("day", NUMBER, nullable=False),
        sa.Column("channel", TEXT, nullable=True),
        sa.Column("campaign", NUMBER, nullable=True),
        sa.Column("amount", NUMBER, nullable=False),
        sa.Column("currency", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("record", "position"),
        sqlite_with_rowid=False,
    )
    op.create_index("spend_day", "spend", ["day"], unique=False)


def downgrade() -> None:
    op.drop_table("spend")
