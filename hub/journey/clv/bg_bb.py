"""BG/BB: once a period somebody buys or does not (donations, renewals, yearly events). While alive the probability
differs by a beta distribution (alpha, beta), that of leaving before the next period by another (gamma, delta).

Fader, Hardie and Shang 2010, "Customer-Base Analysis in a Discrete-Time Noncontractual Setting", Marketing Science 29;
equations are numbered as there. ``repeats`` is x, ``recency`` t_x, the last period with a purchase; ``age`` n, periods.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from hub.journey.clv.fit import Fit, enough, maximise, with_doubts
from hub.journey.clv.histories import Floats, Histories

NAME = "BG_BB"
PARAMETERS = ("alpha", "beta", "gamma", "delta")


def fit(histories: Histories) -> Fit:
    """The fit to whole periods."""
    starts = [(1.0, 1.0, 1.0, 3.0), (0.5, 1.5, 0.5, 2.0)]
    found = maximise(NAME, PARAMETERS, lambda values: likelihood(values, histories), starts, histories.size)
    return with_doubts(found, enough(histories.size, histories.repeaters))


def likelihood(values: Floats, histories: Histories) -> tuple[float, Floats]:
    """The log-likelihood (equation 5) and its gradient."""
    alpha, beta, gamma, delta = values
    x, recency, age = histories.repeats, histories.recency, histories.age
    terms, buying, leaving = _terms(values, x, recency, age)
    highest = terms.max(axis=1, keepdims=True)
    shares = np.exp(terms - highest)
    sums = shares.sum(axis=1)
    shares /= sums[:, None]
    psi = special.psi
    n, whole = histories.customers, histories.size
    x = x[:, None]
    both, together = psi(alpha + beta + x + buying), psi(gamma + delta + leaving + np.isfinite(terms) * _left(terms))
    total_buying, total_leaving = psi(alpha + beta), psi(gamma + delta)
    slope = np.array(
        [
            n @ (shares * (psi(alpha + x) - both)).sum(axis=1) + whole * (total_buying - psi(alpha)),
            n @ (shares * (psi(beta + buying) - both)).sum(axis=1) + whole * (total_buying - psi(beta)),
            n @ (shares * (psi(gamma + _left(terms)) - together)).sum(axis=1) + whole * (total_leaving - psi(gamma)),
            n @ (shares * (psi(delta + leaving) - together)).sum(axis=1) + whole * (total_leaving - psi(delta)),
        ]
    )
    return float(n @ (np.log(sums) + highest[:, 0])), slope


def alive(values: Floats, repeats: Floats, recency: Floats, age: Floats) -> Floats:
    """P(alive in the period after the last one of the data) (equation 11)."""
    alpha, beta, gamma, delta = values
    logs = (
        special.betaln(alpha + repeats, beta + age - repeats)
        - special.betaln(alpha, beta)
        + special.betaln(gamma, delta + age + 1)
        - special.betaln(gamma, delta)
    )
    probability: Floats = np.exp(logs - _log(values, repeats, recency, age))
    return probability


def expected(values: Floats, repeats: Floats, recency: Floats, age: Floats, periods: float) -> Floats:
    """Purchases expected in the next ``periods`` (equation 14)."""
    alpha, beta, gamma, delta = values
    ln = special.gammaln
    buying = special.betaln(alpha + repeats + 1, beta + age - repeats) - special.betaln(alpha, beta)
    lasting = delta / (gamma - 1) * np.exp(ln(gamma + delta) - ln(1 + delta))
    now, then = (np.exp(ln(1 + delta + age + more) - ln(gamma + delta + age + more)) for more in (0, periods))
    purchases: Floats = np.exp(buying - _log(values, repeats, recency, age)) * lasting * (now - then)
    return purchases


def probability(values: Floats, purchases: int, periods: int) -> float:
    """P(X(n) = x): exactly so many purchases in so many periods (equation 8)."""
    alpha, beta, gamma, delta = values
    until = np.arange(purchases, periods + 1)
    leaving = np.where(
        until == periods, special.betaln(gamma, delta + until), special.betaln(gamma + 1, delta + until)
    ) - special.betaln(gamma, delta)
    buying = special.betaln(alpha + purchases, beta + until - purchases) - special.betaln(alpha, beta)
    return float((special.comb(until, purchases) * np.exp(buying + leaving)).sum())


def _log(values: Floats, repeats: Floats, recency: Floats, age: Floats) -> Floats:
    terms, _, _ = _terms(values, repeats, recency, age)
    found: Floats = special.logsumexp(terms, axis=1)
    return found


def _left(terms: Floats) -> Floats:
    """1 for a summand in which the customer has left; the last one is that of those who have not."""
    left = np.ones(terms.shape[1])
    left[-1] = 0
    return left


def _terms(values: Floats, repeats: Floats, recency: Floats, age: Floats) -> tuple[Floats, Floats, Floats]:
    """The logarithms of the summands: left after 0, 1 ... idle periods, or not at all.

    Beside them the periods without a purchase, and the periods somebody stayed.
    """
    alpha, beta, gamma, delta = values
    idle = np.arange(int((age - recency).max()) + 1)[None, :]
    stayed = recency[:, None] + idle
    last = np.full(stayed.shape[0], True)[:, None]
    stayed = np.hstack([np.minimum(stayed[:, :-1], age[:, None]), np.where(last, age[:, None], 0)])
    left = np.ones(stayed.shape)
    left[:, -1] = 0
    unbought = stayed - repeats[:, None]
    terms = (
        special.betaln(alpha + repeats[:, None], beta + unbought)
        - special.betaln(alpha, beta)
        + special.betaln(gamma + left, delta + stayed)
        - special.betaln(gamma, delta)
    )
    terms[:, :-1][(recency[:, None] + idle[:, :-1]) >= age[:, None]] = -np.inf
    return terms, unbought, stayed
