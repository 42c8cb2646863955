"""Fellegi and Sunter's model of record linkage: what each level of likeness weighs.

m is how often two likenesses of one customer have a level, u how often two of different customers do; the weight of a
level is log2(m / u), and weights add up. u comes from random pairs, m from expectation maximisation over the pairs of
each blocking rule, as in Splink (Fellegi and Sunter 1969; Winkler 1988 for EM; Linacre and others 2022 in all).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hub.identity.blocking import Blocking, Codes
from hub.identity.compare import COMPARISONS
from hub.identity.table import Compared, Floats, Levels, Table

Shares = dict[str, tuple[float, ...]]
"""How often each level of each comparison occurs."""

PRIOR_MATCHES, PRIOR_PAIRS = 1000.0, 100.0
"""What is expected of m and u before any data counts as so many pairs. A small hub has sensible weights so; and where
the rules have joined the plain cases already, families sharing a phone are not taken for the pattern of a match."""
EXPECTED = 0.05
"""The share of likenesses that are expected to be somebody's second one, before any data speaks."""
FEWEST = 50
"""The pairs of fewer likenesses do not teach what one customer's are like: m stays as it is expected."""
MOST_LEVELS = 16
"""More than any comparison has."""
ROUNDS = 100
"""Expectation maximisation stops after so many, if it has not settled before."""


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned. ``prior``: how often two random likenesses are one customer; ``m`` and ``u`` by comparison."""

    prior: float
    m: Shares
    u: Shares


def fit(table: Table, blocked: Sequence[tuple[Blocking, Codes]], compared: Compared) -> Model:
    """Learn from the data alone. ``compared`` holds every blocked pair.

    In the second round the random pairs that look like one customer no longer count for u.
    """
    n = len(table.likenesses)
    drawn = table.compare(table.random_pairs())
    different = np.ones(len(drawn.codes))
    model = Model(0.5, {}, {})
    for _ in range(2):
        u = _shares(drawn.levels, different)
        m = _learn(blocked if n >= FEWEST else (), compared, u)
        model = Model(0.5, m, u)
        model = replace(model, prior=_prior(weights(model, compared).sum(axis=1), n * (n - 1) / 2, n))
        different = 1 - probability(weights(model, drawn).sum(axis=1), model.prior)
    return model


def _shares(levels: Levels, counted: Floats) -> Shares:
    """How often pairs have each level: as counted, beside the pairs expected before, and half a pair at each level."""
    found = {}
    for column, comparison in enumerate(COMPARISONS):
        there = levels[:, column] >= 0
        counts = np.bincount(levels[there, column], counted[there], len(comparison.levels)) + 0.5
        counts += PRIOR_PAIRS * np.array([level.u for level in comparison.levels])
        found[comparison.name] = tuple((counts / counts.sum()).tolist())
    return found


def _learn(blocked: Sequence[tuple[Blocking, Codes]], compared: Compared, u: Shares) -> Shares:
    """m of every comparison, from the pairs of the rules that do not decide it."""
    counts = [PRIOR_MATCHES * np.array([level.m for level in each.levels]) for each in COMPARISONS]
    start = [count / count.sum() for count in counts]
    for rule, codes in blocked:
        columns = [column for column, each in enumerate(COMPARISONS) if each.name not in rule.decides]
        rows = compared.levels[np.searchsorted(compared.codes, codes)][:, columns]
        usual = [np.array(u[COMPARISONS[column].name]) for column in columns]
        learned = expect(rows, [start[column] for column in columns], usual)
        for column, more in zip(columns, learned, strict=True):
            counts[column] = counts[column] + more
    return {each.name: tuple((count / count.sum()).tolist()) for each, count in zip(COMPARISONS, counts, strict=True)}


def expect(rows: Levels, m: Sequence[Floats], u: Sequence[Floats]) -> list[Floats]:
    """Expectation maximisation of m and of the share of matches, u staying: expected matches at each level."""
    if not len(rows):
        return [np.zeros(len(each)) for each in m]
    # As one number a row: sorted much faster than rows are, and without keeping other threads waiting.
    codes = (rows.astype(np.int64) + 1) @ (MOST_LEVELS ** np.arange(rows.shape[1]))
    _, places, times = np.unique(codes, return_index=True, return_counts=True)
    patterns = rows[places]
    share, start = 0.1, [PRIOR_MATCHES * each for each in m]
    counts: list[Floats] = []
    for _ in range(ROUNDS):
        odds = np.full(len(patterns), share / (1 - share))
        for column in range(len(m)):
            there = patterns[:, column] >= 0
            odds[there] *= (m[column] / u[column])[patterns[there, column]]
        matches = times * odds / (1 + odds)
        before, share = share, float(np.clip((matches.sum() + 0.1) / (times.sum() + 1), 1e-9, 1 - 1e-9))
        counts = [
            np.bincount(seen[seen >= 0], matches[seen >= 0], len(each)).astype(np.float64)
            for seen, each in zip(patterns.T, m, strict=True)
        ]
        m = [(more + few) / (more + few).sum() for more, few in zip(counts, start, strict=True)]
        if abs(share - before) < 1e-6:
            break
    return counts


def weights(model: Model, compared: Compared) -> Floats:
    """log2(m / u) of each pair under each comparison, with the rarity of what agrees; 0 where a side has no value."""
    found = np.zeros(compared.rarity.shape)
    for column, comparison in enumerate(COMPARISONS):
        seen = compared.levels[:, column]
        there = seen >= 0
        weight = np.log2(np.array(model.m[comparison.name]) / np.array(model.u[comparison.name]))
        weight = np.minimum(weight, [level.most for level in comparison.levels])
        found[there, column] = weight[seen[there]] + compared.rarity[there, column]
    return found


def probability(weight: Floats, prior: float) -> Floats:
    """That a pair of this weight is one customer."""
    return 1 / (1 + np.exp2(np.clip(-weight, -300, 300)) * (1 - prior) / prior)


def _prior(weight: Floats, pairs: float, likenesses: int) -> float:
    """The share of all pairs that are one customer, such that the blocked pairs' probabilities sum up to it.

    Before any data says so, ``EXPECTED`` of the likenesses are there twice: in a small hub, and in one without
    duplicates, the prior must not vanish.
    """
    expected = 0.5 + EXPECTED * likenesses
    pairs += 1 + 2 * expected
    prior = expected / pairs
    for _ in range(ROUNDS):
        before, prior = prior, float(min((probability(weight, prior).sum() + expected) / pairs, 0.5))
        if abs(prior - before) < 1e-3 * before:
            break
    return prior
