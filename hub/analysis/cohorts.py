"""Cohorts of a whole hub."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hub.analysis.accounts import column, purchases
from hub.journey import cohorts as journey
from hub.journey.choices import CohortPeriod, CohortStart
from hub.journey.cohorts import Began, Bought, Cohort
from hub.store import blocks, scans
from hub.store.filters import CustomerFilter, Span
from hub.store.reader import Snapshot

Columns = NDArray[np.int64]
_FOREVER = 2**61


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What cohorts are asked for. ``began``: when their customers began; ``most``: periods after the first."""

    start: CohortStart
    period: CohortPeriod
    fiscal_start: int
    began: Span
    most: int
    customers: CustomerFilter


@dataclass(frozen=True, slots=True)
class Found:
    """Cohorts, their retention together, and what has no rate: (currency, minor units)."""

    cohorts: list[Cohort]
    retention: list[float]
    unconverted: list[tuple[str, int]]


async def cohorts(snapshot: Snapshot, asked: Asked) -> Found:
    """Cohorts through the last period in which anybody began or bought."""
    bought = await purchases(snapshot, column(await scans.customers(snapshot, asked.customers), 0))
    if asked.start is CohortStart.FIRST_TOUCH:
        began = await _whole(_first_touches(snapshot, asked.customers), 3)
    else:
        began = bought[:3, np.unique(bought[0], return_index=True)[1]]  # they are in order of time
    found = await asyncio.to_thread(_reckon, asked, began, bought)
    unconverted = await blocks.unconverted(snapshot, asked.customers, -_FOREVER, _FOREVER, first_only=False)
    return Found(found, journey.retention(found), unconverted)


def _reckon(asked: Asked, began: Columns, bought: Columns) -> list[Cohort]:
    def periods(days: Columns) -> Columns:
        return journey.periods(days, asked.period, asked.fiscal_start)

    sold = Bought(bought[0], periods(bought[2]), bought[3])
    until = int(max(np.max(periods(began[2]), initial=-_FOREVER), np.max(sold.period, initial=-_FOREVER)))
    at, span = began[1], asked.began
    mine = (at >= (-_FOREVER if span.start is None else span.start)) & (at < (span.end or _FOREVER))
    customers = Began(began[0, mine], periods(began[2, mine]))
    return journey.cohorts(customers, sold, until, asked.period, asked.fiscal_start, asked.most)


async def _first_touches(snapshot: Snapshot, customers: CustomerFilter) -> AsyncIterator[Columns]:
    async for block in blocks.blocks(snapshot):
        rows = await blocks.first_touches(snapshot, block, customers)
        days = np.array([row[2] for row in rows], "datetime64[D]").astype(np.int64)
        yield np.array([column(rows, 0), column(rows, 1), days])


async def _whole(parts: AsyncIterator[Columns], width: int) -> Columns:
    """The parts side by side, one row for each column."""
    return np.concatenate([np.empty((width, 0), np.int64), *[part async for part in parts]], axis=1)
