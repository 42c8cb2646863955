"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Integer, Text
from sqlalchemy.dialects import postgresql
from sqlmodel import Field

# 64 bits everywhere; on SQLite only a column declared INTEGER can be the row id.
NUMBER = BigInteger().with_variant(Integer(), "sqlite")
# Bytewise order everywhere, so that keyset pages and tie-breaks agree with Python's comparison of UTF-8.
TEXT = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def number(**options: Any) -> Any:
    """A 64-bit integer column: a truth number, a row number, minor units or microseconds since 1970 (UTC)."""
    return Field(sa_type=NUMBER, **options)


def key(**options: Any) -> Any:
    """A primary key column that the hub numbers itself."""
    return Field(sa_type=NUMBER, primary_key=True, sa_column_kwargs={"autoincrement": False}, **options)


def text(**options: Any) -> Any:
    """A text column compared bytewise."""
    return Field(sa_type=TEXT, **options)
