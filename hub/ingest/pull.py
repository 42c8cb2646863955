"""A pull: asking a source's streams for rows and accepting them page by page, each with its checkpoint.

Each stream is asked on its own: one that fails stops no other, and the run says which.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial

from hub import traces
from hub.connector import Cursor, Nature, Page, PullStream, Row
from hub.errors import CursorExpired, HubError, RetryLater, SignInAgain, SourceFailed
from hub.ingest import listing as listing_
from hub.ingest.accept import Arrival, accept
from hub.ingest.listing import Sweep
from hub.ingest.sources import Source
from hub.ingest.writes import Write
from hub.store.session import Session
from hub.store.writing import listings, records, run_streams
from hub.store.writing.listings import Listing

_log = logging.getLogger(__name__)
PATIENCE = 1800.0
"""Seconds within which a page comes. Connectors that are patient by themselves give up before."""
TOGETHER = 250
"""Rows in one transaction, at most: others wait for it to end."""
_FAILED = "The connector failed; the log has the reason. What was received is kept, and the next run resumes."


@dataclass(frozen=True, slots=True)
class PullEnd:
    """How a pull, or one stream of it, ended: ``OK``, ``INCOMPLETE`` or ``FAILED``; ``fault`` says why, in a sentence.

    ``after``: seconds the source asks to wait; ``sign_in``: nothing will help but new credentials.
    """

    state: str
    fault: str | None = None
    after: float | None = None
    sign_in: bool = False


class _StreamFailed(Exception):
    """A stream came to its end before its time."""

    def __init__(self, end: PullEnd) -> None:
        super().__init__(end.fault)
        self.end = end


async def pull(
    source: Source,
    run: int,
    write: Write,
    clock: Callable[[], int],
    patience: float = PATIENCE,
    portion: Callable[[], int] = lambda: TOGETHER,
) -> PullEnd:
    """Pull all streams of a source into a run. A stream that gives no page within ``patience`` seconds has failed.

    ``portion``: how many rows go in the next transaction, at most.
    """
    if source.connector is None:
        return PullEnd("FAILED", source.broken)
    ends: dict[str, PullEnd] = {}
    try:
        for stream in source.connector.streams():
            if isinstance(stream, PullStream):
                end = await _Asking(source, stream, run, write, clock, patience, portion).pull()
                ends[stream.name] = end
                if end.sign_in:
                    break  # the others have the same credentials, and some providers lock who tries too often
    except HubError as error:  # the hub's own trouble with storing, which the other streams would have too
        ends[""] = PullEnd("FAILED", error.message, error.after if isinstance(error, RetryLater) else None)
    except Exception:  # noqa: BLE001 (a connector may fail in any way; the run says so)
        _log.exception("pulling %s failed", source.name)
        ends[""] = PullEnd("FAILED", _FAILED)
    return _together(ends)


def _together(ends: dict[str, PullEnd]) -> PullEnd:
    """How the whole ended, by its streams; which of several it was is said."""
    states = {end.state for end in ends.values()}
    state = next((each for each in ("FAILED", "INCOMPLETE") if each in states), "OK")
    faults = [
        f"{name}: {end.fault}" if name and len(ends) > 1 else str(end.fault)
        for name, end in ends.items()
        if end.fault is not None
    ]
    after = max((end.after for end in ends.values() if end.after is not None), default=None)
    return PullEnd(state, " ".join(faults) or None, after, any(end.sign_in for end in ends.values()))


@dataclass(frozen=True, slots=True)
class _Start:
    """From where a stream is asked. ``before``: rows that came since the pull that this one resumes began."""

    cursor: Cursor | None
    before: int
    historical: bool
    listing: Listing | None


class _Asking:
    """One stream of a source while it is asked."""

    def __init__(
        self,
        source: Source,
        stream: PullStream,
        run: int,
        write: Write,
        clock: Callable[[], int],
        patience: float,
        portion: Callable[[], int],
    ) -> None:
        self._source = source
        self._stream = stream
        self._patience = patience
        self._portion = portion
        self._write = write
        self._clock = clock
        self._arrival = Arrival(source.num, stream, run, clock())
        self._listing: Listing | None = None
        self._received = 0
        self._expected: int | None = None
        self._pages = 0
        self._refused: str | None = None

    async def pull(self) -> PullEnd:
        """Ask to the end; how it went is noted with the run."""
        try:
            end = await self._ask()
        except _StreamFailed as failure:
            end = failure.end
        end = replace(end, fault=end.fault and self._source.discreet(end.fault))
        run, name = self._arrival.run, self._stream.name
        await self._write(lambda session: run_streams.finish(session, run, name, end.state, end.fault, self._clock()))
        return end

    async def _ask(self) -> PullEnd:
        start = await self._write(self._begin)
        if self._stream.listing and self._stream.nature is Nature.EVENTS:
            return PullEnd("FAILED", "A listing says what there is now: its rows must be states, not events.")
        self._arrival = replace(self._arrival, historical=start.historical)
        self._received = start.before
        if start.listing is not None and start.listing.state != "GOING":
            self._refused = await self._sweep(start.listing)
        try:
            await self._read(start.cursor)
        except CursorExpired:
            self._received = self._pages = 0
            self._expected = None
            await self._write(partial(run_streams.begin_again, run=self._arrival.run, stream=self._stream.name))
            await self._read(None)
        return self._end()

    def _begin(self, session: Session) -> _Start:
        source, name, run = self._arrival.source, self._stream.name, self._arrival.run
        run_streams.begin(session, run, source, name, self._clock())
        cursor = records.checkpoint(session, source, name)
        return _Start(
            cursor,
            run_streams.received_before(session, run, source, name) if cursor is not None else 0,
            # Until the stream has come to its end once, what it brings is history, also where it resumes.
            not run_streams.asked_to_its_end(session, source, name),
            listings.under_way(session, source, name) if self._stream.listing else None,
        )

    async def _read(self, cursor: Cursor | None) -> None:
        """Store what the stream gives from a cursor on."""
        self._listing = None
        asked = time.monotonic()
        async with aclosing(self._heard(cursor)) as pages:
            async for page in pages:
                if self._stream.listing and self._listing is None:
                    self._listing = await self._write(partial(listing_.go_on, arrival=self._arrival, cursor=cursor))
                await self._store(page)
                asked = self._told(page, asked)
                cursor = cursor if page.cursor is None else page.cursor
                if self._listing is not None and page.whole:
                    self._refused = await self._sweep(self._listing)
                    self._listing, self._pages = None, 0

    def _told(self, page: Page, asked: float) -> float:
        """Tell who traces pulls of a page that was asked for then and is stored now; the answer is now."""
        now = time.monotonic()
        traces.told(
            "pull page",
            now - asked,
            {
                "hub.source": self._source.id,
                "hub.connector": self._source.connector_name,
                "hub.stream": self._stream.name,
                "hub.rows": len(page.rows),
            },
        )
        return now

    async def _heard(self, cursor: Cursor | None) -> AsyncGenerator[Page, None]:
        """The stream's pages. Whatever else goes wrong in it ends it alone."""
        pages: AsyncIterator[Page] | None = None
        try:
            pages = self._stream.pages(cursor)
            while (page := await _next(pages, self._patience)) is not None:
                yield page
        except CursorExpired as error:
            if cursor is not None:
                raise
            raise _StreamFailed(PullEnd("FAILED", error.message)) from error
        except HubError as error:
            after = error.after if isinstance(error, RetryLater) else None
            raise _StreamFailed(PullEnd("FAILED", error.message, after, isinstance(error, SignInAgain))) from error
        except Exception as error:
            _log.exception("the stream %s of %s failed", self._stream.name, self._source.name)
            raise _StreamFailed(PullEnd("FAILED", _FAILED)) from error
        finally:
            if isinstance(pages, AsyncGenerator):
                await pages.aclose()

    async def _store(self, page: Page) -> None:
        rows = list(page.rows)
        self._pages += 1
        self._received += len(rows)
        if page.expected is not None:
            self._expected = page.expected
        while len(rows) > (some := self._portion()):
            await self._write(partial(self._accept, rows=rows[:some]))
            del rows[:some]
        self._listing = await self._write(partial(self._accept_end, rows=rows, page=page))

    def _accept(self, session: Session, rows: Sequence[Row], cursor: Cursor | None = None) -> None:
        accept(session, replace(self._arrival, at=self._clock()), rows, cursor)
        if self._listing is not None:
            listing_.name(session, self._listing, rows)

    def _accept_end(self, session: Session, rows: Sequence[Row], page: Page) -> Listing | None:
        """Store the last rows of a page with the checkpoint behind them, and say how far the run has come."""
        run = self._arrival.run
        self._accept(session, rows, page.cursor)
        if page.expected is not None or page.done is not None:
            records.advance_run(session, run, page.expected, page.done)
        if page.expected is not None:
            run_streams.expect(session, run, self._stream.name, page.expected)
        if self._listing is None:
            return None
        if page.whole and page.cursor is None:
            records.drop_checkpoint(session, self._arrival.source, self._stream.name)
        return listing_.turn(session, self._listing, page)

    async def _sweep(self, listing: Listing) -> str | None:
        return await Sweep(self._arrival, self._source.deletion_share, self._write, self._clock).finish(listing)

    def _end(self) -> PullEnd:
        """How asking to the end went: not well where the provider says there is more, or rows were kept in doubt."""
        if self._refused is not None:
            return PullEnd("INCOMPLETE", self._refused)
        if self._expected is not None and self._received < self._expected:
            got = f"{self._received:,} of {self._expected:,} rows came" if self._received else "Nothing came"
            of = "" if self._received else f", though the source says that there are {self._expected:,} rows"
            return PullEnd("INCOMPLETE", f"{got}{of or ', as the source counts them'}.")
        if self._stream.listing and self._pages:
            return PullEnd("INCOMPLETE", "The listing did not come to its end: nothing was deleted.")
        return PullEnd("OK")


async def _next(pages: AsyncIterator[Page], seconds: float) -> Page | None:
    """The next page, or None at the end.

    Raises ``SourceFailed`` when it does not come: the source would stay taken, and so would a worker's place.
    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            return await anext(pages, None)
    except TimeoutError:
        if not limit.expired():
            raise
        said = f"Nothing came for {seconds:,.0f} seconds. What was received is kept, and the next run resumes."
        raise SourceFailed(said) from None
    finally:
        del limit  # it knows the task, whose end knows this frame: what the stream has open would be closed late
