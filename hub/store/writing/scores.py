"""Fitted models, as truth, and what they and the portfolio say of each customer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.store.session import Session

MODEL = (
    "number model chosen unit_days currency parameters log_likelihood customers first_day last_day holdout warnings "
    "fitted_at"
).split()
COLUMNS = (
    "id abc_class recency_score frequency_score monetary_score p_alive expected_purchases predicted_value rank_value "
    "computed_at"
).split()
_NUMBERS = COLUMNS[:-1]
"""What makes a score another one: everything but when it was found."""


def insert_models(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Append fitted models, in the order of ``MODEL``."""
    session.insert("fitted_model", MODEL, rows)


def keep(session: Session, rows: Sequence[Sequence[Any]]) -> int:
    """Write the scores that differ from those there are, in the order of ``COLUMNS``; how many these were."""
    before = {
        row[0]: tuple(row)
        for row in session.all(
            f"SELECT {', '.join(_NUMBERS)} FROM customer_score WHERE id = ANY($1::text[])", [row[0] for row in rows]
        )
    }
    changed = [row for row in rows if before.get(row[0]) != tuple(row[:-1])]
    session.delete("customer_score", ["id"], [(row[0],) for row in changed if row[0] in before])
    session.insert("customer_score", COLUMNS, changed)
    return len(changed)


def count(session: Session) -> int:
    """How many scores there are."""
    return int(session.value("SELECT count(*) FROM customer_score"))


def sweep(session: Session, after: str, most: int) -> str | None:
    """Remove scores of those who have bought nothing (any more) or are no customers; so many rows are looked at.

    ``after`` is where the last part ended; the answer is where this one did, None at the end.
    """
    ids = [
        id_
        for (id_,) in session.all(
            "SELECT id FROM customer_score WHERE id > $1::text ORDER BY id LIMIT $2::bigint", after, most
        )
    ]
    session.run(
        "DELETE FROM customer_score WHERE id = ANY($1::text[]) AND NOT EXISTS (SELECT 1 FROM customer c "
        "WHERE c.id = customer_score.id AND c.relationship = 'CUSTOMER' "
        "AND EXISTS (SELECT 1 FROM purchase p WHERE p.customer = c.num))",
        ids,
    )
    return ids[-1] if len(ids) == most else None
