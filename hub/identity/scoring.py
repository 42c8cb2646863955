"""Fellegi and Sunter's model of record linkage: what each level of likeness weighs.

m is how often two likenesses of one customer have a level, u how often two of different customers do; the weight of a
level is log2(m / u), and weights add up. u comes from random pairs, m from expectation maximisation over the pairs of
each blocking rule, as in Splink (Fellegi and Sunter 1969; Winkler 1988 for EM; Linacre and others 2022 in all).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hub.identity.blocking import Blocking, Codes
from hub.identity.compare import COMPARISONS, Comparison
from hub.identity.likeness import Likeness

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]

Shares = dict[str, tuple[float, ...]]
"""How often each level of each comparison occurs."""

MISSING = -1
"""The level of a pair of which one side has no value."""
SAMPLE = 100_000
"""Random pairs that u is counted on; all pairs when there are fewer."""
PRIOR = 10.0
"""The expected m of a comparison counts as so many pairs, so that a small hub has sensible weights too."""
ROUNDS = 100
SEED = 1969


@dataclass(frozen=True, slots=True)
class Model:
    """What was learned. ``prior``: how often two random likenesses are one customer; ``m`` and ``u`` by comparison."""

    prior: float
    m: Shares
    u: Shares


@dataclass(frozen=True, slots=True)
class Compared:
    """Pairs, the level of each under each comparison, and how much more the agreeing values weigh than usual ones."""

    codes: Codes
    levels: Levels
    rarity: Floats


class Table:
    """Likenesses in the order of their ids, with each field's distinct values numbered."""

    def __init__(self, likenesses: Iterable[Likeness]) -> None:
        self.likenesses = sorted(likenesses, key=lambda each: each.id)
        self._values: dict[str, list[tuple[str, ...]]] = {}
        self._numbers: dict[str, NDArray[np.int64]] = {}
        self._frequency: dict[str, Counter[str]] = {}
        self._usual: dict[str, float] = {}
        for comparison in COMPARISONS:
            self._number(comparison)

    def _number(self, comparison: Comparison) -> None:
        seen: dict[tuple[str, ...], int] = {(): MISSING}
        told = [getattr(each, comparison.field) for each in self.likenesses]
        self._numbers[comparison.name] = np.array([seen.setdefault(each, len(seen) - 1) for each in told], np.int64)
        self._values[comparison.name] = list(seen)[1:]
        counts = Counter(term for each in told for term in {term for value in each for term in comparison.terms(value)})
        self._frequency[comparison.name] = counts
        total = max(sum(counts.values()), 1)
        self._usual[comparison.name] = sum((count / total) ** 2 for count in counts.values())

    def compare(self, codes: Codes) -> Compared:
        """The levels of these pairs. Equal values are compared once, however many pairs have them."""
        left, right = np.divmod(codes, max(len(self.likenesses), 1))
        levels = np.full((len(codes), len(COMPARISONS)), MISSING, np.int8)
        rarity = np.zeros((len(codes), len(COMPARISONS)))
        for column, comparison in enumerate(COMPARISONS):
            numbers, values = self._numbers[comparison.name], self._values[comparison.name]
            a, b = numbers[left], numbers[right]
            there = (a >= 0) & (b >= 0)
            n = max(len(values), 1)
            distinct, inverse = np.unique(np.minimum(a, b)[there] * n + np.maximum(a, b)[there], return_inverse=True)
            found = [comparison.best(values[code // n], values[code % n]) for code in distinct.tolist()]
            levels[there, column] = np.array([level for level, _ in found], np.int8)[inverse]
            rarity[there, column] = np.array([self._rarity(comparison, same) for _, same in found])[inverse]
        return Compared(codes, levels, rarity)

    def _rarity(self, comparison: Comparison, same: tuple[str, ...]) -> float:
        """log2 of how much rarer the agreeing terms are than two random terms that agree."""
        if not same:
            return 0.0
        counts, usual = self._frequency[comparison.name], self._usual[comparison.name]
        total = counts.total()
        return float(sum(np.log2(usual * total / counts[term]) for term in same))

    def random_pairs(self) -> Codes:
        """Distinct pairs drawn at random, always the same for the same ids."""
        n = len(self.likenesses)
        if n * (n - 1) // 2 <= SAMPLE:
            left, right = np.triu_indices(n, 1)
        else:
            drawn = np.random.default_rng(SEED).integers(0, n, (2, SAMPLE))
            left, right = np.sort(drawn, axis=0)
        codes = left.astype(np.int64) * n + right
        return np.unique(codes[left != right])


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
        m = _learn(blocked, compared, u)
        model = Model(0.5, m, u)
        model = replace(model, prior=_prior(weights(model, compared).sum(axis=1), n * (n - 1) / 2))
        different = 1 - probability(weights(model, drawn).sum(axis=1), model.prior)
    return model


def _shares(levels: Levels, counted: Floats) -> Shares:
    """How often pairs have each level; half a pair at each, so that none is impossible."""
    found = {}
    for column, comparison in enumerate(COMPARISONS):
        there = levels[:, column] >= 0
        counts = np.bincount(levels[there, column], counted[there], len(comparison.levels)) + 0.5
        found[comparison.name] = tuple((counts / counts.sum()).tolist())
    return found


def _learn(blocked: Sequence[tuple[Blocking, Codes]], compared: Compared, u: Shares) -> Shares:
    """m of every comparison, from the pairs of the rules that do not decide it."""
    counts = [PRIOR * np.array([level.m for level in each.levels]) for each in COMPARISONS]
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
    patterns, times = np.unique(rows, axis=0, return_counts=True)
    share, start = 0.1, [PRIOR * each for each in m]
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
        found[there, column] = weight[seen[there]] + compared.rarity[there, column]
    return found


def probability(weight: Floats, prior: float) -> Floats:
    """That a pair of this weight is one customer."""
    return 1 / (1 + np.exp2(np.clip(-weight, -300, 300)) * (1 - prior) / prior)


def _prior(weight: Floats, pairs: float) -> float:
    """The share of all pairs that are one customer, such that the blocked pairs' probabilities sum up to it."""
    prior = 1 / max(pairs, 2)
    for _ in range(ROUNDS):
        before, prior = prior, float(np.clip(probability(weight, prior).sum() / max(pairs, 2), 1e-12, 0.5))
        if abs(prior - before) < 1e-3 * before:
            break
    return prior
