"""Whose touchpoints are: which of them count for which customers of an analysis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.journey.lookup import spread
from hub.store import scans
from hub.store.filters import CustomerFilter
from hub.store.parts import columns, joined
from hub.store.purchases import in_order
from hub.store.reader import Rows, Snapshot

Integers = NDArray[np.int64]
_TOGETHER: Final = 500_000
"""Touchpoints that are reckoned at a time."""
_HELD: Final = 10_000_000
"""Touchpoints that are held at a time, in some 60 bytes each; of more, all are read again for each part of the
accounts."""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Customers of an analysis by row number, ``belongs`` for those of an organisation; and who belongs to which."""

    customers: Integers
    belongs: NDArray[np.bool_]
    person: Integers
    organisation: Integers

    @classmethod
    async def read(cls, snapshot: Snapshot, wanted: CustomerFilter) -> Accounts:
        """Those whom a filter takes."""
        customers, affiliations = await scans.customers(snapshot, wanted), await scans.affiliations(snapshot)
        return await asyncio.to_thread(
            lambda: cls(
                column(customers, 0), column(customers, 1) == 1, column(affiliations, 0), column(affiliations, 1)
            )
        )

    def of_all(self, customer: Integers, organisation: Integers) -> tuple[Integers, Integers]:
        """Places of touchpoints and the customer each counts for: the person, and the organisation that it names."""
        places = np.arange(customer.size)
        return self._taken(np.concatenate((places, places)), np.concatenate((customer, organisation)))

    def of_money(self, customer: Integers, organisation: Integers, buyers: Integers) -> tuple[Integers, Integers]:
        """The same by the account that money would count for.

        The organisation that is named; else those the person belongs to, and the person too when among ``buyers``.
        """
        nameless = np.flatnonzero(organisation < 0)
        who = customer[nameless]
        alone = ~marked(self.customers[self.belongs], who) | marked(buyers, who)
        begins, ends = (np.searchsorted(self.person, who, side) for side in ("left", "right"))
        places = (np.arange(customer.size), nameless[alone], np.repeat(nameless, ends - begins))
        accounts = (organisation, who[alone], self.organisation[spread(begins, ends)])
        return self._taken(np.concatenate(places), np.concatenate(accounts))

    def _taken(self, places: Integers, accounts: Integers) -> tuple[Integers, Integers]:
        mine = marked(self.customers, accounts)
        return places[mine], accounts[mine]


async def parts(snapshot: Snapshot) -> int:
    """In how many parts of the accounts an analysis goes, by the size of the hub."""
    return await scans.size(snapshot) // _HELD + 1


async def purchases(snapshot: Snapshot, customers: Integers) -> Integers:
    """Customer, time, day and amount (0 where there is no rate) of what these customers bought; one row of it each.

    In order of time for each customer.
    """

    def theirs(rows: Rows) -> Integers:
        found = columns(rows, 5)
        return found[:, marked(customers, found[0])]

    held = [await asyncio.to_thread(theirs, rows) async for rows in scans.purchases(snapshot)]
    return await asyncio.to_thread(lambda: in_order(joined(held, 5)))


def marked(known: Integers, numbers: Integers) -> NDArray[np.bool_]:
    """Which of ``numbers`` are among ``known``, which are in order."""
    if not known.size:
        return np.zeros(numbers.size, bool)
    found: NDArray[np.bool_] = known[np.minimum(np.searchsorted(known, numbers), known.size - 1)] == numbers
    return found


def column(rows: Rows, place: int) -> Integers:
    """One column of whole numbers."""
    return np.fromiter((row[place] for row in rows), np.int64, len(rows))


def whole(parts: list[Integers]) -> Integers:
    """The parts one after another."""
    return np.concatenate([np.empty(0, np.int64), *parts])


def slices(account: Integers) -> Iterator[tuple[Integers, int, int]]:
    """Places of all rows, some hundred thousand at a time, those of one account together.

    Each with the range of accounts that it covers, the end left out; together they cover all numbers.
    """
    order = np.argsort(account, kind="stable")
    ordered = account[order]
    low, begin = np.iinfo(np.int64).min, 0
    while begin < order.size:
        end, high = order.size, np.iinfo(np.int64).max
        if begin + _TOGETHER < order.size:
            high = int(ordered[begin + _TOGETHER]) + 1
            end = int(np.searchsorted(ordered, high))
        yield order[begin:end], int(low), int(high)
        low, begin = high, end
    if low < np.iinfo(np.int64).max:
        yield order[begin:], int(low), int(np.iinfo(np.int64).max)
