"""Stays in states, counted in blocks by columns, come to what a plain walk over each matter comes to."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from statistics import mean, median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.journey.pipelines import Pipelines, Stays

STATES = 4
Path = list[tuple[int, int]]
"""(state, how long) of the stays of one matter; the last has not ended."""

paths = st.lists(st.lists(st.tuples(st.integers(0, STATES - 1), st.integers(0, 10**12)), min_size=1, max_size=6))


def columns(first: int, some: list[Path]) -> Stays:
    rows = [
        (first + number, position, state, -1 if position == len(path) - 1 else lasted, len(path) % 2, 1, 0)
        for number, path in enumerate(some)
        for position, (state, lasted) in enumerate(path)
    ]
    return Stays(*np.array(rows, np.int64).reshape(-1, 7).T)


@given(paths, st.integers(1, 5))
def test_columns_come_to_what_a_walk_comes_to(some: list[Path], size: int) -> None:
    found = Pipelines(STATES)
    for start in range(0, len(some), size):
        found.add(columns(start, some[start : start + size]))
    reached: dict[int, list[Path]] = defaultdict(list)
    stays: dict[int, list[int]] = defaultdict(list)
    waits: dict[tuple[int, int], list[int]] = defaultdict(list)
    steps: dict[tuple[int, int], set[int]] = defaultdict(set)
    for number, path in enumerate(some):
        for state in {state for state, _ in path}:
            reached[state].append(path)
        for (state, lasted), (following, _) in pairwise(path):
            stays[state].append(lasted)
            waits[state, following].append(lasted)
            steps[state, following].add(number)
    assert found.reached.tolist() == [len(reached[state]) for state in range(STATES)]
    assert found.won.tolist() == found.reached.tolist()
    assert found.now.tolist() == [sum(len(path) % 2 for path in reached[state]) for state in range(STATES)]
    for state, through in reached.items():
        firsts = [[each for each, _ in path].index(state) for path in through]
        if through:
            assert found.place(state) == sum(firsts) / len(firsts)
        taken = [(to, len(steps[state, to])) for to in range(STATES) if steps[state, to]]
        assert list(found.taken(state)) == taken
    means, medians, by_step = found.lengths()
    assert means == pytest.approx({state: mean(lasted) for state, lasted in stays.items()})
    assert medians == {state: float(median(lasted)) for state, lasted in stays.items()}
    assert by_step == {step: float(median(lasted)) for step, lasted in waits.items()}
