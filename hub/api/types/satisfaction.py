"""What customers say of their satisfaction."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from hub.api.graph import described, object_type
from hub.api.scalars import DateTime, Exact
from hub.store.values import StoredAnswers


@object_type
class SurveyScore:
    """The answers to one question."""

    latest: Exact = described("The last answer.")
    latest_at: DateTime = described("When it was given.")
    mean: float = described("The mean of all answers.")
    answers: int = described("How many there are.")


@object_type
class Satisfaction:
    """How satisfied a customer says they are; null where they never said."""

    nps: SurveyScore | None = described("Would they recommend us, from 0 to 10 (net promoter score).")
    csat: SurveyScore | None = described("Are they content, from 1 to 5 (customer satisfaction).")


def satisfaction(held: Iterable[StoredAnswers]) -> Satisfaction:
    """The answers of a customer."""
    found = {row.unit: _score(row) for row in held}
    return Satisfaction(nps=found.get("nps"), csat=found.get("csat"))


def _score(row: StoredAnswers) -> SurveyScore:
    return SurveyScore(
        latest=Exact(Decimal(row.latest).scaleb(-3).normalize()),
        latest_at=DateTime(row.latest_at),
        mean=row.total / 1000 / row.answers,
        answers=row.answers,
    )
