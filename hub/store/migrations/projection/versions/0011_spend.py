"""What campaigns and channels cost."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_INDEXES = (
    ("touchpoint_campaign", ["campaign", "occurred_at"], "campaign"),
    ("touchpoint_cost", ["occurred_at"], "cost"),
)


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
    for name, columns, filled in _INDEXES:
        where = sa.text(f"{filled} IS NOT NULL")
        op.create_index(name, "touchpoint", columns, postgresql_where=where, sqlite_where=where)


def downgrade() -> None:
    for name, _, _ in _INDEXES:
        op.drop_index(name, table_name="touchpoint")
    op.drop_table("spend")
