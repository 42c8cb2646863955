"""What matters are ordered, grouped and timed by, and the states they went through."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NEW: dict[str, Any] = {
    "owner_named": TEXT, "state_since": NUMBER, "opened_on": NUMBER, "closed_on": NUMBER, "closed_after": NUMBER,
    "answered_after": NUMBER, "balance": TEXT, "balance_unit": TEXT, "due_place": NUMBER, "closed_place": NUMBER,
    "amount_place": NUMBER,
}  # fmt: skip
_FILLED = {
    "matter_owner": ["owner", "due_place", "id"],
    "matter_owner_named": ["owner_named", "due_place", "id"],
    "matter_pipeline": ["pipeline", "opened_at", "id"],
}
_WHOLE = {
    "matter_due": ["open", "due_place", "id"],
    "matter_opened": ["opened_at", "id"],
    "matter_closed": ["kind", "closed_place", "id"],
    "matter_amount": ["kind", "amount_place", "id"],
}


def upgrade() -> None:
    for name, type_ in _NEW.items():
        op.add_column("matter", sa.Column(name, type_, nullable=True))
    op.drop_index("matter_owner", table_name="matter")
    op.drop_index("matter_due", table_name="matter")
    for name, columns in _FILLED.items():
        filled = sa.text(f"{columns[0]} IS NOT NULL")
        op.create_index(name, "matter", columns, postgresql_where=filled, sqlite_where=filled)
    for name, columns in _WHOLE.items():
        op.create_index(name, "matter", columns)
    op.execute(
        f"UPDATE matter SET due_place = coalesce(due_at, {2**62}), closed_place = coalesce(closed_at, {-(2**62)})"
    )
    # Matters that are there already are folded again as soon as nothing else is to be done.
    unfolded = sa.text("state_since IS NULL")
    op.create_index("matter_unfolded", "matter", ["num"], postgresql_where=unfolded, sqlite_where=unfolded)
    op.create_table(
        "matter_change",
        sa.Column("matter", NUMBER, nullable=False),
        sa.Column("position", NUMBER, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("before", TEXT, nullable=True),
        sa.Column("after", TEXT, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("outcome", TEXT, nullable=True),
        sa.Column("touchpoint", NUMBER, nullable=False),
        sa.Column("lasted", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("matter", "position"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("matter_change")
    for name in ("matter_unfolded", *_WHOLE, *_FILLED):
        op.drop_index(name, table_name="matter")
    op.create_index("matter_owner", "matter", ["owner", "due_at", "id"])
    op.create_index("matter_due", "matter", ["open", "due_at", "id"])
    for name in _NEW:
        op.drop_column("matter", name)
