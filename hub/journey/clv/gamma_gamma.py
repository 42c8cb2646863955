"""Gamma-Gamma: purchases of one customer vary by a gamma distribution, its scale between customers by another.

Fader and Hardie 2013, "The Gamma-Gamma Model of Monetary Value"; equations are numbered as there. Fitted to those who
bought again and whose mean is above zero. How much is spent is taken to be independent of how often.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from hub.journey.clv.choices import Trouble
from hub.journey.clv.fit import Fit, FitWarning, enough, maximise, with_doubts
from hub.journey.clv.histories import Floats

NAME = "GAMMA_GAMMA"
PARAMETERS = ("p", "q", "gamma")
MOST_CORRELATION = 0.3
"""Between repeats and their mean; from here on taking them for independent is said to be doubtful."""


def fit(repeats: Floats, mean: Floats) -> Fit:
    """The fit; ``gamma`` is in the unit of the money."""
    use = (repeats > 0) & (mean > 0)
    repeats, mean = repeats[use], mean[use]
    scale = float(mean.mean()) if len(mean) else 1.0
    starts = [(2.0, 3.0, scale), (6.0, 4.0, 0.4 * scale), (1.0, 1.5, 2 * scale)]
    counts, at = np.unique(repeats, return_inverse=True)
    sizes = np.bincount(at, minlength=len(counts)).astype(np.float64)
    found = maximise(
        NAME,
        PARAMETERS,
        lambda values: _likelihood(values, repeats, mean, counts, sizes),
        starts,
        len(mean),
        ("gamma",),
    )
    warnings = [each for each in enough(10**9, len(mean)) if each.trouble is Trouble.FEW_REPEATERS]
    if found.parameters["q"] <= 1:
        text = f"q = {found.parameters['q']:.3g} is not above 1: mean spend has no expectation."
        warnings.append(FitWarning(Trouble.NO_MEAN, text, "q"))
    together = correlation(repeats, mean)
    if together is not None and abs(together) > MOST_CORRELATION:
        text = f"Purchases and their mean value are correlated ({together:+.2f}), but taken for independent."
        warnings.append(FitWarning(Trouble.CORRELATED, text))
    return with_doubts(found, warnings)


def expected_mean(values: Floats, repeats: Floats, mean: Floats) -> Floats:
    """E[M | x, z]: what a purchase of this customer is worth (equation 5), that of everybody when x is 0.

    Without a finite mean of the population (q <= 1) those without repeats get NaN.
    """
    p, q, gamma = values
    below = p * repeats + q - 1
    known: Floats = np.divide(
        p * (gamma + repeats * mean), below, out=np.full(np.broadcast(repeats, mean).shape, np.nan), where=below > 0
    )
    return known


def correlation(one: Floats, other: Floats) -> float | None:
    """Pearson's; None when one of the two does not vary."""
    if len(one) < 2 or not np.ptp(one) or not np.ptp(other):
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _likelihood(values: Floats, repeats: Floats, mean: Floats, counts: Floats, sizes: Floats) -> tuple[float, Floats]:
    """The log-likelihood (equation 1a) and its gradient; ``counts`` are the different repeats, ``sizes`` how many."""
    p, q, gamma = values
    total, size = repeats * mean, float(len(mean))
    logs = np.log(gamma + total)
    psi = special.psi
    height = (
        sizes @ (special.gammaln(p * counts + q) - special.gammaln(p * counts) + p * counts * np.log(counts))
        + size * (q * np.log(gamma) - special.gammaln(q))
        + ((p * repeats - 1) * np.log(mean) - (p * repeats + q) * logs).sum()
    )
    slope = np.array(
        [
            sizes @ (counts * (psi(p * counts + q) - psi(p * counts) + np.log(counts)))
            + repeats @ (np.log(mean) - logs),
            sizes @ psi(p * counts + q) + size * (np.log(gamma) - psi(q)) - logs.sum(),
            size * q / gamma - ((p * repeats + q) / (gamma + total)).sum(),
        ]
    )
    return float(height), slope
