"""What the models know of a customer: repeats x, recency t_x and age T, and the mean of a repeat purchase.

Purchases of one customer on one day count once. Age and recency are counted from the first purchase.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Histories:
    """Equal histories in one row, because a likelihood is a sum over customers: fewer rows, the same sum."""

    repeats: Floats
    """x: purchases after the first."""
    recency: Floats
    """t_x: from the first purchase to the last; 0 when there is one only."""
    age: Floats
    """T: from the first purchase to the end of the data."""
    customers: Floats
    """How many customers have this history."""
    counts: Floats
    """The different numbers of repeats ..."""
    customers_of_counts: Floats
    """... and how many customers have each."""

    @property
    def size(self) -> int:
        """How many customers there are."""
        return int(self.customers.sum())

    def some(self, most: int) -> Histories:
        """Not more than so many rows, spread evenly: enough to begin a search with."""
        step = -(-len(self.repeats) // most)
        if step <= 1:
            return self
        return grouped(self.repeats[::step], self.recency[::step], self.age[::step], self.customers[::step])

    @property
    def mean_age(self) -> float:
        """The scale of time of these customers, where a search may begin."""
        return float(self.customers @ self.age) / max(self.size, 1) or 1.0

    @property
    def repeaters(self) -> int:
        """How many of them bought again."""
        return int(self.customers[self.repeats > 0].sum())


def grouped(repeats: Floats, recency: Floats, age: Floats, customers: Floats | None = None) -> Histories:
    """Equal histories together. ``customers`` says how many customers each given row stands for, otherwise one."""
    rows = np.column_stack([np.asarray(each, np.float64) for each in (repeats, recency, age)])
    weights = np.ones(len(rows)) if customers is None else np.asarray(customers, np.float64)
    order = np.lexsort(rows.T)
    rows, weights = rows[order], weights[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    starts = np.flatnonzero(first)
    rows = rows[starts]
    sums = np.add.reduceat(weights, starts) if len(starts) else weights
    counts, at = np.unique(rows[:, 0], return_inverse=True)
    repeats, recency, age = (np.ascontiguousarray(column) for column in rows.T)
    return Histories(repeats, recency, age, sums, counts, np.bincount(at, sums, len(counts)).astype(np.float64))


@dataclass(frozen=True, slots=True)
class Summary:
    """One row for each customer who bought until a day, in ascending order of the customer's number. Time in days."""

    customers: Integers
    repeats: Floats
    recency: Floats
    age: Floats
    spend: Floats
    """All that was spent, the first purchase included."""
    mean: Floats
    """z: the mean of a repeat purchase (a day's purchases together); 0 without one, or when no amount is known."""
    known: Floats
    """Of how many repeat purchases the amount is known."""

    @property
    def size(self) -> int:
        """How many customers there are."""
        return len(self.customers)

    def some(self, most: int) -> Summary:
        """Not more than so many customers, every n-th."""
        step = -(-self.size // most)
        if step <= 1:
            return self
        return Summary(*(getattr(self, each.name)[::step] for each in fields(self)))


def summarise(customers: Integers, days: Integers, amounts: Floats, end: int) -> Summary:
    """The histories of purchases until the day ``end``, that day included. Purchases come in any order.

    ``days`` since 1970-01-01; an amount of NaN is unknown: the purchase counts, its money does not.
    """
    keep = days <= end
    customers, days, amounts = customers[keep], days[keep], amounts[keep]
    if not len(customers):
        nothing = np.empty(0)
        return Summary(np.empty(0, np.int64), *([nothing] * 6))
    order = np.lexsort((days, customers))
    customers, days, amounts = customers[order], days[order], amounts[order]
    new_customer = np.r_[True, customers[1:] != customers[:-1]]
    starts = np.flatnonzero(new_customer | np.r_[True, days[1:] != days[:-1]])
    known = ~np.isnan(amounts)
    amounts = np.add.reduceat(np.where(known, amounts, 0.0), starts)
    known = np.add.reduceat(known.astype(np.float64), starts) > 0
    customers, days, new_customer = customers[starts], days[starts], new_customer[starts]
    first = np.flatnonzero(new_customer)
    last = np.r_[first[1:], len(days)] - 1
    spend = np.add.reduceat(amounts, first)
    repeats_known = np.add.reduceat(known.astype(np.float64), first) - known[first]
    return Summary(
        customers[first],
        (last - first).astype(np.float64),
        (days[last] - days[first]).astype(np.float64),
        (end - days[first]).astype(np.float64),
        spend,
        np.divide(spend - amounts[first], repeats_known, out=np.zeros(len(first)), where=repeats_known > 0),
        repeats_known,
    )
