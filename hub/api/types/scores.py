"""How a customer compares with others."""

from __future__ import annotations

import strawberry

from hub.api.context import Info
from hub.api.graph import column, object_type
from hub.api.scalars import DateTime
from hub.store.scores import StoredScore


@object_type
class Scores:
    """How a customer compares with all buyers, as the last scoring run found; docs/portfolio.md has the formulas."""

    row: strawberry.Private[StoredScore]
    abc_class: str = column("A, B or C, by revenue.")
    recency: int = column("1 to 5; 5 is the fifth who bought last.", attribute="recency_score")
    frequency: int = column("1 to 5; 5 is the fifth who bought most often.", attribute="frequency_score")
    monetary: int = column("1 to 5; 5 is the fifth who bought for most.", attribute="monetary_score")
    computed_at: DateTime = column("When this was found.")


async def scores_of(info: Info, customer: str) -> Scores | None:
    """The scores of a customer by public id."""
    row = await info.context.load.score.load(customer)
    return Scores(row=row) if row else None
