"""The migrations lead to exactly the tables the code names."""

from __future__ import annotations

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from hub.store.engine import Store
from hub.store.migrate import enter_schema, open_engine
from hub.store.projection import PROJECTION
from hub.store.truth import TRUTH


@pytest.mark.parametrize(
    ("tables", "file", "schema"), [(TRUTH, "hub.db", "truth"), (PROJECTION, "projection-1.db", "projection_1")]
)
def test_migrations_equal_the_tables(bare_address: str, tables: MetaData, file: str, schema: str) -> None:
    Store.at(bare_address).close()
    postgres = bare_address.startswith("postgresql")
    engine = open_engine(bare_address if postgres else f"sqlite:///{bare_address}/{file}")
    try:
        with engine.begin() as connection:
            enter_schema(connection, schema if postgres else None)
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "compare_server_default": True}
            )
            assert compare_metadata(context, tables) == []
    finally:
        engine.dispose()
