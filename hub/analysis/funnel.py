"""Funnels of a whole hub: of steps that are asked for, or of the stages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.journey.funnel import Changes, Doings, Stay, funnel, stages
from hub.store import blocks
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
    found: list[list[Integers]] = [[] for _ in steps]
    async for block in blocks.blocks(snapshot):
        read = [
            await blocks.doings_of_steps(snapshot, block, relation, customers, steps)
            for relation in (blocks.OWN, blocks.NAMED)
        ]
        waits = await asyncio.to_thread(_waits, read, len(steps), within)
        for all_waits, more in zip(found, waits, strict=True):
            all_waits.append(more)
    whole = [np.concatenate(waits) for waits in found]
    return [Step(waits.size, _median(waits) if place else None) for place, waits in enumerate(whole)]


def _waits(read: Sequence[Rows], steps: int, within: int | None) -> list[Integers]:
    rows = [row for each in read for row in each]
    customer, at, touchpoint = (blocks.column(rows, place) for place in range(3))
    fits = [blocks.column(rows, 3 + place) == 1 for place in range(steps)]
    return funnel([Doings(customer[fit], at[fit], touchpoint[fit]) for fit in fits], within)


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
    return stages(Changes(*(blocks.column(rows, place) for place in range(3))), len(Stage))


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
