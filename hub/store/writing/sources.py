"""Configured sources, and the changes of their configuration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.store.session import Session

COLUMNS = "num id name connector settings book_of_record created_number created_at changed_number".split()


@dataclass(frozen=True, slots=True)
class Configured:
    """A source as it is configured. ``settings`` is JSON text without the secrets; the rest as in ``SourceRow``."""

    num: int
    id: str
    name: str
    connector: str
    settings: str
    book_of_record: bool
    every: int | None
    paused_at: int | None
    notify_url: str | None
    deletion_share: float
    changed_number: int
    secrets_number: int


_CONFIGURED = (
    "num, id, name, connector, settings, book_of_record, every, paused_at, notify_url, deletion_share, "
    "changed_number, secrets_number"
)


def changed_since(session: Session, number: int) -> list[Configured]:
    """Sources that were added or changed at a truth number or after it, in the order they were made."""
    rows = session.all(f"SELECT {_CONFIGURED} FROM source WHERE changed_number >= $1 ORDER BY num", number)
    return [_configured(row) for row in rows]


def by_id(session: Session, id_: str) -> Configured | None:
    """A source by its public id."""
    row = session.one(f"SELECT {_CONFIGURED} FROM source WHERE id = $1", id_)
    return _configured(row) if row else None


def by_num(session: Session, num: int) -> Configured:
    """A source by its row number; truth keeps every source."""
    return _configured(session.all(f"SELECT {_CONFIGURED} FROM source WHERE num = $1", num)[0])


def _configured(row: Sequence[Any]) -> Configured:
    values = list(row)
    values[5] = bool(row[5])  # SQLite gives 0 and 1
    return Configured(*values)


def num_of(session: Session, id_: str) -> int | None:
    """The row number of a source by public id."""
    num: int | None = session.value("SELECT num FROM source WHERE id = $1", id_)
    return num


def any_of(session: Session, connector: str) -> bool:
    """Whether a connector has a source."""
    return session.value("SELECT num FROM source WHERE connector = $1", connector) is not None


def named(session: Session, name: str) -> Configured | None:
    """The source of a name."""
    row = session.one(f"SELECT {_CONFIGURED} FROM source WHERE name = $1", name)
    return _configured(row) if row else None


def next_num(session: Session) -> int:
    """The row number that the next source gets."""
    return int(session.value("SELECT coalesce(max(num), 0) + 1 FROM source"))


def insert(session: Session, row: Sequence[object]) -> None:
    """Write a source, in the order of ``COLUMNS``."""
    session.insert("source", COLUMNS, [row])


def change(session: Session, num: int, values: Mapping[str, object]) -> None:
    """Set columns of a source; one of them is ``changed_number``, or nobody would notice."""
    session.update("source", ["num"], list(values), [(num, *values.values())])


def note_change(session: Session, number: int, source: int, fields: str, by: str, at: int) -> None:
    """Append to the trail of changes; ``fields`` is a JSON list of names."""
    columns = ["number", "source", "fields", "changed_by", "changed_at"]
    session.insert("source_change", columns, [(number, source, fields, by, at)])
