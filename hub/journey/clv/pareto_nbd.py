"""Pareto/NBD: purchases as in ``bg_nbd`` (r, alpha), but a customer may leave at any moment, at a rate that differs by
a gamma distribution (s, beta).

Schmittlein, Morrison and Colombo 1987, "Counting Your Customers", Management Science 33; formulas as in Fader and
Hardie 2005, "A Note on Deriving the Pareto/NBD Model and Related Expressions", numbered as there.

The likelihood is (equation 15, before its integral is solved)

    Γ(r+x)/Γ(r) α^r β^s [ (α+T)^-(r+x) (β+T)^-s + ∫ from t_x to T of (α+y)^-(r+x) s (β+y)^-(s+1) dy ]

The solved integral is a difference of two hypergeometric functions, which cancels when x is large and t_x near T. We
take the integral itself, by Gauss and Legendre over z = ln(min(α,β) + y), where the integrand has no singularity within
π of the real axis: 32 nodes give 13 digits, all summands are positive, and the gradient comes from the same nodes.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import special

from hub.journey.clv.alive import DECAY, quadrature
from hub.journey.clv.fit import Fit, enough, maximise, with_doubts
from hub.journey.clv.histories import Floats, Histories, Integers

NAME = "PARETO_NBD"
PARAMETERS = ("r", "alpha", "s", "beta")
_FEW = 3000
"""Different histories among which the best start is found."""
_ROWS = 4096
"""Rows times nodes of one array: half a megabyte, which a processor's cache holds."""
_NODES = 8, 16, 32
_SMOOTH = 1.0, 3.3
"""Up to here 8 nodes give 13 digits, up to there 16: of the width of the integral over 1.5, or its fall over 3."""
_WIDTH, _FALL = 1.5, 3.0


def fit(histories: Histories) -> Fit:
    """The fit; ``alpha`` and ``beta`` are in the unit of the histories' time."""
    scale = histories.mean_age
    starts = [(0.7, 0.4 * scale, 0.7, 0.5 * scale), (2.0, scale, 0.3, 2 * scale)]
    part = histories.some(_FEW)
    found = maximise(
        NAME, PARAMETERS, lambda values: likelihood(values, histories), starts, histories.size, ("alpha", "beta"),
        None if part is histories else lambda values: likelihood(values, part),
    )  # fmt: skip
    return with_doubts(found, enough(histories.size, histories.repeaters))


def likelihood(values: Floats, histories: Histories) -> tuple[float, Floats]:
    """The log-likelihood and its gradient."""
    r, alpha, s, beta = values
    n, each, of_each = histories.customers, histories.counts, histories.customers_of_counts
    total = n.sum()
    height = of_each @ special.gammaln(r + each) + total * (r * np.log(alpha) - special.gammaln(r) + s * np.log(beta))
    slope = np.array(
        [
            of_each @ special.psi(r + each) + total * (np.log(alpha) - special.psi(r)),
            total * r / alpha,
            total * np.log(beta),
            total * s / beta,
        ]
    )
    for rows in _chunks(len(n)):
        x, recency, age, many = histories.repeats[rows], histories.recency[rows], histories.age[rows], n[rows]
        odds, parts = _log_odds_of_having_left(values, x, recency, age, slopes=True)
        left = special.expit(odds)
        height += many @ (np.logaddexp(0, odds) - (r + x) * np.log(alpha + age) - s * np.log(beta + age))
        base = (-np.log(alpha + age), -(r + x) / (alpha + age), -np.log(beta + age), -s / (beta + age))
        slope += [many @ (one + left * part) for one, part in zip(base, parts, strict=True)]
    return float(height), slope


def alive(values: Floats, repeats: Floats, recency: Floats, age: Floats) -> Floats:
    """P(alive) at the end of the data (equations 19 and 20)."""
    repeats, recency, age = np.broadcast_arrays(repeats, recency, np.asarray(age, np.float64))
    found = np.empty(repeats.shape)
    for rows in _chunks(len(found)):
        odds, _ = _log_odds_of_having_left(values, repeats[rows], recency[rows], age[rows], slopes=False)
        found[rows] = special.expit(-odds)
    return found


def while_alive(values: Floats, repeats: Floats, age: Floats, time: float | Floats) -> Floats:
    """Purchases expected in the next ``time`` of somebody who is alive now: equation 22 without P(alive)."""
    r, alpha, s, beta = values
    shrunk = np.log((beta + age) / (beta + age + time))
    lasting = -shrunk if abs(s - 1) < 1e-9 else -np.expm1((s - 1) * shrunk) / (s - 1)
    expected: Floats = (r + repeats) * (beta + age) / (alpha + age) * lasting
    return expected


def expected(values: Floats, time: float | Floats) -> Floats:
    """E[X(t)]: repeat purchases of a customer in the ``time`` after the first purchase (equation 17)."""
    return while_alive(values, np.zeros(()), np.zeros(()), time)


def probability(values: Floats, purchases: Floats | Integers, time: float) -> Floats:
    """P(X(t) = n): that somebody makes exactly n repeat purchases in the ``time`` after the first.

    Equation 16 before its integral is solved: n purchases in all of the time, or until leaving in between.
    """
    r, alpha, s, beta = values
    n = np.asarray(purchases, np.float64)[:, None]
    nodes, weights = (np.array(each) for each in quadrature())
    least = min(alpha, beta)
    y = least * np.expm1(np.log1p(time / least) * nodes)
    purchases_until = special.xlogy(n, y) - (r + n) * np.log(alpha + y) + r * np.log(alpha)
    leaving = np.log(s) + s * np.log(beta) - (s + 1) * np.log(beta + y) + np.log(least + y)
    until_left = np.exp(purchases_until + leaving) @ (weights * np.log1p(time / least))
    never = (
        special.xlogy(n, time) - (r + n) * np.log(alpha + time) + r * np.log(alpha) + s * np.log(beta / (beta + time))
    )
    many = np.exp(special.gammaln(r + n) - special.gammaln(r) - special.gammaln(n + 1))
    found: Floats = (many * (np.exp(never) + until_left[:, None]))[:, 0]
    return found


def _chunks(rows: int) -> Iterator[slice]:
    for start in range(0, rows, _ROWS):
        yield slice(start, start + _ROWS)


def _log_odds_of_having_left(
    values: Floats, repeats: Floats, recency: Floats, age: Floats, *, slopes: bool
) -> tuple[Floats, Floats]:
    """ln ∫ from t_x to T of ((α+T)/(α+y))^(r+x) ((β+T)/(β+y))^s s/(β+y) dy; and its derivatives by r, α, s, β."""
    r, alpha, s, beta = values
    start = min(alpha, beta) + recency
    pace = start * ((r + repeats) / (alpha + recency) + s / (beta + recency))
    width = np.minimum(np.log((min(alpha, beta) + age) / start), DECAY / pace)
    # How smooth an integrand is tells how many nodes give 13 digits.
    smooth = np.maximum(width / _WIDTH, pace * width / _FALL)
    place = np.searchsorted(_SMOOTH, smooth)
    odds, parts = np.empty(len(repeats)), np.zeros((4, len(repeats)))
    for index, size in enumerate(_NODES):
        rows = np.flatnonzero(place == index)
        if len(rows):
            history = repeats[rows], recency[rows], age[rows]
            odds[rows], found = _integrated(values, history, start[rows], width[rows], size, slopes=slopes)
            if slopes:
                parts[:, rows] = found
    return odds, parts


def _integrated(
    values: Floats, history: tuple[Floats, Floats, Floats], start: Floats, width: Floats, size: int, *, slopes: bool
) -> tuple[Floats, list[Floats]]:
    r, alpha, s, beta = values
    repeats, _, age = history
    nodes, weights = (np.array(each) for each in quadrature(size))
    least, power = min(alpha, beta), (r + repeats)[:, None]
    steps = width[:, None] * nodes
    shifted = start[:, None] * np.exp(steps)  # min(alpha, beta) + y
    steps += np.log(start)[:, None]
    by_alpha, by_beta = shifted + (alpha - least), shifted + (beta - least)
    log_alpha = steps if alpha == least else np.log(by_alpha)
    log_beta = steps if beta == least else np.log(by_beta)
    to_alpha, to_beta = np.log(alpha + age)[:, None] - log_alpha, np.log(beta + age)[:, None] - log_beta
    terms = power * to_alpha
    terms += s * to_beta
    terms += steps - log_beta
    highest = terms.max(axis=1, keepdims=True)
    terms = np.exp(terms - highest) * weights
    sums = terms.sum(axis=1)
    with np.errstate(divide="ignore"):  # t_x = T: nobody can have left since
        odds = np.log(s * sums * width) + highest[:, 0]
    if not slopes:
        return odds, []
    share = terms / sums[:, None]
    return odds, [
        (share * to_alpha).sum(axis=1),
        (r + repeats) * (1 / (alpha + age) - (share / by_alpha).sum(axis=1)),
        1 / s + (share * to_beta).sum(axis=1),
        s / (beta + age) - (s + 1) * (share / by_beta).sum(axis=1),
    ]
