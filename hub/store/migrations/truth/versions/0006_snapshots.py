"""Snapshots as of a moment."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "snapshot",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("known_until", NUMBER, nullable=False),
        sa.Column("at", NUMBER, nullable=True),
        sa.Column("occurred_until", NUMBER, nullable=True),
        sa.Column("of_today", sa.Boolean(), nullable=False),
        sa.Column("clock", NUMBER, nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("run", NUMBER, nullable=False),
        sa.Column("taken_at", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.num"]),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("snapshot")
