"""What each stream of a run came to, and rows of listings under way."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_stream",
        sa.Column("run", NUMBER, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("fault", TEXT, nullable=True),
        sa.Column("began_at", NUMBER, nullable=False),
        sa.Column("ended_at", NUMBER, nullable=True),
        sa.Column("last_at", NUMBER, nullable=True),
        sa.Column("expected", NUMBER, nullable=True),
        sa.Column("received", NUMBER, nullable=False),
        sa.Column("stored", NUMBER, nullable=False),
        sa.Column("changed", NUMBER, nullable=False),
        sa.Column("unchanged", NUMBER, nullable=False),
        sa.Column("deleted", NUMBER, nullable=False),
        sa.Column("refused", NUMBER, nullable=False),
        sa.Column("began_again", sa.Boolean(), nullable=False),
        sa.Column("cursor", TEXT, nullable=True),
        sa.Column("first_number", NUMBER, nullable=True),
        sa.Column("last_number", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["run"], ["run.num"]),
        sa.PrimaryKeyConstraint("run", "stream"),
    )
    stored = sa.text("first_number IS NOT NULL")
    op.create_index(
        "run_stream_that_stored",
        "run_stream",
        ["source", "stream", "run"],
        postgresql_where=stored,
        sqlite_where=stored,
    )
    op.add_column("run", sa.Column("allow_deletions", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "listing",
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("leg", NUMBER, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("began_with", TEXT, nullable=True),
        sa.Column("expected", NUMBER, nullable=True),
        sa.Column("until", NUMBER, nullable=True),
        sa.Column("reached", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["source"], ["source.num"]),
        sa.PrimaryKeyConstraint("source", "stream"),
    )
    op.create_table(
        "listed",
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("listing", NUMBER, nullable=False),
        sa.Column("leg", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.num"]),
        sa.PrimaryKeyConstraint("source", "stream", "key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "health_turn",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("healthy", sa.Boolean(), nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("told_at", NUMBER, nullable=True),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("try_at", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(["source"], ["source.num"]),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("health_turn_of_source", "health_turn", ["source", "num"])
    untold = sa.text("told_at IS NULL")
    op.create_index("health_turn_untold", "health_turn", ["try_at"], postgresql_where=untold, sqlite_where=untold)


def downgrade() -> None:
    op.drop_table("health_turn")
    op.drop_table("listed")
    op.drop_table("listing")
    op.drop_column("run", "allow_deletions")
    op.drop_table("run_stream")
