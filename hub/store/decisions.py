"""Link decisions: what people said about which touchpoints are of the same customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.reader import Snapshot
from hub.store.shapes import Shape


@dataclass(frozen=True, slots=True)
class StoredDecision:
    """A person's word about two touchpoints, named by public id. ``kind``: SAME or NOT_SAME."""

    number: int
    operation: str
    kind: str
    side: str
    a: str
    b: str
    decided_by: str
    reason: str
    decided_at: int

    @property
    def id(self) -> str:
        """The public id."""
        return f"dec_{self.number}"


_DECISION = Shape(StoredDecision, "d")
LIVE = (
    "NOT COALESCE((SELECT NOT w.restore FROM withdrawal w WHERE w.kind = 'DECISION' AND w.target = d.operation"
    " ORDER BY w.number DESC LIMIT 1), FALSE)"
)
"""That a decision ``d`` is not undone."""


async def about(snapshot: Snapshot, touchpoints: Sequence[str]) -> list[StoredDecision]:
    """Live decisions that name one of the touchpoints, newest first; undone ones are left out."""
    rows = await snapshot.all(
        f"SELECT {_DECISION.columns} FROM decision d"
        f" WHERE (d.a = ANY($1::text[]) OR d.b = ANY($1::text[])) AND {LIVE} ORDER BY d.number DESC",
        list(touchpoints),
    )
    return _DECISION.all(rows)


async def by_number(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredDecision]:
    """Live decisions by truth number."""
    rows = await snapshot.all(
        f"SELECT {_DECISION.columns} FROM decision d WHERE d.number = ANY($1::bigint[]) AND {LIVE}", list(numbers)
    )
    return {each.number: each for each in _DECISION.all(rows)}
