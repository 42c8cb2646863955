"""Projection sets are numbered; a run may be of the whole hub, and says what it came to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    sets = op.create_table(
        "projection_set",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("born", NUMBER, nullable=False),
        sa.Column("code", TEXT, nullable=False),
        sa.Column("run", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("number"),
    )
    op.bulk_insert(sets, [{"number": 1, "state": "LIVE", "born": 0, "code": "", "run": None}])
    with op.batch_alter_table("run") as run:
        run.alter_column("source", existing_type=NUMBER, nullable=True)
        run.add_column(sa.Column("outcome", TEXT, nullable=True))
