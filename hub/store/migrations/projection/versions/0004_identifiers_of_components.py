"""Identifiers are found by their component."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("identifier_component", "identifier", ["component"], unique=False)


def downgrade() -> None:
    op.drop_index("identifier_component", table_name="identifier")
