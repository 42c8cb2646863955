"""How satisfied a customer says they are: answers to the two questions that everybody asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from hub.journey.timeline import Moment

SCALES = {"nps": (Decimal(0), Decimal(10)), "csat": (Decimal(1), Decimal(5))}
"""The least and the greatest score: would recommend (net promoter score), is content (customer satisfaction)."""
_EXACT = 1000


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers to one question. Scores are thousandths; ``latest`` is the last one, given at ``latest_at``."""

    unit: str
    answers: int
    total: int
    latest: int
    latest_at: datetime


class Satisfaction:
    """The answers of a timeline so far, in order of time. What is beyond its scale is no answer."""

    __slots__ = ("_found",)

    def __init__(self) -> None:
        self._found: dict[str, Answers] = {}

    def take(self, moments: Iterable[Moment]) -> None:
        """Add touchpoints."""
        for moment in moments:
            if moment.score is None or moment.unit not in SCALES or moment.automated:
                continue
            least, most = SCALES[moment.unit]
            if least <= moment.score <= most:
                score = round(moment.score * _EXACT)
                before = self._found.get(moment.unit)
                count, total = (before.answers, before.total) if before else (0, 0)
                self._found[moment.unit] = Answers(moment.unit, count + 1, total + score, score, moment.at)

    @property
    def answers(self) -> list[Answers]:
        """One for each question that was answered, by its name."""
        return [self._found[unit] for unit in sorted(self._found)]
