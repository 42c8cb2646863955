"""First tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decision",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("operation", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("side", TEXT, nullable=False),
        sa.Column("a", TEXT, nullable=False),
        sa.Column("b", TEXT, nullable=False),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("decided_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("decision_of_a", "decision", ["a"], unique=False)
    op.create_index("decision_of_b", "decision", ["b"], unique=False)
    op.create_index("decision_of_operation", "decision", ["operation"], unique=False)
    op.create_table(
        "envelope",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "sequence",
        sa.Column("id", NUMBER, autoincrement=False, nullable=False),
        sa.Column("value", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "setting",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "source",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("connector", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("book_of_record", sa.Boolean(), nullable=False),
        sa.Column("created_number", NUMBER, nullable=False),
        sa.Column("created_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "token",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("created_at", NUMBER, nullable=False),
        sa.Column("expires_at", NUMBER, nullable=True),
        sa.Column("revoked_at", NUMBER, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "withdrawal",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("target", TEXT, nullable=False),
        sa.Column("restore", sa.Boolean(), nullable=False),
        sa.Column("operation", TEXT, nullable=True),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("decided_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("withdrawal_of_target", "withdrawal", ["kind", "target", "number"], unique=False)
    op.create_table(
        "run",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("started_at", NUMBER, nullable=False),
        sa.Column("finished_at", NUMBER, nullable=True),
        sa.Column("expected", NUMBER, nullable=True),
        sa.Column("done", sa.Float(), nullable=True),
        sa.Column("received", NUMBER, nullable=False),
        sa.Column("stored", NUMBER, nullable=False),
        sa.Column("changed", NUMBER, nullable=False),
        sa.Column("unchanged", NUMBER, nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.ForeignKeyConstraint(
            ["source"],
            ["source.num"],
        ),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("run_of_source", "run", ["source", "num"], unique=False)
    op.create_table(
        "checkpoint",
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("cursor", TEXT, nullable=False),
        sa.Column("run", NUMBER, nullable=False),
        sa.Column("saved_at", NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.num"],
        ),
        sa.ForeignKeyConstraint(
            ["source"],
            ["source.num"],
        ),
        sa.PrimaryKeyConstraint("source", "stream"),
    )
    op.create_table(
        "record",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        sa.Column("stream", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source_version", TEXT, nullable=True),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("envelope", NUMBER, nullable=True),
        sa.Column("run", NUMBER, nullable=False),
        sa.Column("received_at", NUMBER, nullable=False),
        sa.Column("historical", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["envelope"],
            ["envelope.num"],
        ),
        sa.ForeignKeyConstraint(
            ["run"],
            ["run.num"],
        ),
        sa.ForeignKeyConstraint(
            ["source"],
            ["source.num"],
        ),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("source", "stream", "key", "version", name="record_version"),
    )
    op.create_index("record_of_run", "record", ["run", "number"], unique=False)


def downgrade() -> None:
    op.drop_index("record_of_run", table_name="record")
    op.drop_table("record")
    op.drop_table("checkpoint")
    op.drop_index("run_of_source", table_name="run")
    op.drop_table("run")
    op.drop_index("withdrawal_of_target", table_name="withdrawal")
    op.drop_table("withdrawal")
    op.drop_table("token")
    op.drop_table("source")
    op.drop_table("setting")
    op.drop_table("sequence")
    op.drop_table("envelope")
    op.drop_index("decision_of_operation", table_name="decision")
    op.drop_index("decision_of_b", table_name="decision")
    op.drop_index("decision_of_a", table_name="decision")
    op.drop_table("decision")
