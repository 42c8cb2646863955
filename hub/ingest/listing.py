"""Complete listings: what a source did not name any more was deleted there, unless that is hard to believe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import orjson

from hub.connector import Cursor, Page, Row
from hub.ingest.accept import Arrival, digest_of
from hub.ingest.storable import storable_text
from hub.ingest.writes import Write
from hub.store.session import Session
from hub.store.writing import listings, records, run_streams
from hub.store.writing.listings import Listing

FEW = 5
"""So many rows may always vanish: a share says nothing about a handful."""
_LOOKED_AT = 2000
"""Rows that are looked through in one transaction, at most: requests wait for it to end."""


def go_on(session: Session, arrival: Arrival, cursor: Cursor | None) -> Listing:
    """The listing that a pull from ``cursor`` is of: the one under way where it resumes that, else a new one.

    From where the one under way began, everything is listed anew.
    """
    source, stream = arrival.source, arrival.stream.name
    began_with = orjson.dumps(dict(cursor)).decode() if cursor is not None else None
    there = listings.under_way(session, source, stream)
    if there is None or began_with in (None, there.began_with):
        return listings.begin(session, source, stream, began_with)
    listings.forget_leg(session, there)
    return there


def name(session: Session, listing: Listing, rows: Sequence[Row]) -> None:
    """Note rows that it names; one that is said to be deleted is not there."""
    listings.name(session, listing, list(dict.fromkeys(storable_text(row.key) for row in rows if not row.deleted)))


def turn(session: Session, listing: Listing, page: Page) -> Listing:
    """The listing after a page, which was stored in the same transaction."""
    after = replace(
        listing,
        leg=listing.leg + (page.cursor is not None),
        state="WHOLE" if page.whole else "GOING",
        expected=listing.expected if page.expected is None else page.expected,
        until=records.last_number(session) if page.whole else None,
    )
    listings.advance(
        session, listing, leg=after.leg, state=after.state, expected=after.expected, until=after.until
    )  # fmt: skip
    return after


class Sweep:
    """What follows from a listing that is whole: deletions, or the sentence why not. In steps that others wait for."""

    def __init__(self, arrival: Arrival, share: float, write: Write, clock: Callable[[], int]) -> None:
        self._arrival = arrival
        self._share = share
        self._write = write
        self._clock = clock

    async def finish(self, listing: Listing) -> str | None:
        """Delete what a whole listing did not name, and put it away; the answer says why nothing was deleted."""
        fault = None
        if listing.state == "WHOLE":
            fault = await self._doubt(listing)
        if listing.state in {"WHOLE", "SWEEPING"} and fault is None:
            await self._delete(listing)
        await self._write(partial(listings.over, listing=listing))
        while await self._write(partial(listings.forget_some, listing=listing, limit=_LOOKED_AT)) == _LOOKED_AT:
            pass
        await self._write(partial(listings.end, listing=listing))
        return fault

    async def _doubt(self, listing: Listing) -> str | None:
        """Why the listing is not believed, with what it would have deleted noted in its run."""
        standing = gone = 0
        after: str | None = None
        while (window := await self._write(partial(_window, listing=listing, after=after))) is not None:
            found = await self._write(partial(listings.missing, listing=listing, within=window))
            standing, gone, after = standing + found[0], gone + found[1], window.last
        if not gone:
            return None
        run, stream = self._arrival.run, self._arrival.stream.name
        named = await self._write(partial(listings.named, listing=listing))
        fault = self._fault(listing, standing, gone, named)
        if fault is None or await self._write(partial(records.allows_deletions, run=run)):
            return None
        await self._write(partial(run_streams.refuse, run=run, stream=stream, refused=gone))
        return fault

    def _fault(self, listing: Listing, standing: int, gone: int, named: int) -> str | None:
        if listing.expected is not None and named < listing.expected:
            why = f"the listing named {named:,} rows of {listing.expected:,}"
        elif not named:
            why = "the listing named none"
        elif gone > max(FEW, int(standing * self._share)):
            why = f"that is more than {self._share:.0%}"
        else:
            return None
        return (
            f"{gone:,} of {standing:,} rows would have been deleted; {why}, so all were kept. "
            "If they are really gone, pull once with deletions allowed."
        )

    async def _delete(self, listing: Listing) -> None:
        after = listing.reached
        while (window := await self._write(partial(_window, listing=listing, after=after))) is not None:
            await self._write(partial(self._delete_some, listing=listing, within=window))
            after = window.last

    def _delete_some(self, session: Session, listing: Listing, within: listings.Window) -> None:
        run, stream = self._arrival.run, self._arrival.stream
        last = records.take_numbers(session)
        gone = listings.delete_missing(
            session, listing, within,
            last=last, digest=digest_of(Row("", b"", deleted=True), stream), run=run, at=self._clock(),
        )  # fmt: skip
        if gone:
            records.give_numbers(session, last + gone)
            run_streams.count_deleted(session, run, stream.name, gone, last + 1, last + gone)
        listings.sweep(session, listing, within.last)


def _window(session: Session, listing: Listing, after: str | None) -> listings.Window | None:
    return listings.window(session, listing, after, _LOOKED_AT)
