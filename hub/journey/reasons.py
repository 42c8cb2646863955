"""Why a customer has a stage or a standing, in a form that a client can render and follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from hub.values import Stage, Standing


@dataclass(slots=True)
class Because:
    """The rule, its numbers, and the touchpoints that met it.

    ``facts`` are JSON values; ``text`` says the same in English, clients translate from ``rule`` and ``facts``.
    """

    rule: str
    rule_version: str
    text: str
    facts: Mapping[str, Any]
    touchpoints: tuple[str, ...]


@dataclass(slots=True)
class Change:
    """A step on one of the two axes. A change that silence made is dated when it fell due."""

    axis: Literal["STAGE", "STANDING"]
    at: datetime
    before: Stage | Standing | None
    after: Stage | Standing | None
    because: Because


def written(at: datetime) -> str:
    """An instant as answers and facts write it: ``2026-01-31T09:05:00.000000Z``."""
    universal = at if at.tzinfo is UTC else at.astimezone(UTC)
    return universal.isoformat(timespec="microseconds")[:26] + "Z"
