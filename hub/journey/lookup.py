"""Looking up moments in columns of customers and times."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


class Lookup:
    """Moments of customers, by customer and then time; ``customers`` has each once.

    ``order`` brings other columns into the same order.
    """

    def __init__(self, customer: Integers, at: Integers) -> None:
        self.order = np.lexsort((at, customer))
        self.customer = customer[self.order]
        self.at = at[self.order]
        fresh = np.ones(customer.size, bool)
        fresh[1:] = np.diff(self.customer) != 0
        self.customers = self.customer[fresh]
        self._times = np.sort(at)
        # A customer's rank and a time's rank in one number, so that one search finds both.
        self._width = self._times.size
        self._ranks = self._rank(self.customer, self.at, "left")

    def since(self, customer: Integers, at: Integers) -> Integers:
        """For each customer and time: the place of their first moment not before it, or the place after their last."""
        return self._search(customer, at, "left")

    def after(self, customer: Integers, at: Integers) -> Integers:
        """The same, of their first moment after it."""
        return self._search(customer, at, "right")

    def ends(self, customer: Integers) -> Integers:
        """The place after each customer's last moment."""
        return np.searchsorted(self.customer, customer, "right").astype(np.int64)

    def _rank(self, customer: Integers, at: Integers, side: Literal["left", "right"]) -> Integers:
        found: Integers = np.searchsorted(self.customers, customer) * self._width
        return found + np.searchsorted(self._times, at, side)

    def _search(self, customer: Integers, at: Integers, side: Literal["left", "right"]) -> Integers:
        found = np.searchsorted(self._ranks, self._rank(customer, at, side))
        # The rank of a customer without moments is that of the next one, among whose moments nothing is to be found.
        own = np.searchsorted(self.customer, customer)
        return np.clip(found, own, self.ends(customer))


def spread(begins: Integers, ends: Integers) -> Integers:
    """The places ``begins[i]`` up to ``ends[i]`` of every ``i``, one after another."""
    lengths = ends - begins
    shift = np.repeat(begins - (np.cumsum(lengths) - lengths), lengths)
    found: Integers = shift + np.arange(lengths.sum())
    return found
