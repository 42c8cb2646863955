"""The end of the ledger as this process follows it: one look for all who follow, however many they are."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Collection, Sequence

from hub.errors import RetryLater
from hub.ingest.progress import Progress
from hub.store import ledger
from hub.store.ledger import StoredChange
from hub.store.pages import Place, Window
from hub.store.reader import Reader

BATCH = 200
"""Lines that a follower is given at once, at most: what waits for it beyond them waits in the database."""
KEPT = 2000
"""Lines kept in memory for all followers together; whoever is further behind reads the database."""
_READ = 500


class Feed:
    """Gives the lines after a place of the ledger, and waits for them. Made on the event loop of the followers.

    ``look``: seconds between looks for what no announcement of this process' processor tells.
    """

    def __init__(self, reader: Reader, progress: Progress, look: float) -> None:
        self._reader = reader
        self._progress = progress
        self._look = look
        self._lines: list[StoredChange] = []
        self._start: Place | None = None
        self._end: Place = (0, -1)
        self._looking: asyncio.Task[None] | None = None

    async def after(self, place: Place, kinds: Collection[str] | None = None) -> tuple[Sequence[StoredChange], Place]:
        """The next lines after a place, only of some kinds, and the place up to which these are all; waits until that
        has moved on. Nothing is left out: lines become known in the order of their places."""
        while True:
            if self._start is None:
                await self._next_look()
            elif place < self._start:
                return await self._read(place, kinds)
            elif place < self._end:
                first = bisect_right(self._lines, place, key=_place)
                lines = self._lines[first : first + BATCH]
                return [line for line in lines if kinds is None or line.kind in kinds], _place(lines[-1])
            else:
                await self._next_look()

    async def _read(self, place: Place, kinds: Collection[str] | None) -> tuple[Sequence[StoredChange], Place]:
        known = self._end  # read before the snapshot, which shows at least that
        async with self._reader.snapshot() as snapshot:
            only = None if kinds is None else list(kinds)
            page = await ledger.page(snapshot, only, None, Window(BATCH, after=place))
        if page.has_next:
            return page.rows, page.places[-1]
        return page.rows, max([known, *page.places])

    async def _next_look(self) -> None:
        """Wait for the look that is under way, or begin one."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._once())
        await asyncio.shield(self._looking)

    async def _once(self) -> None:
        if self._start is not None:
            await self._progress.news(self._look)
        try:
            async with self._reader.snapshot() as snapshot:
                if self._start is None:
                    self._start = self._end = await ledger.last(snapshot)
                    return
                page = await ledger.page(snapshot, None, None, Window(_READ, after=self._end))
        except RetryLater as trouble:
            await asyncio.sleep(min(trouble.after, 1.0))
            return
        if page.rows:
            self._lines.extend(page.rows)
            self._end = page.places[-1]
            if len(self._lines) > KEPT:
                self._start = _place(self._lines[-KEPT - 1])
                del self._lines[:-KEPT]

    async def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.wait([self._looking])


def _place(line: StoredChange) -> Place:
    return line.number, line.ordinal
