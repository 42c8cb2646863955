"""Attribution of a whole hub: its touches and conversions, read block by block, become credits."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np

from hub.errors import InputWrong
from hub.journey.attribution import Attribution, Credits
from hub.journey.choices import NO_TOUCHES, AttributionDimension, AttributionModel
from hub.journey.touches import Conversions, Counted, Touches, paths
from hub.store import blocks
from hub.store.blocks import Block
from hub.store.filters import CustomerFilter, Span, TouchpointFilter
from hub.store.reader import Rows, Snapshot

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
# Whoever belongs to an organisation acts for it, but for those who buy themselves.
_BUYERS: Final = (
    f"{blocks.OWN} AND t.organisation IS NULL AND (c.organisation IS NULL"
    " OR EXISTS (SELECT 1 FROM purchase p WHERE p.customer = c.num))"
)


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
    wanted = _touches(asked)
    numbers: dict[Key, int] = defaultdict(count().__next__)
    credit = Credits(asked.model, asked.half_life)
    async for block in blocks.blocks(snapshot):
        touched = await _touched(snapshot, block, asked, wanted)
        converted = await _converted(snapshot, block, asked)
        await asyncio.to_thread(_take, credit, numbers, touched, converted, counted)
        if len(numbers) > MOST_KEYS:
            raise InputWrong(
                f"There are more than {MOST_KEYS} to share the conversions among.",
                path="touches",
                hint="Say by `touches` or `within` which of them matter.",
            )
    unconverted: Sequence[tuple[str, int]] = ()
    if asked.converting is None:
        unconverted = await blocks.unconverted(snapshot, asked.customers, start, asked.end, first_only=asked.first_only)
    return Attributed(tuple(numbers), credit.result(), tuple(unconverted))


def _touches(asked: Asked) -> TouchpointFilter:
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


async def _touched(snapshot: Snapshot, block: Block, asked: Asked, wanted: TouchpointFilter) -> list[Rows]:
    """(customer, at, key) of all touches, whosesoever account they count for."""
    key, known = _KEYS[asked.dimension]
    persons = _BUYERS if asked.converting is None else blocks.ALONE
    return [
        await blocks.doings(snapshot, block, relation, f"t.occurred_at, {key}", asked.customers, wanted, known)
        for relation in (persons, blocks.NAMED, blocks.OF_PEOPLE)
    ]


async def _converted(snapshot: Snapshot, block: Block, asked: Asked) -> list[Rows]:
    """(customer, at, anything, minor units) of all conversions."""
    if asked.converting is None:
        return [await blocks.purchases(snapshot, block, asked.customers)]
    return [
        await blocks.doings(snapshot, block, relation, "t.occurred_at, t.num, 0", asked.customers, asked.converting)
        for relation in (blocks.ALONE, blocks.NAMED, blocks.OF_PEOPLE)
    ]


def _take(
    credit: Credits, numbers: dict[Key, int], touched: Sequence[Rows], converted: Sequence[Rows], counted: Counted
) -> None:
    touch = [row for rows in touched for row in rows]
    conversion = [row for rows in converted for row in rows]
    keys = np.fromiter((numbers[row[2]] for row in touch), np.int64, len(touch))
    touches = Touches(blocks.column(touch, 0), blocks.column(touch, 1), keys)
    conversions = Conversions(*(blocks.column(conversion, place) for place in (0, 1, 3)))
    credit.take(paths(touches, conversions, counted), len(numbers))
