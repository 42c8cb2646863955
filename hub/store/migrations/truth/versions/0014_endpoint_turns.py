"""A turn may be of an endpoint that is told nothing more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("health_turn") as turn:
        turn.alter_column("source", existing_type=NUMBER, nullable=True)
        turn.add_column(sa.Column("endpoint", TEXT, nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM health_turn WHERE source IS NULL")
    with op.batch_alter_table("health_turn") as turn:
        turn.drop_column("endpoint")
        turn.alter_column("source", existing_type=NUMBER, nullable=False)
