"""Maximum likelihood: several starts, standard errors from the Hessian, and what the data do not say.

All parameters are positive, so the search is over their logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy import optimize

from hub.journey.clv.choices import Trouble
from hub.journey.clv.histories import Floats

Likelihood = Callable[[Floats], tuple[float, Floats]]
"""Parameters -> log-likelihood and its gradient."""

FEWEST = 100
"""Customers from which a fit is trusted; four parameters of fewer say little."""
FEWEST_REPEATERS = 30
SHAPES = 1e-5, 1e3
"""The search ends here: a shape beyond makes all customers equal, or none like another."""
SCALES = 1e-5, 1e5
"""The same for scales (of time or money), as multiples of where the search begins."""
_FLAT = 1e-5
"""The slope, for each customer and relative change of a parameter, from which on there is no optimum yet."""
_NEAR = 3
"""A parameter that comes so near to an end, as a factor, has no optimum."""


@dataclass(frozen=True, slots=True)
class FitWarning:
    """One reason for doubt. ``parameter`` is the one it is about, if it is about one."""

    trouble: Trouble
    text: str
    parameter: str | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted parameters. ``errors`` are standard errors, None where there is none to be had."""

    model: str
    parameters: Mapping[str, float]
    errors: Mapping[str, float | None]
    log_likelihood: float
    customers: int
    warnings: tuple[FitWarning, ...] = ()

    @property
    def values(self) -> Floats:
        """The parameters in the order of the model."""
        return np.array(list(self.parameters.values()))

    @property
    def identified(self) -> bool:
        """Whether nothing speaks against relying on it."""
        return not self.warnings


def maximise(
    model: str,
    names: Sequence[str],
    likelihood: Likelihood,
    starts: Sequence[Sequence[float]],
    customers: int,
    scales: Sequence[str] = (),
    thin: Likelihood | None = None,
) -> Fit:
    """The parameters under which the data are the most probable, from the best of the starts.

    Those named by ``scales`` are in a unit, of time or money; the others are shapes. ``thin``: the likelihood of a part
    of the data, by which the best start is found when that of all takes long.
    """
    size = max(customers, 1)

    def per_customer(of: Likelihood, logs: Floats) -> tuple[float, Floats]:
        values = np.exp(logs)
        height, slope = of(values)
        return (-height / size, -slope * values / size) if math.isfinite(height) else (1e100, np.zeros(len(logs)))

    cost = partial(per_customer, likelihood)

    ends = [
        (min(begin) * SCALES[0], max(begin) * SCALES[1]) if name in scales else SHAPES
        for name, *begin in zip(names, *starts, strict=True)
    ]
    bounds = np.log(ends)

    def climb(logs: Floats, near: float, cost: Likelihood = cost) -> optimize.OptimizeResult:
        # Truncated Newton: unlike the other bounded methods it calls no BLAS, whose threads would wait for each other.
        options = {"maxfun": 500, "ftol": near**2, "gtol": near * 10}
        return optimize.minimize(cost, logs, jac=True, method="TNC", bounds=bounds, options=options)

    first = cost if thin is None else partial(per_customer, thin)
    best = min((climb(np.log(start), 1e-4, first) for start in starts), key=lambda each: float(each.fun))
    logs, steep = _polished(cost, best.x, bounds)
    if steep > _FLAT:  # too far from the top for Newton's steps, or there is none
        logs, steep = _polished(cost, climb(logs, 1e-7).x, bounds)
    values = np.exp(logs)
    height, _ = likelihood(values)
    errors = _standard_errors(likelihood, values)
    warnings = [] if steep <= _FLAT else [FitWarning(Trouble.NOT_CONVERGED, "The search ended without an optimum.")]
    warnings += _doubts(names, values, errors, ends)
    parameters = dict(zip(names, map(float, values), strict=True))
    return Fit(model, parameters, dict(zip(names, errors, strict=True)), height, customers, tuple(warnings))


def enough(customers: int, repeaters: int) -> list[FitWarning]:
    """What there is too little of for a fit to be trusted."""
    found = []
    if customers < FEWEST:
        text = f"{customers} customers are too few: from {FEWEST} on a fit says something."
        found.append(FitWarning(Trouble.FEW_CUSTOMERS, text))
    if repeaters < FEWEST_REPEATERS:
        text = f"{repeaters} customers bought again, which is too few: from {FEWEST_REPEATERS} on a fit says something."
        found.append(FitWarning(Trouble.FEW_REPEATERS, text))
    return found


def with_doubts(fit: Fit, more: Sequence[FitWarning]) -> Fit:
    """The same fit with more warnings."""
    return replace(fit, warnings=(*fit.warnings, *more))


def _polished(cost: Callable[[Floats], tuple[float, Floats]], logs: Floats, bounds: Floats) -> tuple[Floats, float]:
    """A few steps of Newton's method, each kept only if it climbs; and how steep the likelihood still is there."""
    height, slope = cost(logs)
    for _ in range(5):
        curve = _curvature(lambda at: cost(at)[1], logs, np.full(len(logs), 1e-5))
        try:
            step = np.linalg.solve(curve, slope)
        except np.linalg.LinAlgError:
            break
        there = np.clip(logs - step, *bounds.T)
        if np.abs(step).max() > 1 or not (there_is := cost(there))[0] <= height:
            break
        settled = np.abs(step).max() < 1e-9
        logs, (height, slope) = there, there_is
        if settled:
            break
    inside = (logs > bounds[:, 0] + 1e-9) & (logs < bounds[:, 1] - 1e-9)
    return logs, float(np.abs(slope[inside]).max(initial=0.0))


def _curvature(slope: Callable[[Floats], Floats], at: Floats, steps: Floats) -> Floats:
    """The Hessian, by central differences of the gradient."""
    rows = []
    for index, step in enumerate(steps):
        aside = np.zeros(len(at))
        aside[index] = step
        rows.append((slope(at + aside) - slope(at - aside)) / (2 * step))
    hessian: Floats = np.array(rows, np.float64)
    symmetric: Floats = (hessian + hessian.T) / 2
    return symmetric


def _standard_errors(likelihood: Likelihood, values: Floats) -> list[float | None]:
    """Square roots of the diagonal of the inverse of the observed information; None where that is not positive."""
    information = -_curvature(lambda at: likelihood(at)[1], values, values * 1e-5)
    scaled = information * np.outer(values, values)  # parameters differ by orders of magnitude, relative ones do not
    if not np.isfinite(scaled).all() or np.linalg.eigvalsh(scaled)[0] <= 1e-6:
        return [None] * len(values)
    variances = np.diag(np.linalg.inv(scaled))
    return [float(value * math.sqrt(variance)) for value, variance in zip(values, variances, strict=True)]


def _doubts(
    names: Sequence[str], values: Floats, errors: Sequence[float | None], ends: Sequence[tuple[float, float]]
) -> list[FitWarning]:
    found = []
    for name, value, error, (least, most) in zip(names, values, errors, ends, strict=True):
        if not least * _NEAR < value < most / _NEAR:
            where = "towards zero" if value < least * _NEAR else "without limit"
            text = f"{name} = {value:.3g} runs {where}: the data do not show what it describes."
            found.append(FitWarning(Trouble.AT_BOUND, text, name))
        elif error is not None and error > value:
            text = f"{name} = {value:.3g} has a standard error of {error:.3g}, more than itself."
            found.append(FitWarning(Trouble.UNCERTAIN, text, name))
    if None in errors:
        text = "The likelihood is flat in some direction: other parameters explain the data equally well."
        found.append(FitWarning(Trouble.SINGULAR, text))
    return found
