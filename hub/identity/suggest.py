"""Probable duplicates: pairs of customers that may be one, scored and explained, for a person to accept or refuse.

Nothing here joins anything: what comes out is a suggestion, and an accepted one becomes a link decision.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

import numpy as np

from hub.identity.blocking import RULES, Codes, blocks
from hub.identity.compare import COMPARISONS
from hub.identity.likeness import Likeness
from hub.identity.scoring import Model, fit, probability, weights
from hub.identity.table import Compared, Floats, Table

THRESHOLD = 0.5
"""From this probability on a pair is suggested: even odds, close to the best threshold of every labelled set."""

Told = Callable[[float], None]
"""Is told which share of the work is done, 0 to 1; to stop the work it raises."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one comparison says about a suggestion: its level, and the weight of that in bits, negative when against.

    ``rarity``: how much of the weight is there because what agrees is rare, or common; ``a``, ``b``: what was compared.
    """

    comparison: str
    level: str
    weight: float
    rarity: float
    a: tuple[str, ...]
    b: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two customers (``a`` < ``b``) that may be one. ``weight``, in bits: the sum of the prior's and of ``because``."""

    a: str
    b: str
    probability: float
    weight: float
    because: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The suggestions, most probable first, and the model that scored them."""

    found: list[Suggestion]
    model: Model


def suggest(
    likenesses: Iterable[Likeness],
    threshold: float = THRESHOLD,
    model: Model | None = None,
    *,
    also: Collection[tuple[str, str]] = (),
    told: Told = lambda _: None,
) -> Suggestions:
    """Score the pairs that share a blocking key; keep those at least as probable as ``threshold``.

    Pairs of ids in ``also`` are scored and kept whatever comes out. Without ``model`` one is fitted to these
    likenesses. Their order does not matter. A person and an organisation are never one customer: give the likenesses of
    one side at a time.
    """
    table = Table(likenesses)
    told(0.1)
    blocked = []
    for place, rule in enumerate(RULES, 1):
        blocked.append((rule, blocks(table.likenesses, rule)))
        told(0.1 + 0.1 * place / len(RULES))
    wanted = table.codes(also)
    compared = table.compare(np.unique(np.concatenate([wanted, *(codes for _, codes in blocked)])), told)
    model = model or fit(table, blocked, compared)
    told(0.9)
    each = weights(model, compared)
    score = probability(each.sum(axis=1), model.prior)
    found = _found(table, compared, np.flatnonzero((score >= threshold) | np.isin(compared.codes, wanted)), each, model)
    return Suggestions(found, model)


def _found(table: Table, compared: Compared, rows: Codes, each: Floats, model: Model) -> list[Suggestion]:
    start = float(np.log2(model.prior / (1 - model.prior)))
    score = probability(each.sum(axis=1), model.prior)
    found = []
    for row in rows.tolist():
        left, right = (table.likenesses[place] for place in divmod(int(compared.codes[row]), len(table.likenesses)))
        because = tuple(
            Evidence(
                comparison.name,
                comparison.levels[level].label,
                float(each[row, column]),
                float(compared.rarity[row, column]),
                getattr(left, comparison.field),
                getattr(right, comparison.field),
            )
            for column, comparison in enumerate(COMPARISONS)
            if (level := int(compared.levels[row, column])) >= 0
        )
        weight = start + float(each[row].sum())
        found.append(Suggestion(left.id, right.id, float(score[row]), weight, because))
    found.sort(key=lambda suggestion: (-suggestion.weight, suggestion.a, suggestion.b))
    return found
