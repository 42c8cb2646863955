"""Indexes of columns that are seldom filled leave out the rows where they are not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_INDEXES = (
    ("customer_owner", "customer", ["owner", "last_touch_at", "id"]),
    ("customer_birthday", "customer", ["birthday_day"]),
    ("customer_next_change", "customer", ["next_change_at"]),
    ("claim_organisation_component", "claim", ["organisation_component"]),
    ("claim_organisation", "claim", ["organisation"]),
    ("ledger_customer", "ledger", ["customer", "number"]),
)


def upgrade() -> None:
    for name, table, columns in _INDEXES:
        filled = sa.text(f"{columns[0]} IS NOT NULL")
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns, postgresql_where=filled, sqlite_where=filled)


def downgrade() -> None:
    for name, table, columns in _INDEXES:
        op.drop_index(name, table_name=table)
        op.create_index(name, table, columns)
