"""The way of many matters from state to state: who reached which state, where they went next, and how long it took.

Stays come in blocks, so that memory does not grow with what the database holds beyond three numbers for each stay.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Stays:
    """Columns of stays in states, all those of a matter together and in order.

    ``state``: numbers of states, from 0. ``lasted``: microseconds, or -1 when the stay has not ended. ``now``, ``won``
    and ``lost`` are 1 where the matter is open and in this very state, ended WON, or ended LOST.
    """

    matter: Integers
    position: Integers
    state: Integers
    lasted: Integers
    now: Integers
    won: Integers
    lost: Integers


class Pipelines:
    """What is known of states and steps so far; ``states`` is how many states there may be."""

    def __init__(self, states: int) -> None:
        self._states = states
        self.reached = np.zeros(states, np.int64)
        self.now = np.zeros(states, np.int64)
        self.won = np.zeros(states, np.int64)
        self.lost = np.zeros(states, np.int64)
        self._places = np.zeros(states, np.int64)
        # People write states too: there may be more of them than a square of their number should have places.
        self._taken: dict[int, Counter[int]] = {}
        self._ended: list[tuple[Integers, Integers, Integers]] = []

    def add(self, stays: Stays) -> None:
        """Take one more block; no matter is in two of them."""
        if not len(stays.matter):
            return
        # The first stay of each matter in each state.
        _, first = np.unique(stays.matter * self._states + stays.state, return_index=True)
        begun = stays.state[first]
        self.reached += np.bincount(begun, minlength=self._states)
        for total, column in (
            (self.now, stays.now), (self.won, stays.won), (self.lost, stays.lost), (self._places, stays.position)
        ):  # fmt: skip
            np.add.at(total, begun, column[first])
        on = np.flatnonzero(stays.matter[1:] == stays.matter[:-1])
        step = stays.state[on] * self._states + stays.state[on + 1]
        _, taken = np.unique(stays.matter[on] * self._states**2 + step, return_index=True)
        for each, many in zip(*(found.tolist() for found in np.unique(step[taken], return_counts=True)), strict=True):
            state, following = divmod(each, self._states)
            self._taken.setdefault(state, Counter())[following] += many
        self._ended.append((stays.state[on], step, stays.lasted[on]))

    def place(self, state: int) -> float:
        """Where the state stands on the way: the mean position of the first stays in it."""
        return float(self._places[state] / self.reached[state])

    def lengths(self) -> tuple[dict[int, float], dict[int, float], dict[tuple[int, int], float]]:
        """Of stays that have ended, microseconds: the mean and the median by state, the median by step."""
        if not self._ended:
            return {}, {}, {}
        states, steps, lasted = (np.concatenate(column) for column in zip(*self._ended, strict=True))
        by_state = _parts(states, lasted)
        means = {state: float(np.mean(part)) for state, part in by_state.items()}
        medians = {state: float(np.median(part)) for state, part in by_state.items()}
        by_step = {divmod(step, self._states): float(np.median(part)) for step, part in _parts(steps, lasted).items()}
        return means, medians, by_step

    def taken(self, state: int) -> Sequence[tuple[int, int]]:
        """The states that matters went to next, and how many ever did."""
        return sorted(self._taken.get(state, Counter()).items())


def _parts(keys: Integers, values: Integers) -> dict[int, Any]:
    if not len(keys):
        return {}
    order = np.argsort(keys, kind="stable")
    found, starts = np.unique(keys[order], return_index=True)
    return dict(zip(found.tolist(), np.split(values[order], starts[1:]), strict=True))
