"""Probable duplicates: pairs of customers that may be one, scored and explained, for a person to accept or refuse.

Nothing here joins anything: what comes out is a suggestion, and an accepted one becomes a link decision.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from hub.identity.blocking import RULES, blocks
from hub.identity.compare import COMPARISONS
from hub.identity.likeness import Likeness
from hub.identity.scoring import Model, fit, probability, weights
from hub.identity.table import Table


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one comparison says about a suggestion: its level, and the weight of that in bits, negative when against."""

    comparison: str
    level: str
    weight: float


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


def suggest(likenesses: Iterable[Likeness], threshold: float = 0.5, model: Model | None = None) -> Suggestions:
    """Score the pairs that share a blocking key; keep those at least as probable as ``threshold``.

    Without ``model`` one is fitted to these likenesses. Their order does not matter. A person and an organisation are
    never one customer: give the likenesses of one side at a time.
    """
    table = Table(likenesses)
    blocked = [(rule, blocks(table.likenesses, rule)) for rule in RULES]
    compared = table.compare(np.unique(np.concatenate([codes for _, codes in blocked])))
    model = model or fit(table, blocked, compared)
    each = weights(model, compared)
    score = probability(each.sum(axis=1), model.prior)
    start = float(np.log2(model.prior / (1 - model.prior)))
    found = []
    for row in np.flatnonzero(score >= threshold).tolist():
        left, right = divmod(int(compared.codes[row]), len(table.likenesses))
        because = tuple(
            Evidence(comparison.name, comparison.levels[level].label, float(each[row, column]))
            for column, comparison in enumerate(COMPARISONS)
            if (level := int(compared.levels[row, column])) >= 0
        )
        weight = start + float(each[row].sum())
        ids = table.likenesses[left].id, table.likenesses[right].id
        found.append(Suggestion(*ids, float(score[row]), weight, because))
    found.sort(key=lambda suggestion: (-suggestion.weight, suggestion.a, suggestion.b))
    return Suggestions(found, model)
