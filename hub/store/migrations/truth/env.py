"""Alembic's door to the truth tables; the connection is handed over by ``hub.store.migrate``."""

from __future__ import annotations

from alembic import context

from hub.store import outgoing_tables, sync_tables  # noqa: F401 (their tables belong to truth too)
from hub.store.truth import TRUTH

context.configure(connection=context.config.attributes["connection"], target_metadata=TRUTH)
with context.begin_transaction():
    context.run_migrations()
