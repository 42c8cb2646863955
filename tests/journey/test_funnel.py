"""Funnels: small ones by hand, any by trying every way of every customer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hub.journey.funnel import Changes, Doings, Stay, funnel, stages

Doing = tuple[int, int, int]
"""Customer, time, number of the touchpoint."""


def doings(rows: Sequence[Doing]) -> Doings:
    return Doings(*(np.array([row[place] for row in rows], np.int64) for place in range(3)))


def waits(*steps: Sequence[Doing], within: int | None = None) -> list[list[int]]:
    return [sorted(each.tolist()) for each in funnel([doings(step) for step in steps], within)]


def test_steps_are_done_in_their_order() -> None:
    form = [(1, 10, 1), (2, 10, 2), (3, 10, 3)]
    quote = [(1, 15, 4), (2, 5, 5), (3, 40, 6)]
    order = [(1, 18, 7), (2, 30, 8)]
    assert waits(form, quote, order) == [[0, 0, 0], [5, 30], [3]]


def test_a_touchpoint_is_one_step_only() -> None:
    mails = [(1, 10, 1), (2, 10, 2), (2, 12, 3)]
    assert waits(mails, mails) == [[0, 0], [2]]


def test_what_is_only_known_to_the_day_counts_in_the_order_asked_for() -> None:
    quote, invoice = [(1, 12, 9)], [(1, 12, 4)]
    assert waits(quote, invoice) == [[0], [0]]
    assert waits(invoice, quote) == [[0], [0]]


def test_a_later_beginning_may_come_further_within_a_span() -> None:
    visit, form, order = [(1, 0, 1), (1, 20, 2)], [(1, 25, 3)], [(1, 28, 4)]
    assert waits(visit, form, order, within=10) == [[0], [5], [3]]
    assert waits(visit, form, order, within=7) == [[0], [5], []]
    assert waits(visit, form, order) == [[0], [25], [3]]


def test_nobody_is_in_a_funnel_of_nothing() -> None:
    assert waits([], []) == [[], []]
    assert waits([], [(1, 5, 1)]) == [[], []]


def every_way(steps: Sequence[Sequence[Doing]], customer: int, within: int | None) -> list[int]:
    """Times of the way that counts: the furthest, then the earliest by its steps' places in the order of all."""
    earliest: dict[int, int] = {}
    for number, step in enumerate(steps):
        for _, _, touchpoint in step:
            earliest.setdefault(touchpoint, number)

    def place(doing: Doing) -> tuple[int, int, int]:
        return doing[1], earliest[doing[2]], doing[2]

    own = [[doing for doing in step if doing[0] == customer] for step in steps]
    for depth in range(len(steps), 0, -1):
        ways = [
            way
            for way in product(*own[:depth])
            if all(place(a) < place(b) for a, b in pairwise(way))
            and (within is None or way[-1][1] - way[0][1] <= within)
        ]
        if ways:
            return [doing[1] for doing in min(ways, key=lambda way: [place(doing) for doing in way])]
    return []


@st.composite
def some_steps(draw: st.DrawFn) -> list[list[Doing]]:
    """Each touchpoint has one customer and one time, and fits some of the steps."""
    steps: list[list[Doing]] = [[] for _ in range(draw(st.integers(1, 4)))]
    for number in draw(st.permutations(range(draw(st.integers(0, 14))))):
        doing = (draw(st.integers(0, 2)), draw(st.integers(-10, 10)), number)
        for fits in draw(st.sets(st.sampled_from(range(len(steps))))):
            steps[fits].append(doing)
    return steps


@given(some_steps(), st.none() | st.integers(0, 20))
def test_the_way_that_counts_is_found_among_all(steps: list[list[Doing]], within: int | None) -> None:
    expected: list[list[int]] = [[] for _ in steps]
    for customer in range(3):
        times = every_way(steps, customer, within)
        for place, (before, at) in enumerate(zip([*times[:1], *times], times, strict=False)):
            expected[place].append(at - before)
    assert waits(*steps, within=within) == [sorted(each) for each in expected]


def stays(*rows: Doing) -> list[tuple[int, int, list[int], list[int], int]]:
    """Who came so far, were in it, how long after the stage before, how long they stayed, who still are in it."""

    def read(stay: Stay) -> tuple[int, int, list[int], list[int], int]:
        return stay.reached, stay.entered, sorted(stay.waits.tolist()), sorted(stay.stays.tolist()), stay.still

    return [read(each) for each in stages(Changes(*(np.array([r[p] for r in rows], np.int64) for p in range(3))), 3)]


def test_the_stages_of_customers_are_a_funnel() -> None:
    assert stays((1, 0, 0), (1, 10, 1), (1, 30, 2), (2, -5, 0), (3, 7, 2), (4, 0, 0), (4, 5, 2)) == [
        (4, 3, [], [5, 10], 1),
        (3, 1, [5, 10], [20], 0),  # the third came further at once, the fourth too
        (3, 3, [20], [], 3),
    ]


def test_who_falls_back_and_returns_stayed_twice_and_reached_once() -> None:
    assert stays((1, 0, 0), (1, 10, 1), (1, 12, 0), (1, 20, 1), (1, 21, -1)) == [
        (1, 1, [], [8, 10], 0),
        (1, 1, [10], [1, 2], 0),
        (0, 0, [], [], 0),
    ]


def test_nobody_has_been_in_a_stage() -> None:
    assert stays() == [(0, 0, [], [], 0)] * 3
