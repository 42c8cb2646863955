"""Expectations and probabilities of single customers as published, or as computed with 60 digits."""

import math

import numpy as np
import pytest

from hub.journey.clv import bg_bb, bg_nbd, gamma_gamma, pareto_nbd
from hub.journey.clv.alive import falls_below, p_alive
from hub.journey.clv.histories import grouped
from hub.journey.clv.models import MODELS, future
from hub.journey.clv.score import Horizon, score
from tests.journey.clv.published import cdnow, cdnow_rounded, cdnow_weeks, donations, near

BG = np.array([0.243, 4.414, 0.793, 2.426])
HARD = dict(zip(pareto_nbd.PARAMETERS, (0.5143, 2.8845, 0.2856, 14.1087), strict=True))


def test_bg_nbd_of_one_customer() -> None:
    fit = bg_nbd.fit(cdnow_weeks())
    one = np.array([2.0]), np.array([30.43]), np.array([38.86])
    assert future(bg_nbd, fit.values, *one, 39.0)[0] == pytest.approx(1.2259, abs=0.0001)
    assert bg_nbd.alive(fit.values, *one)[0] == pytest.approx(0.72661, abs=0.00001)
    assert p_alive(fit.parameters, 2, 30.43, 38.86) == pytest.approx(0.72661, abs=0.00001)


def test_bg_nbd_of_a_new_customer() -> None:
    weeks = np.array([0.1429, 1, 3, 31.8571, 32, 78])
    near(
        bg_nbd.expected(bg_nbd.fit(cdnow_weeks()).values, weeks),
        [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576],
        absolute=0.001,
    )


def test_bg_nbd_of_how_many() -> None:
    assert bg_nbd.probability(BG, np.array([0]), 39.0)[0] == pytest.approx(0.5737864, abs=5e-8)
    assert bg_nbd.probability(BG, np.array([10]), 2.0)[0] == pytest.approx(1.07869e-07, abs=5e-13)
    published = [0.0019995214, 0.0015170236, 0.0011633150, 0.0009003148, 0.0007023638, 0.0005517902, 0.0004361913]
    published += [0.0003467171, 0.0002769613, 0.0002222260]
    near(bg_nbd.probability(BG, np.arange(11, 21), 30.0), published, absolute=5e-11)


def test_pareto_nbd_of_a_new_customer() -> None:
    fit = pareto_nbd.fit(cdnow_weeks())
    published = [0, 0.05077821, 0.09916088, 0.14542507, 0.18979930, 0.23247466, 0.27361274, 0.31335159, 0.35181024]
    near(pareto_nbd.expected(fit.values, np.arange(10.0)), [*published, 0.38909211], absolute=0.01)
    regular = future(pareto_nbd, fit.values, np.array([26.0]), np.array([30.86]), np.array([31.0]), 52.0)
    assert regular[0] == pytest.approx(25.46, abs=0.005)


@pytest.mark.parametrize(("repeats", "expected"), [(132, 6.2060517889632418), (133, 6.2528722475748113)])
def test_pareto_nbd_to_the_last_digit(repeats: float, expected: float) -> None:
    values = np.array([0.55, 10.58, 0.61, 11.67])
    history = np.array([repeats]), np.array([200.0]), np.array([200.0])
    assert future(pareto_nbd, values, *history, 10.0)[0] == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("repeats", "recency", "age", "expected"),
    [
        (221, 103.42857, 103.57143, 0.999596052),
        (254, 97.14286, 97.28571, 0.999558226),
        (161, 94.71429, 98.0, 0.749487752),
        (204, 98.57143, 99.42857, 0.994255080),
    ],
)
def test_hard_cases_of_pareto_nbd_are_finite_and_exact(
    repeats: int, recency: float, age: float, expected: float
) -> None:
    values = np.array(list(HARD.values()))
    history = np.array([float(repeats)]), np.array([recency]), np.array([age])
    assert pareto_nbd.alive(values, *history)[0] == pytest.approx(expected, abs=5e-10)
    assert p_alive(HARD, repeats, recency, age) == pytest.approx(expected, abs=5e-10)
    height, slope = pareto_nbd.likelihood(values, grouped(*history))
    assert math.isfinite(height)
    assert np.isfinite(slope).all()


@pytest.mark.parametrize("model", [bg_nbd, pareto_nbd])
def test_probabilities_of_all_numbers_add_up_to_one(model: object) -> None:
    chosen = bg_nbd if model is bg_nbd else pareto_nbd
    values = np.array([0.55, 10.58, 0.61, 2.6])
    numbers = np.arange(600)
    probabilities = chosen.probability(values, numbers, 30.0)
    assert probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert probabilities @ numbers == pytest.approx(float(chosen.expected(values, 30.0)), rel=1e-9)


def test_gamma_gamma_of_the_first_ten() -> None:
    repeats, _, _, mean = cdnow_rounded()
    means = gamma_gamma.expected_mean(gamma_gamma.fit(repeats, mean).values, repeats, mean)
    published = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]
    near(means[:10], published, absolute=0.01)
    assert means.mean() == pytest.approx(35.253, abs=0.0005)


def test_twelve_months_of_the_first_ten() -> None:
    repeats, recency, age, mean = cdnow_rounded()
    purchases, spend = bg_nbd.fit(grouped(repeats, recency, age)), gamma_gamma.fit(repeats, mean)
    # Hundredths of weeks are whole, as the days of a hub are.
    given = (recency * 100).round(), (age * 100).round()
    horizon = Horizon(months=12, rate=0.01, month=434.5)
    found = score(
        bg_nbd, purchases.values, spend.values, repeats, *given, repeats, mean, unit=100.0, horizon=horizon
    ).value
    published = [36.2785, 4.6375, 8.3441, 8.3441, 8.3441, 283.5236, 6.8814, 8.3441, 43.3536, 8.3441]
    near(found[:10], published, relative=0.0001)
    assert found.sum() == pytest.approx(71_509.90, rel=0.0001)


def test_bg_bb_of_the_donors() -> None:
    histories = donations()
    values = bg_bb.fit(histories).values
    after = bg_bb.expected(values, histories.repeats, histories.recency, histories.age, 5)
    assert after @ histories.customers == pytest.approx(12_884.2, abs=0.05)
    assert 11_104 * bg_bb.probability(values, 0, 6) == pytest.approx(3_454.9, abs=0.05)
    assert 11_104 * bg_bb.probability(values, 6, 6) == pytest.approx(1_253.1, abs=0.05)
    donors, years = np.array([0.0, 2, 4, 6]), np.array([0.0, 4, 5, 6])
    near(bg_bb.alive(values, donors, years, np.full(4, 6.0)), [0.11, 0.59, 0.70, 0.93], absolute=0.005)


def test_one_customer_has_what_arrays_have() -> None:
    repeats, recency, age, *_ = cdnow()
    chosen = slice(0, 2357, 40)
    for model in MODELS.values():
        fit = model.fit(cdnow_weeks())
        arrays = model.alive(fit.values, repeats[chosen], recency[chosen] / 7, age[chosen] / 7)
        each = [
            p_alive(fit.parameters, int(x), t, T)
            for x, t, T in zip(repeats[chosen], recency[chosen] / 7, age[chosen] / 7, strict=True)
        ]
        near(arrays, each, relative=1e-12)


def test_when_a_probability_falls_below_a_threshold() -> None:
    bg = dict(zip(bg_nbd.PARAMETERS, BG, strict=True))
    assert falls_below(bg, 0, 0.0, 0.5) is None, "who never came again cannot have left"
    for parameters in (bg, HARD):
        age = falls_below(parameters, 8, 40.0, 0.5)
        assert age is not None
        assert p_alive(parameters, 8, 40.0, age) == pytest.approx(0.5, abs=1e-4)
