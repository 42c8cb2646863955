"""Who is told of changes, what they are told, and the attempts to tell them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from hub.store.columns import NUMBER, TEXT

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_WAITING = sa.text("state = 'WAITING'")
_ENDED = sa.text("ended_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "endpoint",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("wants", TEXT, nullable=False),
        sa.Column("sources", TEXT, nullable=False),
        sa.Column("kinds", TEXT, nullable=False),
        sa.Column("stages", TEXT, nullable=False),
        sa.Column("contacts", sa.Boolean(), nullable=False),
        sa.Column("historical", sa.Boolean(), nullable=False),
        sa.Column("created_at", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("ordinal", NUMBER, nullable=False),
        sa.Column("disabled_at", NUMBER, nullable=True),
        sa.Column("disabled_for", TEXT, nullable=True),
        sa.Column("failing_since", NUMBER, nullable=True),
        sa.Column("not_before", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "endpoint_secret",
        sa.Column("endpoint", NUMBER, nullable=False),
        sa.Column("version", NUMBER, nullable=False),
        sa.Column("sealed", TEXT, nullable=False),
        sa.Column("ends_at", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["endpoint"], ["endpoint.num"]),
        sa.PrimaryKeyConstraint("endpoint", "version"),
    )
    op.create_table(
        "endpoint_change",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("endpoint", TEXT, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
        sa.Column("changed_by", TEXT, nullable=False),
        sa.Column("changed_at", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("num"),
    )
    op.create_index("endpoint_change_of_endpoint", "endpoint_change", ["endpoint", "num"])
    _messages()


def _messages() -> None:
    op.create_table(
        "message",
        sa.Column("num", NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, nullable=False),
        sa.Column("endpoint", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=True),
        sa.Column("ordinal", NUMBER, nullable=True),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("tries", NUMBER, nullable=False),
        sa.Column("next_at", NUMBER, nullable=False),
        sa.Column("ended_at", NUMBER, nullable=True),
        sa.ForeignKeyConstraint(["endpoint"], ["endpoint.num"]),
        sa.PrimaryKeyConstraint("num"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("endpoint", "number", "ordinal", name="message_of_change"),
    )
    op.create_index("message_of_endpoint", "message", ["endpoint", "num"])
    op.create_index(
        "message_waiting", "message", ["endpoint", "next_at"], postgresql_where=_WAITING, sqlite_where=_WAITING
    )
    op.create_index("message_ended", "message", ["ended_at"], postgresql_where=_ENDED, sqlite_where=_ENDED)
    op.create_table(
        "attempt",
        sa.Column("message", NUMBER, nullable=False),
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("at", NUMBER, nullable=False),
        sa.Column("took", NUMBER, nullable=False),
        sa.Column("status", NUMBER, nullable=True),
        sa.Column("fault", TEXT, nullable=True),
        sa.Column("answer", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["message"], ["message.num"]),
        sa.PrimaryKeyConstraint("message", "number"),
    )


def downgrade() -> None:
    op.drop_table("attempt")
    op.drop_index("message_ended", table_name="message")
    op.drop_index("message_waiting", table_name="message")
    op.drop_index("message_of_endpoint", table_name="message")
    op.drop_table("message")
    op.drop_index("endpoint_change_of_endpoint", table_name="endpoint_change")
    op.drop_table("endpoint_change")
    op.drop_table("endpoint_secret")
    op.drop_table("endpoint")
