"""How many customers stay: churn by period with its trend, and survival curves.

Two ways to say that somebody left. By purchases: bought in one period and not in the next. By standing: became LAPSED,
which takes the rules' silence into account. Both need no model; a survival curve adds how long customers stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Churn:
    """Of ``customers`` at stake in a period, how many were ``lost``."""

    customers: int
    lost: int

    @property
    def rate(self) -> float | None:
        """The share that was lost; None when nobody was at stake."""
        return self.lost / self.customers if self.customers else None


def churn_by_purchases(customer: Whole, period: Whole, periods: int) -> list[Churn]:
    """Customers who bought in a period, and those of them who did not in the one after; one answer for each period
    from 0 to ``periods - 2``. ``customer`` and ``period`` say who bought when; other periods are left out."""
    inside = (period >= 0) & (period < periods)
    bought = np.unique(np.stack([customer[inside], period[inside]], axis=1), axis=0)
    who, when = bought[:, 0], bought[:, 1]
    # Sorted by customer, then period: who comes again comes next.
    again = np.zeros(len(bought), bool)
    again[:-1] = (who[1:] == who[:-1]) & (when[1:] == when[:-1] + 1)
    active = np.bincount(when, minlength=periods)
    stayed = np.bincount(when[again], minlength=periods)
    return [Churn(int(active[place]), int(active[place] - stayed[place])) for place in range(max(0, periods - 1))]


def churn_by_standing(alive: int, came: Sequence[int], lapsed: Sequence[int]) -> list[Churn]:
    """Customers alive at the start of each period, and those who lapsed within it.

    ``alive``: how many are before the first period; ``came``: who began or came back in each.
    """
    found = []
    for more, lost in zip(came, lapsed, strict=True):
        found.append(Churn(alive, lost))
        alive += more - lost
    return found


def trend(rates: Sequence[float | None]) -> float | None:
    """By how much a rate changes from one period to the next: the slope of the least-squares line.

    Periods without a rate are left out; None with fewer than three.
    """
    known = [(place, rate) for place, rate in enumerate(rates) if rate is not None]
    if len(known) < 3:  # through two points every line is exact
        return None
    places, values = np.array(known, np.float64).T
    places -= places.mean()
    return float(places @ (values - values.mean()) / (places @ places))


@dataclass(frozen=True, slots=True)
class Survival:
    """A Kaplan-Meier curve: one entry for each time at which somebody left, in order.

    ``survival`` holds from that time on; ``variance`` is Greenwood's. ``at_risk`` were still there just before.
    """

    times: Real
    at_risk: Whole
    left: Whole
    survival: Real
    variance: Real

    def at(self, time: float) -> float:
        """The share that stays longer than ``time``."""
        place = int(np.searchsorted(self.times, time, "right"))
        return float(self.survival[place - 1]) if place else 1.0

    @property
    def median(self) -> float | None:
        """The first time at which half or less are left; None when more than half stay to the end."""
        below = np.flatnonzero(self.survival <= 0.5)
        return float(self.times[below[0]]) if len(below) else None


def kaplan_meier(durations: NDArray[Any], observed: NDArray[Any], counts: Whole | None = None) -> Survival:
    """The product-limit estimate (Kaplan and Meier 1958) of how long customers stay.

    ``observed`` says who left after their duration; the others were still there when last seen. Who was last seen at
    the time of a leave was at risk then. ``counts``: how many customers each row stands for, one by default.
    """
    counts = np.ones(len(durations), np.int64) if counts is None else counts
    times, place = np.unique(np.asarray(durations, np.float64), return_inverse=True)
    ends = np.zeros(len(times), np.int64)
    np.add.at(ends, place, counts)
    left = np.zeros(len(times), np.int64)
    np.add.at(left, place, np.where(np.asarray(observed, bool), counts, 0))
    at_risk = np.cumsum(ends[::-1])[::-1]
    happened = left > 0
    times, left, at_risk = times[happened], left[happened], at_risk[happened]
    survival: Real = np.cumprod((at_risk - left) / at_risk, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.cumsum(left / (at_risk * (at_risk - left)))
        # Where nobody is left, nothing is uncertain any more.
        variance: Real = np.where(survival > 0, survival**2 * hazard, 0.0)
    return Survival(times, at_risk, left, survival, variance)
