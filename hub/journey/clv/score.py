"""What the models expect of each customer: P(alive), purchases and money of the coming months.

Money is discounted by the month: the sum over months i of E[purchases in month i] * E[M] / (1 + rate)^i (Fader, Hardie
and Lee 2005, "RFM and CLV", with whole months).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hub.journey.clv import gamma_gamma
from hub.journey.clv.choices import MONTHS, RATE
from hub.journey.clv.histories import Floats, Integers
from hub.journey.clv.models import PurchaseModel

MONTH = 365.25 / 12
"""Days."""
_CHUNK = 32_768
"""Customers at a time: the arrays of a step stay in the processor's cache."""
_TABLE = 1 << 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far ahead, and at what discount: ``rate`` is per month, .01 being a hundredth."""

    months: int = MONTHS
    rate: float = RATE
    month: float = MONTH
    """Days of a month."""


@dataclass(frozen=True, slots=True)
class Scores:
    """One number for each customer. ``value`` is in the unit of the money given; NaN where spend has no mean."""

    alive: Floats
    purchases: Floats
    value: Floats


def score(
    model: PurchaseModel,
    values: Floats,
    spend: Floats | None,
    repeats: Floats,
    recency: Floats,
    age: Floats,
    known: Floats,
    mean: Floats,
    *,
    unit: float = 1.0,
    horizon: Horizon | None = None,
) -> Scores:
    """Score customers by fitted parameters of purchases and of ``spend`` (None: no value).

    ``recency`` and ``age`` are whole days, ``unit`` the days of the unit the model was fitted in. ``known`` repeats
    have the mean ``mean``.
    """
    horizon = horizon or Horizon()
    purchases, worth, place = _while_alive(model, values, repeats, age, unit, horizon)
    size = len(repeats)
    scores = Scores(*(np.empty(size) for _ in range(3)))
    for start in range(0, size, _CHUNK):
        rows = slice(start, start + _CHUNK)
        alive = model.alive(values, repeats[rows], recency[rows] / unit, age[rows] / unit)
        scores.alive[rows] = alive
        np.multiply(alive, purchases[place[rows]], out=scores.purchases[rows])
        if spend is None:
            scores.value[rows] = np.nan
        else:
            money = gamma_gamma.expected_mean(spend, known[rows], mean[rows])
            money *= worth[place[rows]]
            np.multiply(alive, money, out=scores.value[rows])
    return scores


def _while_alive(
    model: PurchaseModel, values: Floats, repeats: Floats, age: Floats, unit: float, horizon: Horizon
) -> tuple[Floats, Floats, Integers]:
    """Purchases of the horizon, as they are and discounted, of each different (repeats, age), and each one's place.

    Recency plays no part in them, so customers by the million have few different ones, and the functions that cost time
    are called for those only.
    """
    if not len(repeats):
        return np.empty(0), np.empty(0), np.empty(0, np.int64)
    width = int(repeats.max()) + 1
    keys = age.astype(np.int64) * width + repeats.astype(np.int64)
    if int(keys.max()) < _TABLE:
        there = np.bincount(keys) > 0
        different, place = np.flatnonzero(there), (np.cumsum(there) - 1)[keys]
    else:
        different, place = np.unique(keys, return_inverse=True)
    ages, counts = (different // width).astype(np.float64) / unit, (different % width).astype(np.float64)
    until, discounted = np.zeros(len(different)), np.zeros(len(different))
    for month in range(1, horizon.months + 1):
        more = model.while_alive(values, counts, ages, month * horizon.month / unit)
        discounted += (more - until) / (1 + horizon.rate) ** month
        until = more
    return until, discounted, place
