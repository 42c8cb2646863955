"""Asking Tryton for records of a model: those that were written since the last pull, in the order of their ids.

Ids do not change, so that a page begins where the last one ended whatever is written meanwhile.
"""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from hub import sdk

_OVERLAP = timedelta(minutes=10)
"""What is read again at each pull: clocks differ, and what a long transaction wrote is seen only at its end."""
_CONTEXT = {"active_test": False}
"""Parties that were merged are put aside, and listed, too."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model, the fields to read of it, which of its records, and of what lies below them changes count."""

    name: str
    fields: Sequence[str]
    domain: Sequence[Any] = ()
    below: Sequence[str] = ()

    async def pages(
        self, http: httpx.AsyncClient, cursor: sdk.Cursor | None, size: int, now: Callable[[], datetime]
    ) -> AsyncIterator[sdk.Page]:
        """Pages of what was written since ``cursor``. One with ``after`` is in the middle of a pull."""
        said = cursor or {}
        since, after = said.get("since"), said.get("after", 0)
        began = said.get("began") or now().isoformat()
        while True:
            found = sdk.items(await self._asked(http, since, after, size))
            rows = [_row(payload) for payload in found]
            if len(rows) < size:
                yield sdk.Page(rows, {"since": began})
                return
            after = _last(rows, after)
            place = {"after": after, "began": began}
            yield sdk.Page(rows, place | {"since": since} if since else place)

    async def _asked(self, http: httpx.AsyncClient, since: str | None, after: int, size: int) -> bytes:
        domain = [*self.domain, ["id", ">", after]]
        if since:
            at = _written(datetime.fromisoformat(since) - _OVERLAP)
            places = ["write_date", "create_date", *(f"{each}.write_date" for each in self.below)]
            domain.append(["OR", *([place, ">=", at] for place in places)])
        asked = {"f": list(self.fields), "d": _packed(domain), "o": _packed([["id", "ASC"]]), "s": str(size)}
        answer = await http.get(self.name, params=asked, headers={"x-tryton-context": _packed(_CONTEXT)})
        return answer.content


def _row(payload: bytes) -> sdk.Row:
    said = json.loads(payload)
    id_ = said.get("id") if isinstance(said, dict) else None
    if not isinstance(id_, int):
        raise sdk.SourceFailed("Tryton's answer holds a record without an id.")
    return sdk.Row(str(id_), payload)


def _last(rows: Sequence[sdk.Row], after: int) -> int:
    last = int(rows[-1].key)
    if last <= after:
        raise sdk.SourceFailed("Tryton does not page forward: it brings what was there before.")
    return last


def _written(at: datetime) -> dict[str, Any]:
    names = "year month day hour minute second microsecond".split()
    return {"__class__": "datetime"} | {name: getattr(at.astimezone(UTC), name) for name in names}


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode()
