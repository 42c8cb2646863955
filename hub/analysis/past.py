"""The past of an open hub: which moment is asked for, and one customer as of it."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from typing import TypeVar

from hub.analysis.as_of import AsOf
from hub.analysis.excerpts import Asked, Until, excerpt
from hub.analysis.tracing import pending, trace
from hub.errors import InputWrong, RetryLater
from hub.ingest.refill import Make
from hub.ingest.threads import Threads
from hub.settings import Company
from hub.store.engine import Store
from hub.store.excerpt import ExcerptSnapshot
from hub.store.session import Session
from hub.store.writing import ledger, numbers_in_time

T = TypeVar("T")

_AT_ONCE = 2
"""Excerpts that are made at the same time."""
_KEPT = 8
"""Excerpts that are kept for whoever asks for more of the same."""
_PATIENCE = 5.0
"""Seconds that somebody waits until earlier versions are read."""
_TRIES = 5


class _Untraced(Exception):
    """Something was processed meanwhile that is to be traced first."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One customer as of a moment."""

    snapshot: ExcerptSnapshot
    until: Until


class Past:
    """What was, for the event loop of a hub."""

    def __init__(self, store: Store, threads: Threads, make: Make, company: Company) -> None:
        self._store = store
        self._threads = threads
        self._make = make
        self._company = company
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._kept: OrderedDict[tuple[AsOf, Asked], Excerpt] = OrderedDict()
        self._tracing: asyncio.Task[None] | None = None

    async def excerpt(self, as_of: AsOf, asked: Asked) -> Excerpt:
        """One customer as of a moment.

        Raises ``InputWrong`` when too much hangs together or the moment has not come, and ``RetryLater`` while earlier
        versions of many rows are read for the first time.
        """
        async with self._room:
            for _ in range(_TRIES):
                try:
                    return await asyncio.to_thread(self._open, as_of, asked)
                except _Untraced:
                    await self._traced()
        raise RetryLater("So much is changed just now that the past cannot be told from it.", after=2)

    async def until(self, as_of: AsOf) -> Until:
        """How far a moment goes. Raises ``InputWrong`` for one that has not come."""
        return await asyncio.to_thread(self._read, lambda session: _until(session, as_of))

    async def known_at(self, at: int) -> AsOf:
        """What was known at a time (microseconds), at that time."""

        def work(session: Session) -> AsOf:
            return AsOf(min(numbers_in_time.number_at(session, at), ledger.processed(session)[0]), at)

        return await asyncio.to_thread(self._read, work)

    async def close(self) -> None:
        """Let go of everything."""
        if self._tracing is not None:
            self._tracing.cancel()
            await asyncio.gather(self._tracing, return_exceptions=True)
        self._kept.clear()

    async def _traced(self) -> None:
        """Read what is to be traced; who asks waits a moment for it, while it goes on."""
        if self._tracing is None or self._tracing.done():
            self._tracing = asyncio.create_task(self._trace())
        try:
            await asyncio.wait_for(asyncio.shield(self._tracing), _PATIENCE)
        except TimeoutError:
            raise RetryLater("Earlier versions of many rows are being read; ask again in a moment.", after=3) from None

    async def _trace(self) -> None:
        def job() -> bool:
            return trace(self._threads.processor, self._threads.projection, self._company)

        while await self._threads.between_batches(job):
            pass

    # In threads -----------------------------------------------------------------------------------------------------

    def _open(self, as_of: AsOf, asked: Asked) -> Excerpt:
        with closing(self._store.projection()) as session, session.snapshot():
            until = _until(session, as_of)
            kept = self._kept.get((as_of, asked))
            if kept is not None and kept.until == until:
                return kept
            if pending(session):
                raise _Untraced
            made = excerpt(session, self._make, asked, until, self._company)
        found = Excerpt(ExcerptSnapshot(made), until)
        self._kept[as_of, asked] = found
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return found

    def _read(self, work: Callable[[Session], T]) -> T:
        with closing(self._store.projection()) as session, session.snapshot():
            return work(session)


def _until(session: Session, as_of: AsOf) -> Until:
    """How far a moment goes, in a snapshot. Raises ``InputWrong`` for one that has not come."""
    processed, _ = ledger.processed(session)
    number = processed if as_of.known is None else as_of.known
    if number > processed:
        raise InputWrong(f"The hub has come to number {processed}; {number} is yet to come.", path="asOf.knownUntil")
    now = as_of.occurred if as_of.occurred is not None else as_of.at
    return Until(number, numbers_in_time.time_of(session, number) if now is None else now, as_of.occurred)
