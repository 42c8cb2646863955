"""Bringing a database to today's tables. Truth and projection each have their own line of migrations."""

from __future__ import annotations

import logging

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from hub.store.versions import MIGRATIONS


def migrate(url: str, line: str, schema: str | None = None) -> None:
    """Run the missing migrations of ``line`` (``truth`` or ``projection``), each in a transaction of its own."""
    engine = open_engine(url)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        with engine.begin() as connection:
            enter_schema(connection, schema)
            config = configuration(line)
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DBAPIError as error:
        raise (error.orig or error) from None  # as the driver says it, like all other trouble of the storage
    finally:
        engine.dispose()


def open_engine(url: str) -> Engine:
    """An engine whose SQLite transactions hold DDL too, so that a killed migration leaves nothing half-done."""
    engine = create_engine(
        url.replace("postgres://", "postgresql+psycopg://").replace("postgresql://", "postgresql+psycopg://"),
        poolclass=NullPool,
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return engine


def enter_schema(connection: Connection, schema: str | None) -> None:
    """Make ``schema`` the place of unqualified names; two processes that start together wait for each other."""
    if schema is not None:
        connection.execute(text("SELECT pg_advisory_xact_lock(7264002)"))
        connection.execute(text(f"SET LOCAL search_path = {schema}"))


def configuration(line: str) -> Config:
    """Alembic's configuration for one line of migrations."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS / line).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
