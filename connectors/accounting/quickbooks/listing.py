"""Asking QuickBooks: at first for all objects of a kind, then for what has changed, deletions among it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.accounting import changing
from connectors.accounting.changing import Changed, Place
from hub import sdk

_REMEMBERED = timedelta(days=29)
"""For how long QuickBooks knows what has changed, less a day."""
_MOST = 1000
"""Objects of an answer. One with as many may lack some."""
_VERSION = "75"
_LAST = "9" * 10


@dataclass(frozen=True, slots=True)
class Entity:
    """A kind of objects, by QuickBooks' name for it; ``where``: what a query has to ask for to be told of all."""

    name: str
    where: str = ""

    async def pages(
        self, http: httpx.AsyncClient, company: str, cursor: sdk.Cursor | None, size: int, now: Callable[[], datetime]
    ) -> AsyncIterator[sdk.Page]:
        """Pages of what has changed since ``cursor``, and in the end a cursor that says when they were asked for."""
        place, begun = Place.of(cursor), (cursor or {}).get("begun")
        if "page" not in (cursor or {}) and place.since and now() - place.since < _REMEMBERED:
            said = await self._changes(http, company, place.since)
            found = _told_of(said, self.name)
            if len(found) < _MOST:
                yield sdk.Page([each.row for each in found], {"since": _time(said, now).isoformat()})
                return
            yield sdk.Page([each.row for each in found if each.row.deleted], cursor)

        async def ask(place: Place) -> tuple[Sequence[Changed], bool]:
            nonlocal begun
            said = await self._query(http, company, place, size)
            begun = begun or _time(said, now).isoformat()
            found = _found(said, self.name)
            return found, len(found) < size

        async for page in changing.pages(ask, cursor):
            assert page.cursor is not None  # noqa: S101 (it always says where it is)
            more = "page" in page.cursor
            yield sdk.Page(page.rows, {**page.cursor, "begun": begun} if more else {"since": begun})

    async def _changes(self, http: httpx.AsyncClient, company: str, since: datetime) -> bytes:
        asked = {"entities": self.name, "changedSince": _written(since), "minorversion": _VERSION}
        return (await http.get(f"/v3/company/{company}/cdc", params=asked)).content

    async def _query(self, http: httpx.AsyncClient, company: str, place: Place, size: int) -> bytes:
        conditions = [self.where] if self.where else []
        if place.since:
            conditions.append(f"MetaData.LastUpdatedTime >= '{_written(place.since)}'")
        where = f" where {' and '.join(conditions)}" if conditions else ""
        query = (
            f"select * from {self.name}{where} orderby MetaData.LastUpdatedTime "
            f"STARTPOSITION {(place.page - 1) * size + 1} MAXRESULTS {size}"
        )
        asked = {"query": query, "minorversion": _VERSION}
        return (await http.get(f"/v3/company/{company}/query", params=asked)).content


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}Z"


def _time(body: bytes, now: Callable[[], datetime]) -> datetime:
    """When an answer was given, by the clock of who gave it."""
    said = json.loads(body)
    try:
        return datetime.fromisoformat(said["time"]).astimezone(UTC).replace(microsecond=0)
    except (KeyError, TypeError, ValueError):
        return now().replace(microsecond=0)


def _told_of(body: bytes, name: str) -> list[Changed]:
    """The objects of a change data answer, which has a list for each kind, and none where nothing changed."""
    answers = [each for said in sdk.items(body, "CDCResponse") for each in sdk.items(said, "QueryResponse")]
    return [_changed(payload) for each in answers if name in json.loads(each) for payload in sdk.items(each, name)]


def _found(body: bytes, name: str) -> list[Changed]:
    """The objects of an answer to a query, which has no list where nothing was found."""
    said: Any = json.loads(body)
    found = said.get("QueryResponse") if isinstance(said, dict) else None
    if not isinstance(found, dict):
        raise sdk.SourceFailed("QuickBooks answered without a QueryResponse.")
    return [_changed(payload) for payload in sdk.items(body, "QueryResponse", name)] if name in found else []


def _changed(payload: bytes) -> Changed:
    """An object as a row. The one that is deleted says nothing but that."""
    said: Any = json.loads(payload)
    said = said if isinstance(said, dict) else {}
    meta = said.get("MetaData")
    try:
        at = datetime.fromisoformat(meta["LastUpdatedTime"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        at = None
    deleted = said.get("status") == "Deleted"
    step = _LAST if deleted else str(said.get("SyncToken", "")).zfill(len(_LAST))
    version = f"{at:%Y-%m-%dT%H:%M:%S}/{step}" if at else None  # which counts the changes of a second
    key = changing.named(said.get("Id"), payload)
    return Changed(sdk.Row(key, b"" if deleted else payload, version=version, deleted=deleted), at)
