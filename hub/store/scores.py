"""Scores of customers and the models they are from, as they may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store.reader import Snapshot
from hub.store.shapes import Shape

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class StoredScore:
    """What the portfolio says of one customer. Probability and purchases in millionths, money in minor units."""

    id: str
    abc_class: str
    recency_score: int
    frequency_score: int
    monetary_score: int
    p_alive: int | None
    expected_purchases: int | None
    predicted_value: int | None
    rank_value: int
    computed_at: int


@dataclass(frozen=True, slots=True)
class StoredModel:
    """One fitted model; ``parameters``, ``holdout`` and ``warnings`` are JSON, ``log_likelihood`` in millionths."""

    number: int
    model: str
    chosen: bool
    unit_days: int
    currency: str
    parameters: str
    log_likelihood: int
    customers: int
    first_day: int
    last_day: int
    holdout: str | None
    warnings: str
    fitted_at: int


_SCORE = Shape(StoredScore, "s")
_MODEL = Shape(StoredModel, "m")


async def of_customers(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredScore]:
    """Scores by public id; who is not there has bought nothing, or has not been scored yet."""
    rows = await snapshot.all(f"SELECT {_SCORE.columns} FROM customer_score s WHERE s.id = ANY($1::text[])", list(ids))
    return {each.id: each for each in _SCORE.all(rows)}


async def last_fit(snapshot: Snapshot) -> list[StoredModel]:
    """The models of the last fit, the chosen ones first."""
    rows = await snapshot.all(
        f"SELECT {_MODEL.columns} FROM fitted_model m WHERE m.fitted_at = (SELECT l.fitted_at FROM fitted_model l"
        " ORDER BY l.number DESC LIMIT 1) ORDER BY m.number"
    )
    return sorted(_MODEL.all(rows), key=lambda each: not each.chosen)


async def fits(snapshot: Snapshot, most: int) -> list[StoredModel]:
    """The latest models, the last fit first, and of a fit the chosen ones."""
    order = "m.fitted_at DESC, m.chosen DESC, m.number"
    return _MODEL.all(await snapshot.all(f"SELECT {_MODEL.columns} FROM fitted_model m ORDER BY {order} LIMIT {most}"))


async def ids(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, str]:
    """Public ids by row number."""
    rows = await snapshot.all("SELECT num, id FROM customer WHERE num = ANY($1::bigint[])", list(numbers))
    return dict(rows)


async def newest(snapshot: Snapshot) -> tuple[int, int]:
    """The last truth number given, and the number of the last fitted model; 0 when there is none."""
    return (
        int(await snapshot.value("SELECT value FROM sequence WHERE id = 1")),
        int(await snapshot.value("SELECT coalesce(max(number), 0) FROM fitted_model")),
    )
