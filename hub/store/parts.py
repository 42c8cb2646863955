"""Reading most of a table: part by part, and by column."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Columns = NDArray[np.int64]

TOGETHER = 100_000
"""Rows that are read at a time, where each is short."""


async def parts(
    snapshot: Snapshot, select: Callable[..., Query], *key: int, together: int = TOGETHER
) -> AsyncIterator[Rows]:
    """Rows of a query, some thousand at a time.

    ``key``: which of the columns tell rows apart, whole numbers from 0 on. ``select`` is given the key of the last row
    that was read, and asks for those after it in order of the key; the limit is added to what it asks.
    """
    after = (-1,) * len(key)
    while True:
        rows = await snapshot.query(select(*after).add(f" LIMIT {together}"))
        if rows:
            yield rows
            after = tuple(rows[-1][place] for place in key)
        if len(rows) < together:
            return


def columns(rows: Sequence[Any], width: int) -> Columns:
    """Rows of whole numbers by column, one row of the array each."""
    import numpy as np  # costs a start of the hub that asks for no analysis 0.1 s

    return np.fromiter(chain.from_iterable(rows), np.int64, width * len(rows)).reshape(-1, width).T


async def whole(read: AsyncIterator[Rows], width: int) -> Columns:
    """All rows of parts by column."""
    return await asyncio.to_thread(
        joined, [await asyncio.to_thread(columns, rows, width) async for rows in read], width
    )


def joined(held: Sequence[Columns], width: int) -> Columns:
    """Parts by column, one after another."""
    import numpy as np

    return np.concatenate([np.empty((width, 0), np.int64), *held], axis=1)
