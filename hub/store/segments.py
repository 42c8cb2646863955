"""Segments: saved filters of customers, as they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.writing.segments import STANDING


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A saved filter; ``filter`` is JSON in the shape of the graph's CustomerFilter."""

    id: str
    name: str
    description: str
    filter: str
    decided_by: str
    decided_at: int


_SEGMENT = Shape(StoredSegment, "s")


async def standing(snapshot: Snapshot) -> list[StoredSegment]:
    """All segments, by name."""
    return _SEGMENT.all(await snapshot.all(f"SELECT {_SEGMENT.columns} FROM {STANDING} ORDER BY s.name, s.id"))


async def by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredSegment]:
    """Segments by id."""
    rows = await snapshot.all(f"SELECT {_SEGMENT.columns} FROM {STANDING} AND s.id = ANY($1::text[])", list(ids))
    return {each.id: each for each in _SEGMENT.all(rows)}
