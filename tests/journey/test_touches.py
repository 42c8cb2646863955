"""Paths of touches, against a plain reckoning for each customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hub.journey.attribution import Paths
from hub.journey.touches import Conversions, Counted, Touches, paths

Touch = tuple[int, int, int]
Conversion = tuple[int, int, int]
Path = tuple[tuple[int, ...], bool, int]


def found(touches: Sequence[Touch], conversions: Sequence[Conversion], counted: Counted) -> Counter[Path]:
    return Counter(
        read(paths(Touches(*columns(touches)), Conversions(*columns(conversions)), counted)),
    )


def columns(rows: Sequence[tuple[int, int, int]]) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], ...]:
    return tuple(np.array([row[place] for row in rows], np.int64) for place in range(3))


def read(made: Paths) -> Iterator[Path]:
    for place, (begin, end) in enumerate(pairwise(made.starts)):
        assert (np.diff(made.ages[begin:end]) <= 0).all()
        yield tuple(made.keys[begin:end].tolist()), bool(made.converted[place]), int(made.amounts[place])


def expected(touches: Sequence[Touch], conversions: Sequence[Conversion], counted: Counted) -> Iterator[Path]:
    for who in {row[0] for row in [*touches, *conversions]}:
        own = sorted((at, key) for customer, at, key in touches if customer == who)
        bought = sorted((at, amount) for customer, at, amount in conversions if customer == who)
        for at, amount in bought[:1] if counted.first_only else bought:
            if counted.start <= at < counted.end:
                last = at + 1 if counted.at_once else at
                yield tuple(key for when, key in own if at - counted.lookback <= when < last), True, amount
        earlier = [at for at, _ in bought if at < counted.end]
        since = max(earlier, default=-1)
        left = [key for at, key in own if since < at < counted.end and at >= counted.end - counted.lookback]
        if left and not (earlier and counted.first_only):
            yield tuple(left), False, 0


def test_what_lies_within_the_lookback_before_a_purchase_is_its_path() -> None:
    touches = [(1, 10, 0), (1, 15, 1), (1, 20, 2), (1, 21, 3), (2, 18, 4)]
    counted = Counted(start=0, end=100, lookback=5)
    assert found(touches, [(1, 20, 900), (3, 30, 50)], counted) == Counter({((1, 2), True, 900): 1, ((), True, 50): 1})


def test_a_conversion_that_is_itself_a_touch_is_not_on_its_path() -> None:
    counted = Counted(start=0, end=100, lookback=50, at_once=False)
    assert found([(1, 10, 0), (1, 20, 1)], [(1, 20, 0)], counted) == Counter({((0,), True, 0): 1})


def test_touches_that_led_nowhere_so_far_are_a_path_too() -> None:
    counted = Counted(start=0, end=100, lookback=50)
    assert found([(1, 40, 0), (1, 60, 1), (2, 70, 2), (2, 90, 3)], [(2, 80, 5)], counted) == Counter(
        {((1,), False, 0): 1, ((2,), True, 5): 1, ((3,), False, 0): 1}
    )


# Few times and few customers, so that moments meet; keys by customer and time, so that the order of equals is known.
MOMENTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), max_size=25)


@given(MOMENTS, MOMENTS, st.booleans(), st.booleans(), st.integers(0, 25), st.integers(0, 12))
def test_paths_are_those_of_a_plain_reckoning(
    touched: list[tuple[int, int]],
    bought: list[tuple[int, int]],
    first_only: bool,
    at_once: bool,
    start: int,
    lookback: int,
) -> None:
    touches = [(who, at, who * 100 + at) for who, at in touched]
    conversions = [(who, at, at * 10) for who, at in bought]
    counted = Counted(start, start + 15, lookback, first_only, at_once)
    assert found(touches, conversions, counted) == Counter(expected(touches, conversions, counted))
