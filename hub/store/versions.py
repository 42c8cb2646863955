"""Whether tables are today's, asked of the driver alone: what migrates them takes longer to load than a hub to open."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import psycopg

MIGRATIONS = Path(__file__).parent / "migrations"


def latest(line: str) -> str:
    """The last migration of a line, ``truth`` or ``projection``: its files begin with their numbers."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / line / "versions").glob("[0-9]*.py"))


def is_latest(connection: Any, line: str, schema: str | None = None) -> bool:
    """Whether nothing is missing in the database of a connection that commits by itself."""
    table = "alembic_version" if schema is None else f"{schema}.alembic_version"
    try:
        found = connection.execute(f"SELECT version_num FROM {table}").fetchall()
    except (sqlite3.OperationalError, psycopg.errors.UndefinedTable):
        return False
    return [tuple(row) for row in found] == [(latest(line),)]
