"""Pulls that brought nothing are found, to be forgotten after a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_QUIET = sa.text("kind = 'PULL' AND state = 'OK' AND stored = 0 AND changed = 0")


def upgrade() -> None:
    op.create_index(
        "run_that_brought_nothing",
        "run",
        ["source", "finished_at"],
        postgresql_where=_QUIET,
        sqlite_where=_QUIET,
    )


def downgrade() -> None:
    op.drop_index("run_that_brought_nothing", table_name="run")
