"""Attribution: exact cases, and every model against a slow and plain reckoning of its definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.journey.attribution import Attribution, Credits, Paths, apportioned
from hub.journey.choices import AttributionModel
from hub.journey.removal import removal_effects

MAIL, PHONE, WEB, SHOP = range(4)
KEYS = 4
SHARING = [model for model in AttributionModel if model is not AttributionModel.MARKOV]


@dataclass(frozen=True)
class Path:
    """``touches`` are (key, days before the end)."""

    touches: tuple[tuple[int, int], ...] = ()
    converted: bool = True
    amount: int = 0
    weight: int = 1

    @property
    def keys(self) -> list[int]:
        return [key for key, _ in self.touches]


def path(*keys: int, converted: bool = True, amount: int = 0, weight: int = 1) -> Path:
    return Path(tuple((key, len(keys) - place) for place, key in enumerate(keys)), converted, amount, weight)


def columns(paths: Sequence[Path]) -> Paths:
    touches = [touch for each in paths for touch in each.touches]
    return Paths(
        np.array([key for key, _ in touches], np.int64),
        np.array([age for _, age in touches], np.float64),
        np.cumsum([0, *(len(each.touches) for each in paths)]),
        np.array([each.weight for each in paths], np.int64),
        np.array([each.converted for each in paths], bool),
        np.array([each.amount for each in paths], np.int64),
    )


def attribute(model: AttributionModel, *paths: Path, half_life: float = 7.0) -> Attribution:
    credits_ = Credits(model, half_life)
    credits_.take(columns(paths), KEYS)
    return credits_.result()


@st.composite
def some_paths(draw: st.DrawFn) -> list[Path]:
    def one() -> Path:
        keys = draw(st.lists(st.integers(0, KEYS - 1), max_size=7))
        ages = sorted(draw(st.lists(st.integers(0, 400), min_size=len(keys), max_size=len(keys))), reverse=True)
        converted = draw(st.booleans())
        amount = draw(st.integers(0, 10**9)) if converted else 0
        return Path(tuple(zip(keys, ages, strict=True)), converted, amount, draw(st.integers(1, 3)))

    return [one() for _ in range(draw(st.integers(0, 8)))]


@pytest.mark.parametrize(
    ("model", "shares"),
    [
        (AttributionModel.FIRST, [1.0, 0.0, 0.0, 0.0]),
        (AttributionModel.LAST, [0.0, 0.0, 1.0, 0.0]),
        (AttributionModel.LINEAR, [0.25, 0.25, 0.5, 0.0]),
        (AttributionModel.POSITION, [0.4, 0.1, 0.5, 0.0]),
        # A touch a week older weighs half: 1/8, 1/4, 1/2, 1 of 15/8.
        (AttributionModel.TIME_DECAY, [1 / 15, 4 / 15, 10 / 15, 0.0]),
        (AttributionModel.SHAPLEY, [1 / 3, 1 / 3, 1 / 3, 0.0]),
    ],
)
def test_a_path_is_shared_as_the_model_says(model: AttributionModel, shares: list[float]) -> None:
    weekly = Path(((MAIL, 28), (WEB, 21), (PHONE, 14), (WEB, 7)), amount=3000)
    found = attribute(model, weekly)
    assert found.conversions == pytest.approx(shares, abs=1e-15)
    assert found.amounts == pytest.approx([3000 * share for share in shares], abs=1e-12)


@pytest.mark.parametrize(("keys", "shares"), [((MAIL,), [1, 0]), ((MAIL, PHONE), [0.5, 0.5])])
def test_short_paths_have_no_middle(keys: tuple[int, ...], shares: list[float]) -> None:
    assert attribute(AttributionModel.POSITION, path(*keys)).conversions[:2].tolist() == shares


def test_what_nobody_touched_is_counted_apart() -> None:
    found = attribute(AttributionModel.LINEAR, path(amount=500), path(MAIL, amount=300), path(converted=False))
    assert (found.paths, found.total, found.total_amount, found.untouched, found.untouched_amount) == (
        3,
        2,
        800,
        1,
        500,
    )
    assert found.conversions.tolist() == [1.0, 0.0, 0.0, 0.0]


def test_a_path_that_led_nowhere_gets_nothing_but_counts_against_its_keys() -> None:
    paths = [path(MAIL, amount=100), path(PHONE, amount=100), path(PHONE, converted=False)]
    assert attribute(AttributionModel.LAST, *paths).conversions.tolist() == [1.0, 1.0, 0.0, 0.0]
    found = attribute(AttributionModel.MARKOV, *paths)
    assert found.effects is not None
    assert found.effects == pytest.approx([0.5, 0.5, 0.0, 0.0])


def test_the_published_example_of_removal_effects() -> None:
    """Three channels in three journeys of which one converts: removal effects 1/2, 1, 1."""
    found = attribute(
        AttributionModel.MARKOV,
        path(MAIL, PHONE, WEB, amount=100),
        path(MAIL, converted=False),
        path(PHONE, WEB, converted=False),
    )
    assert found.effects is not None
    assert found.effects == pytest.approx([0.5, 1.0, 1.0, 0.0])
    assert found.conversions == pytest.approx([0.2, 0.4, 0.4, 0.0])
    assert found.amounts == pytest.approx([20, 40, 40, 0])


@given(st.sampled_from(AttributionModel), some_paths())
def test_credits_sum_up_to_what_the_paths_brought(model: AttributionModel, paths: list[Path]) -> None:
    found = attribute(model, *paths)
    conversions = sum(each.weight for each in paths if each.converted and each.touches)
    amount = sum(each.amount for each in paths if each.touches)
    assert abs(found.conversions.sum() - conversions) <= 1e-9
    assert found.amounts.sum() == pytest.approx(amount, rel=1e-12, abs=1e-9)
    assert found.total - found.untouched == conversions
    assert found.total_amount - found.untouched_amount == amount
    assert sum(apportioned(found.amounts, amount)) == amount


@given(st.sampled_from(AttributionModel), some_paths(), st.integers(0, 8))
def test_batches_of_paths_come_to_the_same(model: AttributionModel, paths: list[Path], cut: int) -> None:
    first, others = columns(paths[:cut]), columns(paths[cut:])
    credits_ = Credits(model)
    credits_.take(first, max(first.keys, default=-1) + 1)
    credits_.take(others, KEYS)
    assert credits_.result().conversions == pytest.approx(attribute(model, *paths).conversions)


def value(coalition: frozenset[int], paths: Sequence[Path]) -> int:
    """What came of paths that need nobody else."""
    return sum(each.weight for each in paths if each.converted and each.touches and coalition.issuperset(each.keys))


@given(some_paths())
def test_shapley_is_the_mean_of_what_each_key_adds_in_every_order(paths: list[Path]) -> None:
    added = [Fraction(0)] * KEYS
    orders = list(permutations(range(KEYS)))
    for order in orders:
        for place, key in enumerate(order):
            before = frozenset(order[:place])
            added[key] += Fraction(value(before | {key}, paths) - value(before, paths), len(orders))
    assert attribute(AttributionModel.SHAPLEY, *paths).conversions == pytest.approx([float(each) for each in added])


def converting(paths: Sequence[Path], removed: int | None) -> float:
    """The chance that the chain of these paths converts when whoever comes to ``removed`` is lost."""
    start, won, lost = KEYS, KEYS + 1, KEYS + 2
    counts = np.zeros((KEYS + 3, KEYS + 3))
    for each in paths:
        if each.touches:
            way = [start, *each.keys, won if each.converted else lost]
            for here, there in pairwise(way):
                counts[here, there] += each.weight
    known = [key for key in range(KEYS + 1) if counts[key].any() and key != removed]
    if start not in known:
        return 0.0
    chances = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    system = np.eye(len(known)) - chances[np.ix_(known, known)]
    return float(np.linalg.solve(system, chances[known, won])[known.index(start)])


@given(some_paths())
def test_removal_effects_are_those_of_chains_solved_without_each_key(paths: list[Path]) -> None:
    whole = converting(paths, None)
    expected = [1 - converting(paths, key) / whole if whole else 0.0 for key in range(KEYS)]
    found = attribute(AttributionModel.MARKOV, *paths)
    assert found.effects == pytest.approx(expected, abs=1e-9)


def test_nothing_has_no_effects() -> None:
    assert removal_effects(np.zeros((3, 4), np.int64)).tolist() == [0.0, 0.0]
    for model in AttributionModel:
        assert attribute(model).total == 0


def test_a_longer_half_life_forgets_less() -> None:
    found = attribute(AttributionModel.TIME_DECAY, Path(((MAIL, 30), (WEB, 2))), half_life=14.0)
    assert found.conversions[:3] == pytest.approx([0.2, 0.0, 0.8])


def test_a_touch_of_long_ago_still_gets_its_share() -> None:
    found = attribute(AttributionModel.TIME_DECAY, Path(((MAIL, 90_000),)), half_life=1.0)
    assert found.conversions[MAIL] == 1.0


@given(st.lists(st.integers(0, 10**15), min_size=1, max_size=9), st.integers(1, 10**15))
def test_apportioned_amounts_sum_up_and_are_next_to_the_parts(parts: list[int], total: int) -> None:
    exact = [Fraction(part, sum(parts) or 1) * total for part in parts]
    if not any(parts):
        return
    found = apportioned([float(each) for each in exact], total)
    assert sum(found) == total
    assert all(abs(whole - each) < 2 for whole, each in zip(found, exact, strict=True))


def test_the_largest_remainder_gets_what_is_left() -> None:
    assert apportioned([0.6, 2.25, 7.15], 10) == [1, 2, 7]
    assert apportioned([1 / 3, 1 / 3, 1 / 3], 1) == [1, 0, 0]
    assert apportioned([0.0, 0.0], 0) == [0, 0]
