"""Figures of matters by any of their sides: how many, how much, won and lost, and how long they took."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hub.journey.rates import Exchange
from hub.store import matter_stats, rates
from hub.store.filters import MatterFilter
from hub.store.matter_stats import Grouping
from hub.store.reader import Snapshot

if TYPE_CHECKING:
    from hub.journey.pipelines import Stays

Key = tuple[Any, ...]
"""What a group has in common: the number of its bucket, then its values, row numbers where they name rows."""


@dataclass(slots=True)
class Figures:
    """Figures of one group. Amounts are minor units of the reporting currency, means microseconds."""

    key: Key
    matters: int = 0
    open: int = 0
    overdue: int = 0
    won: int = 0
    lost: int = 0
    to_close: float | None = None
    to_win: float | None = None
    to_lose: float | None = None
    to_answer: float | None = None
    in_state: float | None = None
    amount: int = 0
    won_amount: int = 0
    lost_amount: int = 0
    open_amount: int = 0
    outstanding: int = 0

    @property
    def win_rate(self) -> float | None:
        """Won of those that were won or lost."""
        decided = self.won + self.lost
        return self.won / decided if decided else None


@dataclass(frozen=True, slots=True)
class Stats:
    """Figures by group, in no order; ``not_converted``: sums of minor units in currencies without a rate."""

    groups: Sequence[Figures]
    not_converted: Sequence[tuple[str, int]] = field(default=())


async def stats(snapshot: Snapshot, grouping: Grouping, wanted: MatterFilter, currency: str, now: int) -> Stats:
    """Count, sum and time matters in groups, amounts in ``currency``; each in another one is converted by itself."""
    groups: dict[Key, Figures] = {}
    for row in await matter_stats.counts(snapshot, grouping, wanted, now):
        key = grouping.key(row)
        counts, means = row[len(key) : len(key) + 5], row[len(key) + 5 :]
        groups[key] = Figures(key, *counts, *(None if mean is None else float(mean) for mean in means))
    lacking: dict[str, int] = {}
    rows = await matter_stats.amounts(snapshot, grouping, wanted, currency)
    width = len(grouping.columns)
    exchanges = await rates.exchanges(snapshot, {row[width] for row in rows}, currency)
    for row in rows:
        _add(groups[grouping.key(row)], row[width:], exchanges, lacking)
    return Stats(list(groups.values()), sorted((code, minor) for code, minor in lacking.items() if minor))


def _add(group: Figures, row: Sequence[Any], exchanges: Mapping[str, Exchange], lacking: dict[str, int]) -> None:
    currency, day, amount, outstanding, matters, *sums = row
    if (exchange := exchanges.get(currency)) is not None:
        worth = [None if each is None else exchange.convert(each, day) for each in (amount, outstanding)]
        if worth[0] is None:
            lacking[currency] = lacking.get(currency, 0) + sums[0]
            return
        # A sum is of matters with the very same amount: as many times what each is worth.
        sums = [matters * worth[0] if each else 0 for each in sums[:4]] + [matters * (worth[1] or 0)]
    group.amount += sums[0]
    group.won_amount += sums[1]
    group.lost_amount += sums[2]
    group.open_amount += sums[3]
    group.outstanding += sums[4]


@dataclass(frozen=True, slots=True)
class Medians:
    """Median microseconds to the end, by group: of all that have ended, of those won, of those lost."""

    to_close: dict[Key, float]
    to_win: dict[Key, float]
    to_lose: dict[Key, float]


async def medians(snapshot: Snapshot, grouping: Grouping, wanted: MatterFilter) -> Medians:
    """The medians of all groups."""
    ended = await matter_stats.medians(snapshot, grouping, wanted, by_outcome=False)
    by_outcome = await matter_stats.medians(snapshot, grouping, wanted, by_outcome=True)

    def of(outcome: str) -> dict[Key, float]:
        return {grouping.key(row): float(row[-1]) for row in by_outcome if row[-2] == outcome}

    # Without dimensions there is a row even of nothing.
    return Medians({grouping.key(row): float(row[-1]) for row in ended if row[-1] is not None}, of("WON"), of("LOST"))


# Pipelines ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """From one state to the next. ``share``: of the matters that were ever in the first one."""

    state: str
    matters: int
    share: float
    median: float | None


@dataclass(frozen=True, slots=True)
class PipelineState:
    """One state of a pipeline: who reached it, who is in it, what became of them, and how long it took."""

    state: str
    reached: int
    share: float
    now: int
    won: int
    lost: int
    mean: float | None
    median: float | None
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Flow:
    """A pipeline: its matters and its states, those that come first on average before the others."""

    total: Figures
    states: Sequence[PipelineState]
    not_converted: Sequence[tuple[str, int]]


async def pipeline(snapshot: Snapshot, wanted: MatterFilter, currency: str, now: int) -> Flow:
    """How matters went from state to state."""
    found = await stats(snapshot, Grouping(), wanted, currency, now)
    names: dict[str, int] = {}
    blocks = [
        await asyncio.to_thread(_stays, rows, names) async for rows in matter_stats.stays(snapshot, wanted) if rows
    ]
    states = await asyncio.to_thread(_flow, blocks, list(names), found.groups[0].matters)
    return Flow(found.groups[0], states, found.not_converted)


def _stays(rows: Sequence[Any], names: dict[str, int]) -> Stays:
    """Columns of one block; states that are met first get the next number in ``names``."""
    import numpy as np  # a start of the hub should not pay for it

    from hub.journey.pipelines import Stays

    def column(values: Iterable[int | bool]) -> Any:
        return np.fromiter(values, np.int64, len(rows))

    return Stays(
        matter=column(row[0] for row in rows),
        position=column(row[1] for row in rows),
        state=column(names.setdefault(row[2], len(names)) for row in rows),
        lasted=column(-1 if row[3] is None else row[3] for row in rows),
        now=column(bool(row[6]) and row[4] == row[2] for row in rows),
        won=column(row[5] == "WON" for row in rows),
        lost=column(row[5] == "LOST" for row in rows),
    )


def _flow(blocks: Iterable[Stays], names: Sequence[str], matters: int) -> list[PipelineState]:
    from hub.journey.pipelines import Pipelines

    tally = Pipelines(len(names))
    for block in blocks:
        tally.add(block)
    means, medians_, waits = tally.lengths()

    def steps(state: int) -> list[Step]:
        taken = sorted(tally.taken(state), key=lambda each: (-each[1], names[each[0]]))
        reached = int(tally.reached[state])
        return [Step(names[to], many, many / reached, waits.get((state, to))) for to, many in taken]

    order = sorted(range(len(names)), key=lambda state: (tally.place(state), -tally.reached[state], names[state]))
    return [
        PipelineState(
            names[state], int(tally.reached[state]), float(tally.reached[state] / matters), int(tally.now[state]),
            int(tally.won[state]), int(tally.lost[state]), means.get(state), medians_.get(state), steps(state),
        )
        for state in order
    ]  # fmt: skip
