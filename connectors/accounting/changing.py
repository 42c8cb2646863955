"""Reading a list of what has changed, the earliest change first, while it goes on changing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

from connectors.objects import content_key
from hub import sdk

OVERLAP = timedelta(minutes=5)
"""What is read again at each pull: servers do not agree on the time to the second."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Changed:
    """One object of a list: its row, and when it was changed."""

    row: sdk.Row
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """How far a list was read: since when it is asked for, by which page, and the latest time in it."""

    since: datetime | None = None
    page: int = 1
    latest: datetime | None = None

    @classmethod
    def of(cls, cursor: sdk.Cursor | None) -> Self:
        """The place to go on from. A cursor without a page is that of a pull that came to its end."""
        said = cursor or {}
        times = {name: datetime.fromisoformat(said[name]) for name in ("since", "latest") if said.get(name)}
        place = cls(page=said.get("page", 1), **times)
        return place if "page" in said or not place.since else replace(place, since=place.since - OVERLAP)

    @property
    def cursor(self) -> dict[str, Any]:
        """As it is stored. One with a page is in the middle of a pull."""
        said = {"since": self.since and self.since.isoformat(), "latest": self.latest and self.latest.isoformat()}
        return {name: text for name, text in said.items() if text} | ({"page": self.page} if self.page else {})

    def behind(self, found: Sequence[Changed], *, last: bool) -> Self:
        """The place behind a page."""
        times = [each.at for each in found if each.at]
        latest = max([*times, *([self.latest] if self.latest else [])], default=None)
        if last:
            return replace(self, since=latest or self.since, page=0, latest=None)
        if times == sorted(times) and len(times) == len(found) > 0:
            since = times[-1].replace(microsecond=0) - _SECOND
            if self.since is None or since > self.since:
                return replace(self, since=since, page=1, latest=latest)
        return replace(self, page=self.page + 1, latest=latest)


Ask = Callable[[Place], Awaitable[tuple[Sequence[Changed], bool]]]
"""Brings the page at a place, and says whether it is the last one."""


async def pages(ask: Ask, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
    """Pages of what has changed since ``cursor``.

    What changes meanwhile goes to the end of the list, and what stands behind it moves up, over the edge of a page.
    So the list is asked for anew from the last time of each page on, not by numbers of pages, as far as times go.
    """
    place, last = Place.of(cursor), False
    while not last:
        found, last = await ask(place)
        place = place.behind(found, last=last)
        yield sdk.Page([each.row for each in found], place.cursor)


def named(id_: object, payload: bytes) -> str:
    """The key of an object: its id, and where it has none, its content."""
    return id_ if isinstance(id_, str) and id_ else content_key(payload, None)
