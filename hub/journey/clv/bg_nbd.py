"""BG/NBD: while alive purchases are Poisson, rates differ by a gamma distribution (r, alpha); after each purchase a
customer leaves for good with a probability that differs by a beta distribution (a, b).

Fader, Hardie and Lee 2005, "Counting Your Customers" the Easy Way, Marketing Science 24; equations are numbered as
there. Hypergeometric functions are evaluated after Euler's transformation, 2F1(p, q; c; z) = (1-z)^(c-p-q)
2F1(c-p, c-q; c; z): what is left of them neither overflows nor cancels, however many purchases there are.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from hub.journey.clv.fit import Fit, enough, maximise, with_doubts
from hub.journey.clv.histories import Floats, Histories, Integers

NAME = "BG_NBD"
PARAMETERS = ("r", "alpha", "a", "b")


def fit(histories: Histories) -> Fit:
    """The fit; ``alpha`` is in the unit of the histories' time."""
    scale = histories.mean_age
    starts = [(0.5, 0.3 * scale, 1.0, 3.0), (1.5, scale, 0.3, 1.0), (0.2, 0.05 * scale, 0.1, 2.0)]
    found = maximise(NAME, PARAMETERS, lambda values: likelihood(values, histories), starts, histories.size, ("alpha",))
    return with_doubts(found, enough(histories.size, histories.repeaters))


def likelihood(values: Floats, histories: Histories) -> tuple[float, Floats]:
    """The log-likelihood (equation 6) and its gradient.

    Written as ln Γ(r+x)/Γ(r) + r ln α - (r+x) ln(α+T) + ln B(a, b+x)/B(a, b) + ln(1 + odds of having left).
    """
    r, alpha, a, b = values
    x, n, each, of_each = histories.repeats, histories.customers, histories.counts, histories.customers_of_counts
    with_age, longer = np.log(alpha + histories.age), 1 / (alpha + histories.age)
    ratio = with_age - np.log(alpha + histories.recency)
    odds = _log_odds_of_having_left(values, x, ratio)
    left = special.expit(odds)
    psi = special.psi
    height = (
        of_each @ (special.gammaln(r + each) + special.gammaln(b + each) - special.gammaln(a + b + each))
        + n.sum() * (special.gammaln(a + b) - special.gammaln(b) - special.gammaln(r) + r * np.log(alpha))
        + n @ (np.logaddexp(0, odds) - (r + x) * with_age)
    )
    total, both = n.sum(), psi(a + b + each)
    slope = np.array(
        [
            of_each @ psi(r + each) + total * (np.log(alpha) - psi(r)) + n @ (left * ratio - with_age),
            total * r / alpha + n @ ((r + x) * (left * (longer - 1 / (alpha + histories.recency)) - longer)),
            total * psi(a + b) - of_each @ both + n @ left / a,
            total * (psi(a + b) - psi(b))
            + of_each @ (psi(b + each) - both)
            - n @ (left / np.where(x > 0, b + x - 1, 1)),
        ]
    )
    return float(height), slope


def alive(values: Floats, repeats: Floats, recency: Floats, age: Floats) -> Floats:
    """P(alive) at the end of the data (Fader, Hardie and Lee 2008, "Computing P(alive) Using the BG/NBD Model").

    Who never bought again cannot have left: the model lets customers leave after a repeat purchase only.
    """
    ratio = np.log((values[1] + age) / (values[1] + recency))
    probability: Floats = special.expit(-_log_odds_of_having_left(values, repeats, ratio))
    return probability


def while_alive(values: Floats, repeats: Floats, age: Floats, time: float | Floats) -> Floats:
    """Purchases expected in the next ``time`` of somebody who is alive now: equation 10 without its denominator."""
    if abs(values[2] - 1) < 1e-6:  # 0 / 0 at a = 1: the mean of the two sides, off by the square of their distance
        below, above = (np.array([values[0], values[1], 1 + aside, values[3]]) for aside in (-1e-5, 1e-5))
        return (while_alive(below, repeats, age, time) + while_alive(above, repeats, age, time)) / 2
    r, alpha, a, b = values
    z = time / (alpha + age + time)
    c = a + b + repeats - 1
    if a - 1 <= r:
        rest = (1 - z) ** (a - 1) * special.hyp2f1(a + b - 1 - r, a - 1, c, z)
    else:  # many leave: as it stands in the paper it is the tamer one for those with few repeats
        few = repeats + r < a - 1
        one, other = np.where(few, r + repeats, a - 1), np.where(few, b + repeats, a + b - 1 - r)
        with np.errstate(invalid="ignore"):
            rest = (1 - z) ** one * special.hyp2f1(one, other, c, z)
    expected: Floats = c / (a - 1) * (1 - rest)
    if not np.isfinite(expected).all():  # where the series fails: everybody leaves at the mean rate, a / (a+b+x)
        rate = a / (a + b + repeats)
        usual = (1 - np.exp((r + repeats) * np.log((alpha + age) / (alpha + age + rate * time)))) / rate
        expected = np.where(np.isfinite(expected), expected, usual)
    return expected


def expected(values: Floats, time: float | Floats) -> Floats:
    """E[X(t)]: repeat purchases of a customer in the ``time`` after the first purchase (equation 9)."""
    return while_alive(values, np.zeros(()), np.zeros(()), time)


def probability(values: Floats, purchases: Floats | Integers, time: float) -> Floats:
    """P(X(t) = n): that somebody makes exactly n repeat purchases in the ``time`` after the first (equation 8).

    The finite sum there is a regularised incomplete beta function, which does not cancel.
    """
    r, alpha, a, b = values
    n, z = np.asarray(purchases, np.float64), time / (alpha + time)
    whole = special.betaln(a, b)
    staying = special.gammaln(r + n) - special.gammaln(r) - special.gammaln(n + 1) + r * np.log1p(-z) + n * np.log(z)
    leaving = np.exp(special.betaln(a + 1, b + np.maximum(n, 1) - 1) - whole) * special.betainc(np.maximum(n, 1), r, z)
    found: Floats = np.exp(special.betaln(a, b + n) - whole + staying) + np.where(n > 0, leaving, 0)
    return found


def _log_odds_of_having_left(values: Floats, repeats: Floats, ratio: Floats) -> Floats:
    """ln [a / (b+x-1) * ((alpha+T) / (alpha+t_x))^(r+x)], ``ratio`` being the logarithm of the last fraction."""
    r, _, a, b = values
    again = repeats > 0
    odds: Floats = np.where(again, np.log(a / np.where(again, b + repeats - 1, 1)) + (r + repeats) * ratio, -np.inf)
    return odds
