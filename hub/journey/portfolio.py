"""How customers compare with each other: RFM scores, ABC classes, concentration.

Scores and classes are relative to the customers they are computed with. Equal values always get equal answers, so the
order of the customers does not matter. Revenue is in integer minor units of one currency, and all sums are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hub.journey.cut_offs import CUT_OFFS

Whole = NDArray[np.int64]
"""One whole number for each customer: days, purchases or minor units."""
Small = NDArray[np.int8]

SCORES = 5
"""Scores go from 1 to 5, 5 being best."""


def quintiles(values: NDArray[Any]) -> Small:
    """Scores from 1 (a fifth with the least) to 5, by rank.

    A customer's place is the share of customers below, and half of those equal (its midrank, themselves included);
    ``score = floor(5 * place) + 1``. So equal values get one score, the one their middle would have without ties, and
    a value that most customers share does not stand at an end.
    """
    count = len(values)
    if not count:
        return np.zeros(0, np.int8)
    ordered = np.sort(values)
    below = np.searchsorted(ordered, values, "left")
    until = np.searchsorted(ordered, values, "right")
    return (SCORES * (below + until) // (2 * count) + 1).astype(np.int8)


def rfm_scores(recency_days: NDArray[Any], frequency: NDArray[Any], monetary: NDArray[Any]) -> Small:
    """Scores of recency (fewer days are better), frequency and monetary value, one row of three for each customer."""
    scores = [quintiles(-np.asarray(recency_days, np.float64)), quintiles(frequency), quintiles(monetary)]
    return np.stack(scores, axis=1)


def abc_classes(revenue: Whole, cut_offs: Sequence[Decimal] = CUT_OFFS) -> Small:
    """The class of each customer by its place in ``CLASSES``: 0 is A.

    Customers are added up from the largest down. One is in a class when the sum with it, and with all of its own size,
    is at most the class's share of all positive revenue: who crosses a cut-off falls below it. The largest customer is
    always in the first class, and who brought nothing is in the last.
    """
    last = len(cut_offs)
    revenue = np.asarray(revenue, np.int64)
    if not (revenue > 0).any():
        return np.full(len(revenue), last, np.int8)
    sizes, place, count = np.unique(-np.maximum(revenue, 0), return_inverse=True, return_counts=True)
    sums = np.cumsum(-sizes * count)
    limits = [Fraction(cut_off) * int(sums[-1]) for cut_off in cut_offs]
    # A sum is whole, so it is within a limit when it is within the whole part of it.
    classes = np.searchsorted(np.array([limit.__floor__() for limit in limits], np.int64), sums, "left")
    classes[0] = 0
    classes[sizes == 0] = last
    return classes[place].astype(np.int8)


def share_of_top(revenue: Whole, part: Decimal) -> float:
    """The share of all positive revenue that the largest customers have. ``part`` of the customers, rounded up."""
    ordered = np.sort(np.maximum(np.asarray(revenue, np.int64), 0))[::-1]
    total = int(ordered.sum())
    top = (Fraction(part) * len(ordered)).__ceil__()
    return int(ordered[:top].sum()) / total if total else 0.0
