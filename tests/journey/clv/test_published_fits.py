"""Parameters, standard errors and log-likelihoods as published, of data that come with the repository."""

import numpy as np
import pytest

from hub.journey.clv import bg_bb, bg_nbd, gamma_gamma, pareto_nbd
from hub.journey.clv.fit import Fit
from hub.journey.clv.histories import grouped
from tests.journey.clv.published import cdnow, cdnow_rounded, cdnow_weeks, donations, near


def is_fit(fit: Fit, parameters: list[float], log_likelihood: float) -> None:
    near(fit.values, parameters, relative=0.0005)
    assert fit.log_likelihood == pytest.approx(log_likelihood, abs=0.001)
    assert fit.warnings == ()


def test_the_sample_has_the_published_totals() -> None:
    repeats, _, _, _, later = cdnow()
    assert (len(repeats), repeats.sum(), (repeats == 0).sum(), later.sum()) == (2357, 2457, 1411, 1882)


def test_bg_nbd_of_cdnow() -> None:
    fit = bg_nbd.fit(cdnow_weeks())
    is_fit(fit, [0.2425945, 4.4136019, 0.7929199, 2.4258881], -9582.4292)
    near(fit.values, [0.243, 4.414, 0.793, 2.426], relative=0.005)  # as in the paper


def test_bg_nbd_of_the_published_summary() -> None:
    is_fit(bg_nbd.fit(grouped(*cdnow_rounded()[:3])), [0.242593, 4.413532, 0.792886, 2.425752], -9582.4256)


def test_pareto_nbd_of_cdnow() -> None:
    fit = pareto_nbd.fit(cdnow_weeks())
    is_fit(fit, [0.553277, 10.577683, 0.606240, 11.668735], -9594.976)
    near(fit.values, [0.553, 10.578, 0.606, 11.669], relative=0.005)
    near([error or 0 for error in fit.errors.values()], [0.0476, 0.8427, 0.1873, 6.2105], relative=0.002)


def test_gamma_gamma_of_cdnow() -> None:
    repeats, _, _, mean, _ = cdnow()
    fit = gamma_gamma.fit(repeats, mean)
    is_fit(fit, [6.2496, 3.7442, 15.4435], -4055.918)
    assert fit.customers == 946


def test_gamma_gamma_of_the_published_summary() -> None:
    repeats, _, _, mean = cdnow_rounded()
    near(gamma_gamma.fit(repeats, mean).values, [6.2488, 3.7446, 15.4477], relative=0.0005)


def test_bg_bb_of_the_donations() -> None:
    fit = bg_bb.fit(donations())
    near(fit.values, [1.204, 0.750, 0.657, 2.783], relative=0.005)
    assert fit.log_likelihood == pytest.approx(-33225.58, abs=0.005)
    assert fit.customers == 11_104


@pytest.mark.parametrize("model", [bg_nbd, pareto_nbd])
def test_days_give_the_same_fit_as_weeks(model: object) -> None:
    repeats, recency, age, *_ = cdnow()
    fit = bg_nbd.fit if model is bg_nbd else pareto_nbd.fit
    weeks, days = fit(cdnow_weeks()), fit(grouped(repeats, recency, age))
    times = {"alpha", "beta"}
    for name, value in weeks.parameters.items():
        assert days.parameters[name] == pytest.approx(value * (7 if name in times else 1), rel=1e-4)


@pytest.mark.parametrize("model", [bg_nbd, pareto_nbd])
def test_a_gradient_is_that_of_its_likelihood(model: object) -> None:
    likelihood = bg_nbd.likelihood if model is bg_nbd else pareto_nbd.likelihood
    histories = cdnow_weeks()
    for values in ([0.3, 5.0, 0.9, 2.0], [1.4, 2.0, 0.4, 9.0], [0.6, 11.0, 1.2, 4.0]):
        at = np.array(values)
        _, slope = likelihood(at, histories)
        for index, value in enumerate(values):
            aside = np.zeros(4)
            aside[index] = value * 1e-5
            rise = likelihood(at + aside, histories)[0] - likelihood(at - aside, histories)[0]
            assert slope[index] == pytest.approx(rise / (2 * aside[index]), rel=1e-5, abs=1e-3)
