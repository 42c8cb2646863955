"""P(alive) of one customer, without numpy: for rules that ask it of one timeline at a time.

The same numbers as ``bg_nbd.alive`` and ``pareto_nbd.alive`` give for arrays; sources and formulas stand there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

NODES = 32
DECAY = 45.0
"""Where e^-45 of an integrand is left the rest of its integral is below the last digit of a float."""


def p_alive(parameters: Mapping[str, float], repeats: int, recency: float, age: float) -> float:
    """The probability that somebody who bought ``repeats`` times after the first purchase has not left for good.

    ``parameters`` are those of a fit: r, alpha, a, b (BG/NBD) or r, alpha, s, beta (Pareto/NBD). ``recency`` (from the
    first purchase to the last) and ``age`` (from the first purchase until now) are in the unit of the fit.
    """
    if "beta" in parameters:
        odds = _pareto(parameters, repeats, recency, age)
    else:
        odds = _bg(parameters, repeats, recency, age)
    return 1 / (1 + math.exp(odds)) if odds < 700 else 0.0


def falls_below(parameters: Mapping[str, float], repeats: int, recency: float, threshold: float) -> float | None:
    """The age at which P(alive) falls to ``threshold``, if nothing is bought until then; None when it never does.

    P(alive) only falls while nothing is bought. Found by bisection, to a millionth of the age.
    """
    low, high = recency, max(1.0, 2 * recency)
    while p_alive(parameters, repeats, recency, high) > threshold:
        low, high = high, 2 * high
        if high > 1e9:
            return None
    while high - low > 1e-6 * high:
        middle = (low + high) / 2
        if p_alive(parameters, repeats, recency, middle) > threshold:
            low = middle
        else:
            high = middle
    return high


@cache
def quadrature(size: int = NODES) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Nodes and weights of Gauss and Legendre for the integral from 0 to 1, by Newton's method on the polynomial."""
    nodes, weights = [], []
    for index in range(size):
        x = math.cos(math.pi * (index + 0.75) / (size + 0.5))
        for _ in range(8):
            value, slope = _legendre(size, x)
            x -= value / slope
        _, slope = _legendre(size, x)
        nodes.append((1 - x) / 2)
        weights.append(1 / ((1 - x * x) * slope * slope))
    return tuple(nodes), tuple(weights)


def _legendre(size: int, x: float) -> tuple[float, float]:
    before, value = 1.0, x
    for degree in range(2, size + 1):
        before, value = value, ((2 * degree - 1) * x * value - (degree - 1) * before) / degree
    return value, size * (before - x * value) / (1 - x * x)


def _bg(parameters: Mapping[str, float], repeats: int, recency: float, age: float) -> float:
    if repeats == 0:
        return -math.inf
    r, alpha, a, b = (parameters[name] for name in ("r", "alpha", "a", "b"))
    return math.log(a / (b + repeats - 1)) + (r + repeats) * math.log((alpha + age) / (alpha + recency))


def _pareto(parameters: Mapping[str, float], repeats: int, recency: float, age: float) -> float:
    if age <= recency:
        return -math.inf
    r, alpha, s, beta = (parameters[name] for name in ("r", "alpha", "s", "beta"))
    least = min(alpha, beta)
    start = least + recency
    pace = start * ((r + repeats) / (alpha + recency) + s / (beta + recency))
    width = min(math.log((least + age) / start), DECAY / pace)
    terms = []
    for node, weight in zip(*quadrature(), strict=True):
        y = start * math.exp(width * node) - least
        term = (r + repeats) * math.log((alpha + age) / (alpha + y)) + s * math.log((beta + age) / (beta + y))
        terms.append(term + math.log(weight * (least + y) / (beta + y)))
    highest = max(terms)
    return highest + math.log(s * width * sum(math.exp(term - highest) for term in terms))
