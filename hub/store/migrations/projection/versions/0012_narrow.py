"""Identifiers are found by their value alone; rows that are written again have room in their pages."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# What is updated in them most is in no index: with room in its page a row takes the place beside its old one, and no
# index is written.
_WRITTEN_AGAIN = ("claim", "identifier", "stage_change")


def upgrade() -> None:
    # Kind, namespace and side besides made every entry twice as long, and unique they are by the id made of them.
    op.drop_index("identifier_value", table_name="identifier")
    op.create_index("identifier_value", "identifier", ["value"])
    _leave_room("SET (fillfactor = 85)")


def downgrade() -> None:
    _leave_room("RESET (fillfactor)")
    op.drop_index("identifier_value", table_name="identifier")
    op.create_index("identifier_value", "identifier", ["kind", "namespace", "value", "side"], unique=True)


def _leave_room(change: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        for table in _WRITTEN_AGAIN:
            op.execute(f"ALTER TABLE {table} {change}")
