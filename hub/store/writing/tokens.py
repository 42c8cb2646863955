"""Bearer tokens: making and ending them."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session

COLUMNS = ["id", "name", "digest", "scopes", "created_at", "expires_at"]


def insert(session: Session, row: Sequence[object]) -> None:
    """Write a token, in the order of ``COLUMNS``."""
    session.insert("token", COLUMNS, [row])


def revoke(session: Session, id_: str, at: int) -> bool:
    """End a token; whether there was one that still held."""
    return session.run("UPDATE token SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL", at, id_) > 0
