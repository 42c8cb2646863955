"""Who gets the credit for a conversion: first, last, linear, position, time decay, Shapley, Markov.

All but Markov share each path's conversions among its own touches, so paths may come in any number of batches. Each
model conserves the total: what all keys get is what all paths with a touch brought. Formulas: docs/attribution.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from hub.journey.choices import AttributionModel
from hub.journey.removal import removal_effects

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
Number = TypeVar("Number", np.int64, np.float64)

HALF_LIFE: Final = 7.0
"""Days after which a touch weighs half in time decay, unless asked otherwise."""
ENDS: Final = 0.4
"""What the first and the last touch get by position; those between share the rest."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Paths in columns. Path ``i`` has the touches ``starts[i]:starts[i + 1]``, oldest first.

    ``keys``: the number of the channel (or campaign) of each touch; ``ages``: days from the touch to the path's end;
    ``weights``: how many journeys went this way; ``converted``: whether they ended with a conversion each, or led
    nowhere; ``amounts``: what they brought together, minor units, 0 where they led nowhere.
    """

    keys: Integers
    ages: Floats
    starts: Integers
    weights: Integers
    converted: NDArray[np.bool_]
    amounts: Integers

    @property
    def lengths(self) -> Integers:
        """Touches of each path."""
        return np.diff(self.starts)

    @property
    def conversions(self) -> Integers:
        """Conversions of each path."""
        return self.weights * self.converted

    @property
    def owners(self) -> Integers:
        """The path of each touch."""
        return np.repeat(np.arange(self.lengths.size), self.lengths)


@dataclass(frozen=True, slots=True)
class Attribution:
    """What each key gets: conversions, and amounts in minor units.

    They sum up to the totals less what was ``untouched``: paths that have no touch. ``paths`` counts all paths.
    ``effects``: the removal effect of each key, of the Markov model only.
    """

    conversions: Floats
    amounts: Floats
    paths: int
    total: int
    total_amount: int
    untouched: int
    untouched_amount: int
    effects: Floats | None = None


class Credits:
    """Attribution of paths that are taken batch by batch. ``half_life`` in days."""

    def __init__(self, model: AttributionModel, half_life: float = HALF_LIFE) -> None:
        self._model = model
        self._half_life = half_life
        self._sums = np.zeros(5, np.int64)
        self._credits = np.zeros((2, 0))
        self._steps = np.zeros((1, 2), np.int64)

    def take(self, paths: Paths, keys: int) -> None:
        """Count these paths too. ``keys``: how many keys are numbered so far, from 0 on."""
        conversions, untouched = paths.conversions, paths.lengths == 0
        self._sums += [
            int(each.sum())
            for each in (paths.weights, conversions, paths.amounts, conversions[untouched], paths.amounts[untouched])
        ]
        if self._model is AttributionModel.MARKOV:
            self._steps = _grown(self._steps, (keys + 1, keys + 2)) + steps(paths, keys)
            return
        owners, shares = paths.owners, SHARES[self._model](paths, self._half_life)
        brought = (conversions[owners], paths.amounts[owners])
        found = np.array([np.bincount(paths.keys, shares * each, keys) for each in brought])
        self._credits = _grown(self._credits, found.shape) + found

    def result(self) -> Attribution:
        """What everything that was taken comes to."""
        paths, total, total_amount, untouched, untouched_amount = (int(each) for each in self._sums)
        (conversions, amounts), effects = self._credits, None
        if self._model is AttributionModel.MARKOV:
            effects = removal_effects(self._steps)
            shares = effects / effects.sum() if effects.any() else effects
            conversions, amounts = shares * (total - untouched), shares * (total_amount - untouched_amount)
        return Attribution(conversions, amounts, paths, total, total_amount, untouched, untouched_amount, effects)


def _grown(array: NDArray[Number], shape: tuple[int, ...]) -> NDArray[Number]:
    """The array with zeros at its ends."""
    return np.pad(array, [(0, size - old) for size, old in zip(shape, array.shape, strict=True)])


def _first(paths: Paths, _: float) -> Floats:
    return _at(paths, paths.starts[:-1])


def _last(paths: Paths, _: float) -> Floats:
    return _at(paths, paths.starts[1:] - 1)


def _at(paths: Paths, places: Integers) -> Floats:
    shares = np.zeros(paths.keys.size)
    shares[places[paths.lengths > 0]] = 1.0
    return shares


def _linear(paths: Paths, _: float) -> Floats:
    return 1.0 / paths.lengths[paths.owners]


def _position(paths: Paths, _: float) -> Floats:
    lengths = paths.lengths
    between = (1 - 2 * ENDS) / np.maximum(lengths - 2, 1)
    shares = between[paths.owners]
    shares[paths.starts[:-1][lengths > 0]] = np.where(lengths > 2, ENDS, 1.0 / np.maximum(lengths, 1))[lengths > 0]
    shares[paths.starts[1:][lengths > 1] - 1] = np.where(lengths > 2, ENDS, 0.5)[lengths > 1]
    return shares


def _time_decay(paths: Paths, half_life: float) -> Floats:
    owners, count = paths.owners, paths.lengths.size
    latest = np.full(count, np.inf)
    np.minimum.at(latest, owners, paths.ages)
    # Against the latest touch of the path, so that a path of old touches does not come to 0 / 0.
    weights: Floats = np.exp2(-(paths.ages - latest[owners]) / half_life)
    return weights / np.bincount(owners, weights, count)[owners]


def _shapley(paths: Paths, _: float) -> Floats:
    """The value of a coalition is what paths brought that need no other key.

    That game is a sum of unanimity games, one for each set of keys, and in those the Shapley value is an equal share.
    So it is exact for any number of keys, without walking their subsets.
    """
    owners = paths.owners
    order = np.lexsort((paths.keys, owners))
    fresh = np.ones(order.size, bool)
    fresh[1:] = (np.diff(owners[order]) != 0) | (np.diff(paths.keys[order]) != 0)
    once = np.zeros(order.size)
    once[order] = fresh
    return once / np.bincount(owners, once, paths.lengths.size)[owners]


SHARES: Final[dict[AttributionModel, Callable[[Paths, float], Floats]]] = {
    AttributionModel.FIRST: _first,
    AttributionModel.LAST: _last,
    AttributionModel.LINEAR: _linear,
    AttributionModel.POSITION: _position,
    AttributionModel.TIME_DECAY: _time_decay,
    AttributionModel.SHAPLEY: _shapley,
}
"""What part of its path's conversions each touch gets; the parts of a path sum up to 1."""


def steps(paths: Paths, keys: int) -> Integers:
    """How often the start (row 0) and each key were followed by a conversion, by nothing (columns 0, 1), by each key.

    Paths without a touch pass no key and are left out.
    """
    lengths, weights = paths.lengths, paths.weights
    touched = lengths > 0
    before = np.zeros(paths.keys.size, np.int64)
    before[1:] = paths.keys[:-1] + 1
    before[paths.starts[:-1][touched]] = 0
    last = paths.keys[paths.starts[1:][touched] - 1] + 1
    width = keys + 2
    places = np.concatenate((before * width + paths.keys + 2, last * width + ~paths.converted[touched]))
    counts = np.concatenate((weights[paths.owners], weights[touched]))
    found: Integers = np.bincount(places, counts, (keys + 1) * width).astype(np.int64)
    return found.reshape(keys + 1, width)


def apportioned(parts: Floats | Sequence[float], total: int) -> list[int]:
    """Whole numbers near ``parts`` that sum up to ``total``: largest remainder first, then the earlier one.

    ``parts`` sum up to ``total`` but for their last digits, and to more than nothing unless it is nothing.
    """
    exact = np.asarray(parts, np.float64)
    if total:
        exact = exact * (total / exact.sum())
    whole = np.floor(exact)
    # Remainders that differ by the noise of floating point alone are equal.
    order = np.argsort(-np.round(exact - whole, 6), kind="stable")
    found = whole.astype(np.int64)
    lacking = total - int(found.sum())
    found[order[:lacking] if lacking >= 0 else order[lacking:]] += np.sign(lacking)
    return [int(each) for each in found]
