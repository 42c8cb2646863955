"""Whole lists over HTTP: ``GET /export/touchpoints.csv``. See docs/exporting.md."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from hub.api import auth
from hub.api.answering import SLOWEST, UnsupportedMediaType, UnsupportedMethod, body, clean, json_answer
from hub.api.auth import Principal, Scope
from hub.api.context import Context, Info
from hub.api.errors import unexpected
from hub.api.export_formats import FORMATS, SPREADSHEET, Manner, Writing
from hub.api.media_types import is_json
from hub.api.saved_filters import listed, read
from hub.api.scalars import written
from hub.api.schema import schema
from hub.api.types.filters import CustomerFilter, MatterFilter, TouchpointFilter, matter_filter, touchpoint_filter
from hub.errors import HubError, InputWrong, NotAllowed, NotFound, RetryLater
from hub.ids import random_id
from hub.store import exports, ledger
from hub.store.exported import LISTS, Exported
from hub.store.exports import Filter, StoredExport
from hub.store.reader import Rows

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

AT_ONCE = 2
LONGEST = 900.0
"""Exports that one process writes at once, and seconds after which one is cut: its reader goes on from there."""
_TOGETHER = 2_000
"""Rows that are read and written at a time."""
_LONGEST_FILTER = 100_000
_SWITCHES = {"": False, "0": False, "1": True}
_log = logging.getLogger(__name__)
_FILTERS = {"CustomerFilter": CustomerFilter, "TouchpointFilter": TouchpointFilter, "MatterFilter": MatterFilter}


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be exported. ``filter`` is the filter of the graph as JSON, ``after`` the cursor of the last row."""

    list: str
    format: str
    filter: Mapping[str, Any] | None = None
    after: str = ""
    manner: Manner = SPREADSHEET


@dataclass(frozen=True, slots=True)
class _Asking:
    """What a filter is read with, where no field asks."""

    context: Context
    schema: Any = schema


class Export:
    """One export: what of it is known before its first byte, and its bytes."""

    def __init__(self, who: Principal, asked: Asked, wanted: Exported, writing: Writing) -> None:
        self.who = who
        self.asked = asked
        self.wanted = wanted
        self.writing = writing
        self.processed = 0
        """The last truth number whose effect it shows."""
        self.rows = 0
        self.whole = False
        """Whether all of it was given."""
        self.parts: AsyncGenerator[bytes, None]


class Exports:
    """Writes exports, and a line about each into the log of the hub."""

    def __init__(self, hub: Hub, at_once: int = AT_ONCE, longest: float = LONGEST) -> None:
        self._hub = hub
        self._at_once = at_once
        self._longest = longest
        self._under_way = 0
        self._writing_down: set[asyncio.Task[Any]] = set()

    async def begin(self, who: Principal, asked: Asked) -> Export:
        """An export whose parts are ready to be taken: ``async with aclosing(export.parts)``. Raises what is wrong."""
        if not who.may(Scope.ANALYSE):
            raise NotAllowed("Exports are for a token with the scope analyse.")
        wanted = LISTS.get(asked.list)
        if wanted is None or asked.format not in FORMATS:
            raise NotFound(f"There are exports of {_either(LISTS)}, as {_either(FORMATS)}: /export/customers.csv.")
        export = Export(who, asked, wanted, FORMATS[asked.format][1](wanted.columns, asked.manner))
        if asked.after and not export.writing.resumable:
            raise InputWrong("Parquet cannot be gone on with: ask for the whole file again.", path="after")
        if self._under_way >= self._at_once:
            raise RetryLater("Other exports are under way. Ask again in a moment.", after=10)
        self._under_way += 1
        export.parts = self._parts(export)
        try:
            await anext(export.parts)  # up to where it is clear that nothing was wrong in how it was asked
        except BaseException:
            await export.parts.aclose()
            raise
        return export

    async def settled(self) -> None:
        """Wait until the log tells of every export that has ended."""
        if self._writing_down:
            await asyncio.wait(self._writing_down)

    async def _parts(self, export: Export) -> AsyncGenerator[bytes, None]:
        context = Context(self._hub, export.who)
        line: StoredExport | None = None
        outcome = "CUT"
        try:
            narrowed = await _narrowed(context, export)
            snapshot = await context.snapshot()
            live = await exports.projection_set(snapshot)
            after = exports.place(export.wanted, export.asked.after, live) if export.asked.after else ()
            export.processed = await ledger.processed(snapshot)
            line = await self._begun(export)
            yield b""
            rows = exports.rows(
                snapshot, export.wanted, narrowed, after,
                contacts=export.who.sees_contacts, together=_TOGETHER,
            )  # fmt: skip
            async with aclosing(rows):
                async for part in self._written(export, rows, live):
                    yield part
            outcome = "DONE" if export.whole else "CUT"
        except HubError:
            outcome = "FAILED"
            raise
        except Exception as error:  # noqa: BLE001 (the last line of defence: nothing of the inside may leave)
            outcome = "FAILED"
            raise HubError(unexpected(error)) from None
        finally:
            self._under_way -= 1
            if line is not None:
                self._ended(line, export, outcome)
            await context.renew()

    async def _written(
        self, export: Export, rows: AsyncGenerator[Rows, None], live: int
    ) -> AsyncGenerator[bytes, None]:
        deadline = time.monotonic() + self._longest
        if not export.asked.after:
            yield export.writing.begin()
        async for part in rows:
            yield await asyncio.to_thread(_bytes, export, part, live)
            export.rows += len(part)
            if time.monotonic() > deadline:
                return
        yield export.writing.end()
        export.whole = True

    async def _begun(self, export: Export) -> StoredExport:
        asked, who = export.asked, export.who
        line = StoredExport(
            random_id("exp"), Context(self._hub, who).now(), who.token, who.name, asked.list, asked.format,
            None if asked.filter is None else orjson.dumps(asked.filter).decode(), who.sees_contacts,
            asked.after or None, None, None,
        )  # fmt: skip
        await self._hub.threads.write(lambda session: exports.begun(session, line))
        return line

    def _ended(self, line: StoredExport, export: Export, outcome: str) -> None:
        """Written down aside: whoever reads may have gone, and what waits for them is cancelled."""
        fields = {"export": line.id, "token": line.token, "list": line.list, "format": line.format}
        _log.info("export", extra={"fields": {**fields, "rows": export.rows, "outcome": outcome}})
        rows = export.rows
        task = asyncio.ensure_future(
            self._hub.threads.write(lambda session: exports.ended(session, line.id, rows, outcome))
        )
        self._writing_down.add(task)
        task.add_done_callback(self._writing_down.discard)


def _bytes(export: Export, rows: Rows, live: int) -> bytes:
    """Some rows as they are written; for a thread, as others should not wait for it."""
    columns = list(zip(*rows, strict=True))
    keys = columns[: len(export.wanted.key)]
    return export.writing.part(columns[len(keys) :], exports.cursors(export.wanted, live, keys))


async def _narrowed(context: Context, export: Export) -> Filter:
    """What the store is asked for: the filter as the lists of the graph read it."""
    info = cast("Info", _Asking(context))
    given = export.asked.filter
    wanted = None if given is None else read(info, given, _FILTERS[export.wanted.filter])
    match export.wanted.filter:
        case "CustomerFilter":
            return await listed(info, wanted)
        case "TouchpointFilter":
            return touchpoint_filter(info, wanted)
        case _:
            return matter_filter(wanted, context.now())


class _Streamed(StreamingResponse):
    """An export as it is written. One that is cut ends without its end, which every client of HTTP notices."""

    def __init__(self, export: Export) -> None:
        asked = export.asked
        super().__init__(
            export.parts,
            media_type=FORMATS[asked.format][0],
            headers={
                "Cache-Control": "no-store",
                "Content-Disposition": f'attachment; filename="{asked.list}.{asked.format}"',
                "Hub-Processed": str(export.processed),
                "X-Accel-Buffering": "no",
            },
        )
        self._export = export

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._export.parts) as parts:
            try:
                async for part in parts:
                    if part:
                        await send({"type": "http.response.body", "body": part, "more_body": True})
            except HubError as error:
                _log.warning("export cut: %s", error.message)
        if self._export.whole:
            await send({"type": "http.response.body", "body": b"", "more_body": False})


class ExportEndpoint:
    """Exports for those who may analyse; ``GET /export`` says to those who manage who took what."""

    def __init__(self, hub: Hub, slowest: float = SLOWEST) -> None:
        self._hub = hub
        self._exports = Exports(hub, hub.limits.exports, hub.limits.export_seconds)
        self._slowest = slowest

    async def answer(self, http: Request) -> Response:
        """One export, or the sentence that says why not."""
        return await clean(http, self._run)

    async def log(self, http: Request) -> Response:
        """The last hundred exports: who, what, how many rows."""
        return await clean(http, self._log)

    async def _run(self, http: Request) -> Response:
        if http.method not in ("GET", "POST"):
            raise UnsupportedMethod("GET", "POST")
        who = await self._principal(http)
        return _Streamed(await self._exports.begin(who, await self._asked(http)))

    async def _log(self, http: Request) -> Response:
        if http.method != "GET":
            raise UnsupportedMethod("GET")
        if not (await self._principal(http)).may(Scope.MANAGE):
            raise NotAllowed("Who exported what is told to a token with the scope manage.")
        await self._exports.settled()
        async with self._hub.reader.snapshot() as snapshot:
            found = await exports.latest(snapshot)
        return json_answer({"exports": [_told(each) for each in found]})

    async def _principal(self, http: Request) -> Principal:
        return await auth.principal(self._hub.reader, auth.bearer(http.headers.get("authorization")))

    async def _asked(self, http: Request) -> Asked:
        given = http.query_params
        asked = read_asked(http.path_params["list"], http.path_params["format"], given)
        if http.method == "GET":
            return asked
        if not is_json(http.headers.get("content-type", "")):
            raise UnsupportedMediaType("Send the filter as application/json, in UTF-8.")
        sent = await body(http, _LONGEST_FILTER, self._slowest)
        return replace(asked, filter=_filter(sent)) if sent else asked


def read_asked(list_: str, format_: str, given: Mapping[str, str]) -> Asked:
    """What the parameters of an address ask for. Raises ``InputWrong``."""
    for name in given:
        if name not in ("filter", "after", "bom", "formulas"):
            raise InputWrong(
                f"There is no parameter {name[:60]!r}: use filter, after, bom and formulas.", path=name[:60]
            )
    filter_ = _filter(given["filter"].encode()) if given.get("filter") else None
    manner = Manner(bom=_switch(given, "bom"), formulas=_switch(given, "formulas"))
    return Asked(list_, format_, filter_, given.get("after", ""), manner)


def _switch(given: Mapping[str, str], name: str) -> bool:
    if (text := given.get(name, "")) not in _SWITCHES:
        raise InputWrong(f"{name} is 0 or 1.", path=name)
    return _SWITCHES[text]


def _filter(text: bytes) -> Mapping[str, Any]:
    try:
        held = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise InputWrong("filter is not JSON.", path="filter") from None
    if not isinstance(held, dict):
        raise InputWrong("filter is a JSON object, as the lists of the graph take it.", path="filter")
    return held


def _told(line: StoredExport) -> dict[str, Any]:
    said = {name: getattr(line, name) for name in exports.LOGGED}
    return {**said, "at": written(line.at), "filter": orjson.Fragment(line.filter) if line.filter else None}


def _either(names: Mapping[str, Any]) -> str:
    return ", ".join(names)
