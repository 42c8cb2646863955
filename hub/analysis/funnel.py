"""Funnels of a whole hub: of steps that are asked for, or of the stages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.analysis.accounts import Accounts, column, slices, whole
from hub.analysis.accounts import parts as parts_of
from hub.journey.funnel import Changes, Doings, Stay, funnel, stages
from hub.store import blocks, scans
from hub.store.filters import CustomerFilter, TouchpointFilter
from hub.store.reader import Rows, Snapshot
from hub.values import Stage

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """Customers who came to a step, and the median microseconds since the one before, where anybody came by it."""

    customers: int
    median: float | None


@dataclass(frozen=True, slots=True)
class StageStep(Step):
    """The same of a stage (or further); ``entered``, ``left`` and ``still`` are of the stage itself.

    ``left`` counts the times somebody left it; ``median_stay`` and ``mean_stay`` are of those, microseconds.
    """

    stage: Stage
    entered: int
    still: int
    left: int
    median_stay: float | None
    mean_stay: float | None


async def of_steps(
    snapshot: Snapshot, steps: Sequence[TouchpointFilter], within: int | None, customers: CustomerFilter
) -> list[Step]:
    """How many customers did these steps in this order, all within so many microseconds."""
    accounts = await Accounts.read(snapshot, customers)
    parts = await parts_of(snapshot)
    found: list[list[Integers]] = [[] for _ in steps]
    for part in range(parts):
        doings = await _doings(snapshot, steps, accounts, part, parts)
        waits = await asyncio.to_thread(_waits, doings, len(steps), within)
        for all_waits, more in zip(found, waits, strict=True):
            all_waits.extend(more)
    joined = [whole(waits) for waits in found]
    return [Step(waits.size, _median(waits) if place else None) for place, waits in enumerate(joined)]


_Doings = tuple[Integers, Integers, Integers, NDArray[np.int16]]
"""Columns of accounts, times, numbers of touchpoints, and the steps that they fit."""


async def _doings(
    snapshot: Snapshot, steps: Sequence[TouchpointFilter], accounts: Accounts, part: int, parts: int
) -> _Doings:
    def read(rows: Rows) -> _Doings:
        places, account = accounts.of_all(column(rows, 1), column(rows, 2))
        if parts > 1:
            mine = account % parts == part
            places, account = places[mine], account[mine]
        at, number, fits = (column(rows, place)[places] for place in (3, 0, 4))
        return account, at, number, fits.astype(np.int16)

    found = [await asyncio.to_thread(read, rows) async for rows in scans.steps(snapshot, steps)]
    account, at = whole([each[0] for each in found]), whole([each[1] for each in found])
    number = whole([each[2] for each in found])
    return account, at, number, np.concatenate([np.empty(0, np.int16), *(each[3] for each in found)])


def _waits(doings: _Doings, steps: int, within: int | None) -> list[list[Integers]]:
    account, at, number, fits = doings
    found: list[list[Integers]] = [[] for _ in range(steps)]
    for places, _, _ in slices(account):
        of_steps = []
        for step in range(steps):
            mine = places[(fits[places] >> step) & 1 == 1]
            of_steps.append(Doings(account[mine], at[mine], number[mine]))
        for waits, more in zip(found, funnel(of_steps, within), strict=True):
            waits.append(more)
    return found


async def of_stages(snapshot: Snapshot, customers: CustomerFilter) -> list[StageStep]:
    """How many customers ever came to each stage or further, and how long they stayed."""
    names = [stage.value for stage in Stage]
    found: list[list[Stay]] = [[] for _ in Stage]
    async for block in blocks.blocks(snapshot):
        rows = await blocks.stage_changes(snapshot, block, customers, names)
        stays = await asyncio.to_thread(_stays, rows)
        for all_stays, more in zip(found, stays, strict=True):
            all_stays.append(more)
    return [_stage_step(stage, stays) for stage, stays in zip(Stage, found, strict=True)]


def _stays(rows: Rows) -> list[Stay]:
    return stages(Changes(*(column(rows, place) for place in range(3))), len(Stage))


def _stage_step(stage: Stage, parts: Sequence[Stay]) -> StageStep:
    stays = np.concatenate([part.stays for part in parts])
    return StageStep(
        customers=sum(part.reached for part in parts),
        median=_median(np.concatenate([part.waits for part in parts])),
        stage=stage,
        entered=sum(part.entered for part in parts),
        still=sum(part.still for part in parts),
        left=stays.size,
        median_stay=_median(stays),
        mean_stay=float(stays.mean()) if stays.size else None,
    )


def _median(values: Integers) -> float | None:
    return float(np.median(values)) if values.size else None
