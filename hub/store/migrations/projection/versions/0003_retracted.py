"""Retracted touchpoints are found at once: a rebuilt projection set takes them over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    retracted = sa.text("retracted_at IS NOT NULL")
    op.create_index(
        "touchpoint_retracted", "touchpoint", ["num"], unique=False,
        postgresql_where=retracted, sqlite_where=retracted,
    )  # fmt: skip
