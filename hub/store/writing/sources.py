"""Configured sources."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session

COLUMNS = "num id name connector settings book_of_record created_number created_at changed_number".split()


def made_after(session: Session, num: int) -> list[tuple[int, str, str, str, str, bool]]:
    """(num, id, name, connector, settings as JSON text, book of record) of sources after a row number, in order."""
    rows = session.all(
        "SELECT num, id, name, connector, settings, book_of_record FROM source WHERE num > $1 ORDER BY num", num
    )
    return [(num_, id_, name, connector, settings, bool(book)) for num_, id_, name, connector, settings, book in rows]


def num_of(session: Session, id_: str) -> int | None:
    """The row number of a source by public id."""
    num: int | None = session.value("SELECT num FROM source WHERE id = $1", id_)
    return num


def any_of(session: Session, connector: str) -> bool:
    """Whether a connector has a source."""
    return session.value("SELECT num FROM source WHERE connector = $1", connector) is not None


def named(session: Session, name: str) -> tuple[str, str, str] | None:
    """(id, connector, settings as JSON text) of the source of a name."""
    row = session.one("SELECT id, connector, settings FROM source WHERE name = $1", name)
    return (row[0], row[1], row[2]) if row else None


def next_num(session: Session) -> int:
    """The row number that the next source gets."""
    return int(session.value("SELECT coalesce(max(num), 0) + 1 FROM source"))


def insert(session: Session, row: Sequence[object]) -> None:
    """Write a source, in the order of ``COLUMNS``."""
    session.insert("source", COLUMNS, [row])
