"""Asking Xero for what has changed, the earliest first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import httpx

from connectors.accounting.xero.dates import instant
from hub import sdk

_OVERLAP = timedelta(minutes=5)
"""What is read again at each pull: Xero's servers do not agree on the time to the second."""
_SECOND = timedelta(seconds=1)
_GONE = "GDPRREQUEST"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A list of the API: the member that holds it, which is also its path, and the member that is an object's id."""

    path: str
    id: str
    params: Mapping[str, str] | None = None

    async def pages(self, http: httpx.AsyncClient, cursor: sdk.Cursor | None, size: int) -> AsyncIterator[sdk.Page]:
        """Pages of what has changed since ``cursor``.

        What changes meanwhile goes to the end of the list, and what stands behind it moves up, over the edge of a page.
        So the list is asked for anew from the last time of each page on, not by numbers of pages, as far as times go.
        """
        place = _Place.of(cursor)
        while True:
            body = await self._asked(http, place, size)
            found = [_Object.read(payload, self.id) for payload in sdk.items(body, self.path)] if body else []
            last = self._is_last(body, place, len(found), size)
            place = place.behind(found, last=last)
            yield sdk.Page([each.row for each in found], place.cursor)
            if last:
                return

    async def _asked(self, http: httpx.AsyncClient, place: _Place, size: int) -> bytes:
        asked = {"page": str(place.page), "pageSize": str(size), "order": "UpdatedDateUTC ASC", **(self.params or {})}
        headers = {"if-modified-since": f"{place.since:%Y-%m-%dT%H:%M:%S}"} if place.since else {}
        answer = await http.get(f"/api.xro/2.0/{self.path}", params=asked, headers=headers)
        return b"" if answer.status_code == 304 else answer.content

    def _is_last(self, body: bytes, place: _Place, found: int, size: int) -> bool:
        said = json.loads(body) if body else {}
        pagination = said.get("pagination")
        pages = pagination.get("pageCount") if isinstance(pagination, dict) else None
        return place.page >= pages if isinstance(pages, int) else found < size


@dataclass(frozen=True, slots=True)
class _Object:
    """One object of a list: its row, and when it was changed."""

    row: sdk.Row
    at: datetime | None

    @classmethod
    def read(cls, payload: bytes, id_: str) -> Self:
        said: Any = json.loads(payload)
        said = said if isinstance(said, dict) else {}
        key = said.get(id_)
        try:
            at = instant(said.get("UpdatedDateUTC")).astimezone(UTC)
        except ValueError:
            at = None
        row = sdk.Row(
            key if isinstance(key, str) and key else hashlib.sha256(payload).hexdigest(),
            payload,
            version=f"{at:%Y-%m-%dT%H:%M:%S.%f}" if at else None,
        )
        if said.get("ContactStatus") == _GONE:  # what was to be forgotten is not kept
            row = replace(row, payload=b"", deleted=True)
        return cls(row, at)


@dataclass(frozen=True, slots=True)
class _Place:
    """How far a list was read: since when it is asked for, by which page, and the latest time in it."""

    since: datetime | None = None
    page: int = 1
    latest: datetime | None = None

    @classmethod
    def of(cls, cursor: sdk.Cursor | None) -> Self:
        said = cursor or {}
        times = {name: datetime.fromisoformat(said[name]) for name in ("since", "latest") if said.get(name)}
        place = cls(page=said.get("page", 1), **times)
        return place if "page" in said or not place.since else replace(place, since=place.since - _OVERLAP)

    @property
    def cursor(self) -> dict[str, Any]:
        """As it is stored. One with a page is in the middle of a pull."""
        said = {"since": self.since and self.since.isoformat(), "latest": self.latest and self.latest.isoformat()}
        return {name: text for name, text in said.items() if text} | ({"page": self.page} if self.page else {})

    def behind(self, found: Sequence[_Object], *, last: bool) -> Self:
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
