"""A pull: asking a source's streams for rows and accepting them page by page, each with its checkpoint."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from hub.connector import Page, PullStream, Row
from hub.errors import HubError, RetryLater, SignInAgain
from hub.ingest.accept import Arrival, accept
from hub.ingest.sources import Source
from hub.store.session import Session
from hub.store.writing import records

T = TypeVar("T")
_log = logging.getLogger(__name__)
_TOGETHER = 250
"""Rows in one transaction, at most: requests wait for it to end."""


class Write(Protocol):
    """Runs a job on the session that writes truth; the answer comes once it is on disk."""

    def __call__(self, job: Callable[[Session], T], /) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True)
class PullEnd:
    """How a pull ended: ``OK`` or ``FAILED``; ``fault`` says what went wrong, in a sentence.

    ``after``: seconds the source asks to wait; ``sign_in``: nothing will help but new credentials.
    """

    state: str
    fault: str | None = None
    after: float | None = None
    sign_in: bool = False


async def pull(source: Source, run: int, write: Write, clock: Callable[[], int]) -> PullEnd:
    """Pull all streams of a source into a run."""
    if source.connector is None:
        return PullEnd("FAILED", source.broken)
    try:
        # Until a pull has come to its end once, what it brings is history, also where it resumes.
        historical = not await write(partial(records.pulled_to_its_end, source=source.num))
        for stream in source.connector.streams():
            if isinstance(stream, PullStream):
                await _pull_stream(Arrival(source.num, stream, run, clock(), historical), stream, write, clock)
    except HubError as error:
        after = error.after if isinstance(error, RetryLater) else None
        return PullEnd("FAILED", error.message, after, isinstance(error, SignInAgain))
    except Exception:  # noqa: BLE001 (a connector may fail in any way; the run says so)
        _log.exception("pulling %s failed", source.name)
        fault = "The connector failed; the log has the reason. What was received is kept, and the next run resumes."
        return PullEnd("FAILED", fault)
    return PullEnd("OK")


async def _pull_stream(arrival: Arrival, stream: PullStream, write: Write, clock: Callable[[], int]) -> None:
    cursor = await write(lambda session: records.checkpoint(session, arrival.source, stream.name))
    pages: AsyncIterator[Page] = stream.pages(cursor)
    async for page in pages:
        rows = list(page.rows)
        parts = [rows[at : at + _TOGETHER] for at in range(0, len(rows), _TOGETHER)] or [[]]
        for part in parts[:-1]:
            await write(partial(accept, arrival=replace(arrival, at=clock()), rows=part))
        await write(partial(_store_end, arrival=replace(arrival, at=clock()), rows=parts[-1], page=page))


def _store_end(session: Session, arrival: Arrival, rows: Sequence[Row], page: Page) -> None:
    """Store the last rows of a page with the checkpoint behind them, and say how far the run has come."""
    accept(session, arrival, rows, page.cursor)
    if page.expected is not None or page.done is not None:
        records.advance_run(session, arrival.run, page.expected, page.done)
