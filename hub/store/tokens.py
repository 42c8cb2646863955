"""Bearer tokens, found by the digest of what the caller sends."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.reader import Snapshot
from hub.store.shapes import Shape


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token without its secret. ``scopes`` are separated by spaces."""

    id: str
    name: str
    scopes: str
    created_at: int
    expires_at: int | None
    revoked_at: int | None


_TOKEN = Shape(StoredToken, "k")


def digest(secret: str) -> str:
    """What is kept of a token: SHA-256, in hexadecimal. The secret is random, so nothing slower is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


async def by_secret(snapshot: Snapshot, secret: str) -> StoredToken | None:
    """The token a caller sent, whether or not it is still good."""
    row = await snapshot.one(f"SELECT {_TOKEN.columns} FROM token k WHERE k.digest = $1::text", digest(secret))
    return _TOKEN.one(row) if row else None


async def standing(snapshot: Snapshot) -> list[StoredToken]:
    """All tokens that were not revoked, in the order they were made."""
    rows = await snapshot.all(
        f"SELECT {_TOKEN.columns} FROM token k WHERE k.revoked_at IS NULL ORDER BY k.created_at, k.id"
    )
    return _TOKEN.all(rows)


async def stand(snapshot: Snapshot, ids: Sequence[str]) -> set[str]:
    """Those of these tokens that are there and not revoked."""
    rows = await snapshot.all("SELECT id FROM token WHERE id = ANY($1::text[]) AND revoked_at IS NULL", list(ids))
    return {row[0] for row in rows}
