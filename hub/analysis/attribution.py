"""Attribution of a whole hub: its touches and conversions become credits."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from hub.analysis.accounts import Accounts, column, purchases, slices, whole
from hub.analysis.accounts import parts as parts_of
from hub.errors import InputWrong
from hub.journey.attribution import Attribution, Credits
from hub.journey.choices import NO_TOUCHES, AttributionDimension, AttributionModel
from hub.journey.touches import Conversions, Counted, Touches, paths
from hub.store import blocks, scans
from hub.store.filters import CustomerFilter, Span, TouchpointFilter
from hub.store.reader import Rows, Snapshot

Integers = NDArray[np.int64]
Key = str | int
"""A channel, the row number of a campaign, or a utm_source."""

MOST_KEYS: Final = 1000
"""Channels, campaigns or utm_sources among which conversions are shared; Markov solves a system of so many."""
_KEYS: Final = {
    AttributionDimension.CHANNEL: ("t.channel", "1 = 1"),
    AttributionDimension.CAMPAIGN: ("t.campaign", "t.campaign IS NOT NULL"),
    AttributionDimension.UTM_SOURCE: ("t.origin_source", "t.origin_source IS NOT NULL"),
}
_FOREVER: Final = 2**61


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What attribution is asked for. Times and ``lookback`` in microseconds, ``half_life`` in days.

    ``converting``: which touchpoints are conversions; purchases that stand without it. ``touches``: which of the
    touchpoints that count as touches do so now.
    """

    model: AttributionModel
    dimension: AttributionDimension
    start: int | None
    end: int
    lookback: int
    half_life: float
    first_only: bool
    customers: CustomerFilter
    touches: TouchpointFilter
    converting: TouchpointFilter | None


@dataclass(frozen=True, slots=True)
class Attributed:
    """What each key gets, and what has no rate: (currency, minor units). ``keys`` are in the order of the credits."""

    keys: tuple[Key, ...]
    credits: Attribution
    unconverted: tuple[tuple[str, int], ...]


async def attribution(snapshot: Snapshot, asked: Asked) -> Attributed:
    """Share the conversions of a span among what touched those who converted.

    Raises ``InputWrong`` for more than ``MOST_KEYS`` campaigns or utm_sources.
    """
    start = -_FOREVER if asked.start is None else asked.start
    counted = Counted(start, asked.end, asked.lookback, asked.first_only, at_once=asked.converting is None)
    accounts = await Accounts.read(snapshot, asked.customers)
    converted = await _conversions(snapshot, asked, accounts)
    credit, numbers = Credits(asked.model, asked.half_life), defaultdict[Key, int](count().__next__)
    parts = await parts_of(snapshot)
    for part in range(parts):
        touches = await _touched(snapshot, asked, accounts, converted, numbers, part, parts)
        mine = converted if parts == 1 else _chosen(converted, converted.customer % parts == part)
        await asyncio.to_thread(_take, credit, len(numbers), touches, mine, counted)
    unconverted: Sequence[tuple[str, int]] = ()
    if asked.converting is None:
        unconverted = await blocks.unconverted(snapshot, asked.customers, start, asked.end, first_only=asked.first_only)
    return Attributed(tuple(numbers), credit.result(), tuple(unconverted))


def _wanted(asked: Asked) -> TouchpointFilter:
    """What counts as a touch: nothing automated, internal or of the papers, unless asked for by name."""
    given = asked.touches
    never = []
    if given.kinds is None:
        never.append(TouchpointFilter(kinds=NO_TOUCHES))
    if given.directions is None:
        never.append(TouchpointFilter(directions=("INTERNAL",)))
    return TouchpointFilter(
        automated=False if given.automated is None else None,
        occurred=Span(None if asked.start is None else asked.start - asked.lookback, asked.end),
        all_of=(given,),
        none_of=TouchpointFilter(any_of=tuple(never)) if never else None,
    )


async def _conversions(snapshot: Snapshot, asked: Asked, accounts: Accounts) -> Conversions:
    """All of them, whenever they were, in order of account and time."""
    if asked.converting is None:
        customer, at, _, amount = await purchases(snapshot, accounts.customers)
        return Conversions(customer, at, amount)
    found: list[list[Integers]] = [[], [], []]
    async for rows in scans.touchpoints(snapshot, "0", asked.converting):
        places, account = accounts.of_money(column(rows, 1), column(rows, 2), np.empty(0, np.int64))
        for columns, more in zip(found, (account, column(rows, 3)[places], 0 * places), strict=True):
            columns.append(more)
    customer, at, amount = (whole(columns) for columns in found)
    return _chosen(Conversions(customer, at, amount), np.lexsort((at, customer)))


async def _touched(
    snapshot: Snapshot,
    asked: Asked,
    accounts: Accounts,
    converted: Conversions,
    numbers: dict[Key, int],
    part: int,
    parts: int,
) -> Touches:
    """The touches of one part of the accounts; their keys are numbered on the way."""
    key, known = _KEYS[asked.dimension]
    # Who acts for an organisation has a path of their own only if they buy something themselves.
    buyers = np.unique(converted.customer if asked.converting is None else converted.customer[:0])

    def read(rows: Rows) -> tuple[Integers, Integers, NDArray[np.int16]]:
        places, account = accounts.of_money(column(rows, 1), column(rows, 2), buyers)
        if parts > 1:
            mine = account % parts == part
            places, account = places[mine], account[mine]
        keys = np.fromiter((numbers[row[4]] for row in rows), np.int16, len(rows))
        return account, column(rows, 3)[places], keys[places]

    found = []
    async for rows in scans.touchpoints(snapshot, key, _wanted(asked), known):
        found.append(await asyncio.to_thread(read, rows))
        if len(numbers) > MOST_KEYS:
            raise InputWrong(
                f"There are more than {MOST_KEYS} to share the conversions among.",
                path="touches",
                hint="Say by `touches` or `within` which of them matter.",
            )
    account, at = whole([each[0] for each in found]), whole([each[1] for each in found])
    return Touches(account, at, np.concatenate([np.empty(0, np.int16), *(each[2] for each in found)]))


def _take(credit: Credits, keys: int, touches: Touches, converted: Conversions, counted: Counted) -> None:
    for places, low, high in slices(touches.customer):
        begin, end = np.searchsorted(converted.customer, (low, high))
        some = Touches(touches.customer[places], touches.at[places], touches.key[places].astype(np.int64))
        credit.take(paths(some, _chosen(converted, slice(begin, end)), counted), keys)


def _chosen(conversions: Conversions, places: Any) -> Conversions:
    return Conversions(conversions.customer[places], conversions.at[places], conversions.amount[places])
