"""Finding probable duplicates in a hub's own customers: what is told of them, scored, and joins that were refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from importlib import import_module
from math import log2
from typing import TYPE_CHECKING, Any

import orjson

from hub.errors import ConfigWrong
from hub.identity.likeness import Likeness, likeness
from hub.identity.normalise import RANKS, UNIQUE, Canonical
from hub.ids import suggestion_id
from hub.store.session import Session
from hub.store.writing import suggestions
from hub.store.writing.suggestions import Told
from hub.values import Identifier, Side

if TYPE_CHECKING:
    from hub.identity.suggest import Evidence, Suggestion

THRESHOLD = 0.2
"""From this probability on a pair is suggested: the best one where rules have joined the plain cases already."""
MOST_SHARING = 10
"""Nameless touchpoints of a phone that more customers share say too little of any of them."""
BIT = 1_000_000
"""Weights are stored in millionths of a bit."""


class SuggestionReason(StrEnum):
    """Why something is suggested."""

    ALIKE = "ALIKE"
    UNIQUE = "UNIQUE"
    SIZE = "SIZE"
    SHARED_PHONE = "SHARED_PHONE"


Row = tuple[Any, ...]
"""A row of the table, in the order of its ``COLUMNS``."""
Pair = tuple[str, str]


def needed() -> None:
    """Raise ``ConfigWrong`` where the extra that scores is not installed."""
    try:
        import_module("hub.identity.suggest")
    except ImportError:
        raise ConfigWrong(
            "Finding probable duplicates needs an extra that is not installed here.",
            hint="pip install 'journey-hub[suggestions]'",
        ) from None


def find(session: Session, side: Side, threshold: float | None, at: int, told: Callable[[float], None]) -> list[Row]:
    """The suggestions of one side, most probable first, as rows of the table. Reads; writes nothing.

    ``told`` hears which share is done, 0 to 1. Memory grows with the customers (a few kilobytes each), not with their
    touchpoints.
    """
    from hub.identity.suggest import suggest

    known = []
    for part in suggestions.told(session, side):
        known += [_likeness(each, side) for each in part]
        told(0.0)
    joins = _refused(session, side)
    told(0.1)
    scored = suggest(
        known, THRESHOLD if threshold is None else threshold, also=joins, told=lambda share: told(0.1 + 0.9 * share)
    )
    return [_pair(each, side, at, joins) for each in scored.found] + _phones(session, side, at)


def _likeness(known: Told, side: Side) -> Likeness:
    """A firm is compared by its own name; by its people's where nobody told that."""
    held = [
        Canonical(Identifier(kind, value, namespace), RANKS.get(kind, 20))
        for kind, namespace, value in known.identifiers
    ]
    traits = [(name, orjson.loads(value)) for name, value in known.traits]
    named = "company" if side is Side.ORGANISATION and any(name == "company" for name, _ in traits) else "name"
    unnamed = {"name", "company"} - {named}
    return likeness(
        known.id, held, [{"name" if name == named else name: value} for name, value in traits if name not in unnamed]
    )


def _refused(session: Session, side: Side) -> dict[Pair, tuple[SuggestionReason, str]]:
    """Pairs of customers that the rule kept apart though they share an identifier, why, and which it is."""
    found: dict[Pair, str] = {}
    for part in suggestions.refused(session, side):
        for a, b, identifier in part:
            pair = (a, b) if a < b else (b, a)
            found[pair] = min(identifier, found.get(pair, identifier))
    held = suggestions.unique_values(session, sorted({one for pair in found for one in pair}), sorted(UNIQUE))
    return {
        (a, b): (_why(held.get(a, {}), held.get(b, {})), identifier) for (a, b), identifier in sorted(found.items())
    }


def _why(a: Mapping[tuple[str, str], str], b: Mapping[tuple[str, str], str]) -> SuggestionReason:
    if any(b.get(group, value) != value for group, value in a.items()):
        return SuggestionReason.UNIQUE
    return SuggestionReason.SIZE


def _phones(session: Session, side: Side, at: int) -> list[Row]:
    """Nameless touchpoints of a shared phone, once for each customer who shares it.

    Nothing says which of them it was, or whether it was somebody else: all are as probable.
    """
    return [
        _row(customer, identifier, side, SuggestionReason.SHARED_PHONE, identifier, -log2(len(sharing)), (), at)
        for identifier, sharing in suggestions.nameless_phones(session, side, MOST_SHARING)
        for customer in sharing
    ]


def _pair(found: Suggestion, side: Side, at: int, joins: Mapping[Pair, tuple[SuggestionReason, str]]) -> Row:
    reason, identifier = joins.get((found.a, found.b), (SuggestionReason.ALIKE, None))
    return _row(found.a, found.b, side, reason, identifier, found.weight, found.because, at)


def _row(
    a: str, b: str, side: Side, reason: SuggestionReason, identifier: str | None, weight: float,
    because: Iterable[Evidence], at: int,
) -> Row:  # fmt: skip
    other = None if b == identifier else b
    levels = orjson.dumps([_level(each) for each in because]).decode()
    return (suggestion_id(a, b), side.value, a, other, identifier, reason.value, round(weight * BIT), levels, at)


def _level(each: Evidence) -> dict[str, object]:
    return {
        "comparison": each.comparison,
        "level": each.level,
        "weight": round(each.weight, 6),
        "rarity": round(each.rarity, 6),
        "a": each.a,
        "b": each.b,
    }
