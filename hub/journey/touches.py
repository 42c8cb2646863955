"""The paths that touches make on their way to conversions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.journey.attribution import Paths
from hub.journey.lookup import Lookup, spread

Integers = NDArray[np.int64]
_DAY: Final = 86_400_000_000


@dataclass(frozen=True, slots=True)
class Touches:
    """Columns of equal length, in any order. ``at`` in microseconds; ``key`` numbers a channel or campaign."""

    customer: Integers
    at: Integers
    key: Integers


@dataclass(frozen=True, slots=True)
class Conversions:
    """Columns of equal length, in any order. ``amount`` in minor units."""

    customer: Integers
    at: Integers
    amount: Integers


@dataclass(frozen=True, slots=True)
class Counted:
    """Which conversions count: from ``start`` on and before ``end``, microseconds; of each customer all, or the first.

    ``lookback``: microseconds. A touch is on a conversion's path when it is at most so much older. ``at_once`` says
    whether a touch at the very moment of a conversion is on its path.
    """

    start: int
    end: int
    lookback: int
    first_only: bool = False
    at_once: bool = True


def paths(touches: Touches, conversions: Conversions, counted: Counted) -> Paths:
    """The path to each conversion that counts, then the path of each customer that has led nowhere by the end.

    The latter is of touches within the lookback before the end that follow the customer's last conversion before it.
    Where only first conversions count, those who have had theirs are on no such path.
    """
    touched, converted = Lookup(touches.customer, touches.at), Lookup(conversions.customer, conversions.at)
    counts = (converted.at >= counted.start) & (converted.at < counted.end)
    if counted.first_only:
        counts[1:] &= np.diff(converted.customer) != 0
    customer, at = converted.customer[counts], converted.at[counts]
    ends = (touched.after if counted.at_once else touched.since)(customer, at)
    begins = touched.since(customer, at - counted.lookback)
    lost_begins, lost_ends = _lost(touched, converted, counted)

    places = spread(np.concatenate((begins, lost_begins)), np.concatenate((ends, lost_ends)))
    lengths = np.concatenate((ends - begins, lost_ends - lost_begins))
    until = np.concatenate((at, np.full(lost_ends.size, counted.end)))
    return Paths(
        keys=touches.key[touched.order][places],
        ages=(np.repeat(until, lengths) - touched.at[places]) / _DAY,
        starts=np.concatenate((np.zeros(1, np.int64), np.cumsum(lengths))),
        weights=np.ones(lengths.size, np.int64),
        converted=np.arange(lengths.size) < at.size,
        amounts=np.concatenate((conversions.amount[converted.order][counts], np.zeros(lost_ends.size, np.int64))),
    )


def _lost(touched: Lookup, converted: Lookup, counted: Counted) -> tuple[Integers, Integers]:
    """Where the touches begin and end that have led nowhere by the end, for each customer who has some."""
    customer = touched.customers
    end = np.full(customer.size, counted.end)
    begins, ends = touched.since(customer, end - counted.lookback), touched.since(customer, end)
    first, past = np.searchsorted(converted.customer, customer), converted.since(customer, end)
    bought = past > first
    since = touched.after(customer[bought], converted.at[past[bought] - 1])
    begins[bought] = ends[bought] if counted.first_only else np.maximum(begins[bought], since)
    lost = begins < ends
    return begins[lost], ends[lost]
