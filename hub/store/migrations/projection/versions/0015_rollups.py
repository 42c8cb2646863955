"""Sums that group-bys read instead of touchpoints; those that are there are counted as soon as nothing else waits."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SUMS = ("touchpoints", "amount", "cost", "missing")


def upgrade() -> None:
    op.create_table("uncounted", sa.Column("touchpoint", NUMBER, nullable=False), sa.PrimaryKeyConstraint("touchpoint"))
    op.create_table(
        "moved_account",
        sa.Column("customer", NUMBER, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("relationship", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("customer"),
    )
    op.create_table(
        "converted_touchpoint",
        sa.Column("touchpoint", NUMBER, nullable=False),
        sa.Column("day", NUMBER, nullable=False),
        sa.Column("amount", NUMBER, nullable=True),
        sa.Column("cost", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("touchpoint"),
    )
    op.create_index("converted_touchpoint_day", "converted_touchpoint", ["day"], unique=False)
    _rollup(
        "touchpoint_rollup",
        day=NUMBER, source=NUMBER, kind=TEXT, channel=TEXT, direction=TEXT, automated=sa.Boolean(), campaign=NUMBER,
    )  # fmt: skip
    _rollup("stage_rollup", month=NUMBER, stage=TEXT, relationship=TEXT, channel=TEXT)
    op.execute("INSERT INTO uncounted (touchpoint) SELECT num FROM touchpoint WHERE retracted_at IS NULL")


def _rollup(name: str, **key: sa.types.TypeEngine[Any]) -> None:
    op.create_table(
        name,
        *(sa.Column(column, type_, nullable=False) for column, type_ in key.items()),
        *(sa.Column(column, NUMBER, nullable=False) for column in _SUMS),
        sa.PrimaryKeyConstraint(*key),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    for table in ("stage_rollup", "touchpoint_rollup", "converted_touchpoint", "moved_account", "uncounted"):
        op.drop_table(table)
