"""Segments, as truth: every save is a row, and a withdrawal deletes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.session import Session

COLUMNS = ["number", "id", "name", "description", "filter", "decided_by", "decided_at"]
SEGMENT = "SEGMENT"
"""What a withdrawal of a segment is called."""
STANDING = (
    "segment s WHERE s.number = (SELECT max(l.number) FROM segment l WHERE l.id = s.id) AND NOT EXISTS ("
    "SELECT 1 FROM withdrawal w WHERE w.kind = 'SEGMENT' AND w.target = s.id AND w.number > s.number)"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """A segment as it stands; ``filter`` is JSON."""

    id: str
    name: str
    description: str
    filter: str


def insert(session: Session, row: Sequence[object]) -> None:
    """Append a version of a segment, in the order of ``COLUMNS``."""
    session.insert("segment", COLUMNS, [row])


def standing(session: Session) -> dict[str, Standing]:
    """All segments that stand, by id."""
    rows = session.all(f"SELECT s.id, s.name, s.description, s.filter FROM {STANDING}")
    return {row[0]: Standing(*row) for row in rows}
