"""Trusted documents: GraphQL that clients ask for by id."""

from __future__ import annotations

from dataclasses import dataclass

from hub.store.reader import Snapshot
from hub.store.shapes import Shape


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A trusted document; ``max_cost`` None stands for the hub's own limit."""

    id: str
    text: str
    name: str
    max_cost: int | None
    registered_at: int
    registered_by: str
    retired_at: int | None


_DOCUMENT = Shape(StoredDocument, "d")


async def by_id(snapshot: Snapshot, id_: str) -> StoredDocument | None:
    """The document of an id, retired or not."""
    row = await snapshot.one(f"SELECT {_DOCUMENT.columns} FROM trusted_document d WHERE d.id = $1::text", id_)
    return _DOCUMENT.one(row) if row else None


async def standing(snapshot: Snapshot) -> list[StoredDocument]:
    """All documents that were not retired, by name."""
    return _DOCUMENT.all(
        await snapshot.all(
            f"SELECT {_DOCUMENT.columns} FROM trusted_document d WHERE d.retired_at IS NULL ORDER BY d.name, d.id"
        )
    )
