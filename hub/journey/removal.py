"""Removal effects of a first-order Markov chain of touches (Anderl, Becker, von Wangenheim, Schumann 2016)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def removal_effects(steps: NDArray[np.int64]) -> NDArray[np.float64]:
    """By what part fewer journeys would convert without each key, exactly.

    ``steps``: how often the start (row 0) and each key were followed by a conversion (column 0), by nothing (column 1)
    and by each key. Whoever would have come to a removed key is lost.

    Losing a key loses the journeys that pass it and convert later: the chance to reach it, times the chance to
    convert from there. Both stand in the fundamental matrix N of the chain, so no system is solved for each key:
    the chance to ever reach k from s is N[s, k] / N[k, k] (Kemeny and Snell 1960, theorem 3.5.7).
    """
    effects = np.zeros(len(steps) - 1)
    passed = np.flatnonzero(steps.sum(axis=1))
    if not steps[:, 0].any():
        return effects
    chances = steps[passed] / steps[passed].sum(axis=1, keepdims=True)
    stays = chances[:, passed + 1]
    stays[:, 0] = 0.0  # that column is of those whom nothing followed; to the start nobody returns
    fundamental = np.linalg.inv(np.eye(passed.size) - stays)
    converts = fundamental @ chances[:, 0]
    reaches = fundamental[0] / np.diag(fundamental)
    effects[passed[1:] - 1] = (reaches * converts / converts[0])[1:]
    return effects
