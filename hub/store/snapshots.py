"""Snapshots: projection sets that show everybody as of a moment."""

from __future__ import annotations

from dataclasses import dataclass

from hub.store import lists
from hub.store.reader import Snapshot
from hub.store.shapes import Shape


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """A snapshot, as ``hub.store.truth.SnapshotRow`` says. ``run``: the row number of the run that takes it."""

    number: int
    id: str
    known_until: int
    at: int | None
    occurred_until: int | None
    of_today: bool
    clock: int
    ready: bool
    run: int
    taken_at: int


SNAPSHOTS = lists.Listing("snapshot s", Shape(StoredSnapshot, "s"), "s.number")
_READABLE = "JOIN projection_set p ON p.number = s.number AND p.state = 'SNAPSHOT'"


async def everything(snapshot: Snapshot) -> list[StoredSnapshot]:
    """All snapshots, the one taken last first."""
    rows = await snapshot.all(f"SELECT {SNAPSHOTS.shape.columns} FROM snapshot s {_READABLE} ORDER BY s.number DESC")
    return [SNAPSHOTS.shape.one(row) for row in rows]


async def ready(snapshot: Snapshot, known: int | None, at: int | None, occurred: int | None) -> StoredSnapshot | None:
    """The snapshot taken last that shows a moment; without ``known``, what was known when it was taken."""
    rows = await snapshot.all(
        f"SELECT {SNAPSHOTS.shape.columns} FROM snapshot s {_READABLE} WHERE s.ready "
        "AND (s.known_until = $1::bigint OR ($1::bigint IS NULL AND s.of_today)) "
        "AND (s.at = $2::bigint OR ($2::bigint IS NULL AND s.at IS NULL)) "
        "AND (s.occurred_until = $3::bigint OR ($3::bigint IS NULL AND s.occurred_until IS NULL)) "
        "ORDER BY s.number DESC LIMIT 1",
        known, at, occurred,
    )  # fmt: skip
    return SNAPSHOTS.shape.one(rows[0]) if rows else None
