"""Alembic's door to the projection tables; the connection is handed over by ``hub.store.migrate``."""

from __future__ import annotations

from alembic import context

from hub.store import matter_tables, portraits, rollup_tables  # noqa: F401 (their tables belong to the projection too)
from hub.store.projection import PROJECTION

context.configure(connection=context.config.attributes["connection"], target_metadata=PROJECTION)
with context.begin_transaction():
    context.run_migrations()
