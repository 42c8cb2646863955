"""Leases of sources."""

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
        "lease",
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("holder", TEXT, nullable=True),
        sa.Column("until", NUMBER, nullable=True),
        sa.Column("run", NUMBER, nullable=True),
        sa.Column("next_at", NUMBER, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("blocked", TEXT, nullable=True),
        sa.Column("planned", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["run"], ["run.num"]),
        sa.ForeignKeyConstraint(["source"], ["source.num"]),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_index("lease_next", "lease", ["next_at"])
    op.create_index("lease_until", "lease", ["until"])


def downgrade() -> None:
    op.drop_index("lease_until", table_name="lease")
    op.drop_index("lease_next", table_name="lease")
    op.drop_table("lease")
