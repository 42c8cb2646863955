"""Asking Xero for a list of objects."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Any

import httpx

from connectors.accounting import changing
from connectors.accounting.changing import Changed, Place
from connectors.accounting.xero.dates import instant
from hub import sdk

_GONE = "GDPRREQUEST"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A list of the API: the member that holds it, which is also its path, and the member that is an object's id."""

    path: str
    id: str
    params: Mapping[str, str] | None = None

    def pages(self, http: httpx.AsyncClient, cursor: sdk.Cursor | None, size: int) -> AsyncIterator[sdk.Page]:
        """Pages of what has changed since ``cursor``."""

        async def ask(place: Place) -> tuple[Sequence[Changed], bool]:
            body = await self._asked(http, place, size)
            found = [self.read(payload) for payload in sdk.items(body, self.path)] if body else []
            pages = _pages(body)
            return found, len(found) < size if pages is None else place.page >= pages

        return changing.pages(ask, cursor)

    def read(self, payload: bytes) -> Changed:
        """One object of the list as a row."""
        said: Any = json.loads(payload)
        said = said if isinstance(said, dict) else {}
        try:
            at = instant(said.get("UpdatedDateUTC")).astimezone(UTC)
        except ValueError:
            at = None
        version = f"{at:%Y-%m-%dT%H:%M:%S.%f}" if at else None
        row = sdk.Row(changing.named(said.get(self.id), payload), payload, version=version)
        if said.get("ContactStatus") == _GONE:  # what was to be forgotten is not kept
            row = replace(row, payload=b"", deleted=True)
        return Changed(row, at)

    async def _asked(self, http: httpx.AsyncClient, place: Place, size: int) -> bytes:
        asked = {"page": str(place.page), "pageSize": str(size), "order": "UpdatedDateUTC ASC", **(self.params or {})}
        headers = {"if-modified-since": f"{place.since:%Y-%m-%dT%H:%M:%S}"} if place.since else {}
        answer = await http.get(f"/api.xro/2.0/{self.path}", params=asked, headers=headers)
        return b"" if answer.status_code == 304 else answer.content


def _pages(body: bytes) -> int | None:
    """How many pages there are, where an answer says so."""
    said = json.loads(body) if body else {}
    pagination = said.get("pagination")
    pages = pagination.get("pageCount") if isinstance(pagination, dict) else None
    return pages if isinstance(pages, int) else None
