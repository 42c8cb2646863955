"""A fit that the data do not support says so."""

import numpy as np

from hub.journey.clv import bg_nbd, gamma_gamma, pareto_nbd
from hub.journey.clv.choices import Trouble
from hub.journey.clv.fit import Fit
from hub.journey.clv.histories import Floats, grouped
from hub.journey.clv.score import score
from tests.journey.clv.published import cdnow


def troubles(fit: Fit) -> set[Trouble]:
    return {each.trouble for each in fit.warnings}


def regulars(count: int) -> tuple[Floats, Floats, Floats]:
    """Customers who buy at random and never leave."""
    chance = np.random.default_rng(7)
    age = np.full(count, 365.0)
    bought = [np.unique(chance.integers(1, 365, chance.poisson(rate))) for rate in chance.gamma(2.0, 4.0, count)]
    repeats = np.array([float(len(days)) for days in bought])
    return repeats, np.array([float(days.max()) if len(days) else 0.0 for days in bought]), age


def test_customers_who_never_leave_have_no_rate_of_leaving() -> None:
    histories = grouped(*regulars(800))
    bg, pareto = bg_nbd.fit(histories), pareto_nbd.fit(histories)
    assert troubles(bg) & {Trouble.AT_BOUND, Trouble.UNCERTAIN, Trouble.SINGULAR}, bg
    assert troubles(pareto) & {Trouble.AT_BOUND, Trouble.UNCERTAIN, Trouble.SINGULAR}, pareto
    assert all("\n" not in each.text and each.text.endswith(".") for each in bg.warnings)
    assert np.isfinite(bg.values).all()


def test_a_handful_of_customers_is_too_few() -> None:
    repeats, recency, age, mean, _ = (each[:40] for each in cdnow())
    assert {Trouble.FEW_CUSTOMERS, Trouble.FEW_REPEATERS} <= troubles(bg_nbd.fit(grouped(repeats, recency, age)))
    assert Trouble.FEW_REPEATERS in troubles(gamma_gamma.fit(repeats, mean))


def test_no_customer_at_all_fits_nothing_and_says_so() -> None:
    nothing = np.empty(0)
    for fit in (bg_nbd.fit(grouped(nothing, nothing, nothing)), pareto_nbd.fit(grouped(nothing, nothing, nothing))):
        assert Trouble.FEW_CUSTOMERS in troubles(fit)
    assert Trouble.FEW_REPEATERS in troubles(gamma_gamma.fit(nothing, nothing))
    values = np.array([0.2, 4.0, 0.8, 2.4])
    assert len(score(bg_nbd, values, None, nothing, nothing, nothing, nothing, nothing).value) == 0


def test_spend_without_a_finite_mean_is_said_and_gives_no_value() -> None:
    chance = np.random.default_rng(5)
    mean = chance.pareto(0.6, 2_000) + 1
    repeats = np.ones(2_000)
    fit = gamma_gamma.fit(repeats, mean)
    assert Trouble.NO_MEAN in troubles(fit)
    assert np.isnan(gamma_gamma.expected_mean(fit.values, np.array([0.0]), np.array([0.0]))).all()


def test_who_buys_more_and_spends_more_is_said() -> None:
    repeats = np.tile(np.arange(1.0, 11.0), 50)
    noise = np.random.default_rng(5).gamma(20.0, 0.05, 500)
    assert Trouble.CORRELATED in troubles(gamma_gamma.fit(repeats, repeats * 10 * noise))


def test_who_leaves_at_the_middle_rate_has_no_gap() -> None:
    history = np.array([3.0]), np.array([40.0])
    around = [bg_nbd.while_alive(np.array([0.24, 4.4, a, 2.4]), *history, 10.0)[0] for a in (0.999, 1.0, 1.001)]
    assert around[0] > around[1] > around[2]
    assert abs(around[1] - (around[0] + around[2]) / 2) < 1e-5
    s = [pareto_nbd.while_alive(np.array([0.5, 10.0, each, 11.0]), *history, 10.0)[0] for each in (0.999, 1.0, 1.001)]
    assert abs(s[1] - (s[0] + s[2]) / 2) < 1e-5
