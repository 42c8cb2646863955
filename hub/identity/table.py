"""Likenesses as columns of numbered values, so that many pairs are compared at once and equal values only once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.identity.blocking import Codes
from hub.identity.compare import COMPARISONS, Comparison
from hub.identity.likeness import Likeness

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]

MISSING = -1
"""The level of a pair of which one side has no value."""
SAMPLE = 100_000
"""How many random pairs are drawn; all pairs when there are fewer."""
SEED = 1969


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

    def codes(self, pairs: Iterable[tuple[str, str]]) -> Codes:
        """Pairs of ids as pairs of places; what is no likeness here is passed over."""
        places = {likeness.id: place for place, likeness in enumerate(self.likenesses)}
        known = {tuple(sorted((places[a], places[b]))) for a, b in pairs if a != b and a in places and b in places}
        return np.array(sorted(left * len(places) + right for left, right in known), np.int64)

    def compare(self, codes: Codes, told: Callable[[float], None] = lambda _: None) -> Compared:
        """The levels of these pairs. Equal values are compared once, however many pairs have them.

        ``told`` hears which share of all the work of suggesting is done after each comparison.
        """
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
            told(0.2 + 0.5 * (column + 1) / len(COMPARISONS))
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
