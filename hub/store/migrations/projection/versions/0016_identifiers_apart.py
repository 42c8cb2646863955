"""The few identifiers that join nobody are found without reading all: PostgreSQL looks for a customer's from them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    apart = sa.text("NOT joins")
    op.create_index("identifier_apart", "identifier", ["num"], postgresql_where=apart, sqlite_where=apart)


def downgrade() -> None:
    op.drop_index("identifier_apart", table_name="identifier")
