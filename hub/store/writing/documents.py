"""Trusted documents: registering and retiring them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.store.session import Session

COLUMNS = ["id", "text", "name", "max_cost", "registered_at", "registered_by"]


def insert(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write new documents, in the order of ``COLUMNS``."""
    session.insert("trusted_document", COLUMNS, [tuple(row) for row in rows])


def renew(session: Session, rows: Iterable[Sequence[object]]) -> None:
    """Let documents that are there hold again: rows of name, cost, time, by whom, and id."""
    session.many(
        "UPDATE trusted_document SET name = $1, max_cost = $2, registered_at = $3, registered_by = $4,"
        " retired_at = NULL WHERE id = $5",
        [tuple(row) for row in rows],
    )


def retire(session: Session, id_: str, at: int) -> bool:
    """End a document; whether there was one that still held."""
    return session.run("UPDATE trusted_document SET retired_at = $1 WHERE id = $2 AND retired_at IS NULL", at, id_) > 0


def held(session: Session, ids: Iterable[str]) -> dict[str, tuple[str, str, int | None, int | None]]:
    """Of these ids those that are there: text, name, cost, and when it was retired."""
    rows = session.among(
        "SELECT id, text, name, max_cost, retired_at FROM trusted_document WHERE id = ANY($1::text[])", ids
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}
