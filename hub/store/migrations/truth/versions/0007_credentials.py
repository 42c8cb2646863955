"""Settings of sources that change, and their sealed secrets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "credential",
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("sealed", TEXT, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("saved_at", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.num"]),
        sa.PrimaryKeyConstraint("source", "name"),
    )
    op.create_table(
        "source_change",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
        sa.Column("changed_by", TEXT, nullable=False),
        sa.Column("changed_at", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.num"]),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("source_change_of_source", "source_change", ["source", "number"])
    op.add_column("source", sa.Column("every", NUMBER, nullable=True))
    op.add_column("source", sa.Column("paused_at", NUMBER, nullable=True))
    op.add_column("source", sa.Column("notify_url", TEXT, nullable=True))
    op.add_column("source", sa.Column("deletion_share", sa.Float(), nullable=False, server_default=sa.text("0.2")))
    op.add_column("source", sa.Column("changed_number", NUMBER, nullable=False, server_default=sa.text("0")))
    op.add_column("source", sa.Column("secrets_number", NUMBER, nullable=False, server_default=sa.text("0")))
    op.execute("UPDATE source SET changed_number = created_number")


def downgrade() -> None:
    for column in ("secrets_number", "changed_number", "deletion_share", "notify_url", "paused_at", "every"):
        op.drop_column("source", column)
    op.drop_index("source_change_of_source", table_name="source_change")
    op.drop_table("source_change")
    op.drop_table("credential")
