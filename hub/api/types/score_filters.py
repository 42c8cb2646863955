"""Filters of customers by class and scores, as clients write them."""

from __future__ import annotations

from hub.api.graph import input_type, optional
from hub.errors import InputWrong
from hub.journey.cut_offs import CLASSES
from hub.store import filters


@input_type
class ScoreRange:
    """A range of scores, 1 to 5."""

    min: int | None = optional("At least.")
    max: int | None = optional("At most.")


@input_type
class RfmFilter:
    """Scores among all buyers, as the last scoring run found them."""

    recency: ScoreRange | None = optional("How recently they bought; 5 is most recently.")
    frequency: ScoreRange | None = optional("How often; 5 is most often.")
    monetary: ScoreRange | None = optional("For how much; 5 is most.")


def classes(wanted: list[str] | None) -> tuple[str, ...] | None:
    """What the store is asked for. Raises ``InputWrong``."""
    if unknown := [each for each in wanted or () if each not in set(CLASSES)]:
        raise InputWrong(f"{unknown[0][:20]!r} is no class: they are A, B and C.", path="filter.abcClasses")
    return None if wanted is None else tuple(dict.fromkeys(wanted))


def scores(wanted: RfmFilter | None) -> tuple[filters.ScoreRange, ...]:
    """What the store is asked for."""
    if wanted is None:
        return ()
    given = (("recency", wanted.recency), ("frequency", wanted.frequency), ("monetary", wanted.monetary))
    return tuple(filters.ScoreRange(name, each.min, each.max) for name, each in given if each is not None)
