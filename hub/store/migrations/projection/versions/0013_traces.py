"""What versions of rows say that may not stand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trace",
        sa.Column("said", TEXT, nullable=False),
        sa.Column("record", NUMBER, nullable=False),
        sa.Column("side", TEXT, nullable=True),
        sa.PrimaryKeyConstraint("said", "record"),
        sqlite_with_rowid=False,
    )
    op.create_index("trace_of_record", "trace", ["record"], unique=False)
    op.create_table(
        "traced",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("within", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def downgrade() -> None:
    op.drop_table("traced")
    op.drop_table("trace")
