"""The lane for plain reads: a POST of JSON by somebody known, answered before anything unusual is looked for.

It is the outermost thing at its address. Whatever has to do with origins, encodings, waiting, other types or documents
that are not known yet goes on to the ordinary way, as if it had not been here. The order of what is checked, and what
checks it, is the same: token, body, request, limits.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api import auth
from hub.api.auth import Principal, Remembered
from hub.api.compression import encoding
from hub.api.execute import shortly
from hub.api.media_types import CHARSET, GRAPHQL, JSON, is_json, preferred
from hub.api.requests import from_body, request_of
from hub.api.safe_headers import HEADERS
from hub.errors import HubError

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

_TRIED = "hub.tried"
_ELSEWHERE = {b"origin", b"content-encoding", b"hub-after", b"transfer-encoding", b"expect"}
"""Headers with which a request is not plain."""
_SAFE = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
_VARY = [(b"vary", b"Accept-Encoding")]


def untried(scope: Scope) -> bool:
    """Whether the lane has not tried to answer the request."""
    return _TRIED not in scope


class Lane:
    """Before the endpoint. ``limit`` is the size of the largest body in bytes, ``slowest`` its seconds to arrive."""

    def __init__(self, app: ASGIApp, hub: Hub, remembered: Remembered, limit: int, slowest: float) -> None:
        self._app = app
        self._hub = hub
        self._remembered = remembered
        self._limit = limit
        self._slowest = slowest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a plain read, or pass the request on."""
        plain = self._plain(scope) if self._hub.compiled_reads and scope["method"] == "POST" else None
        if plain is None:
            await self._app(scope, receive, send)
            return
        who, media_type = plain
        try:
            async with asyncio.timeout(self._slowest):
                first = await receive()
        except TimeoutError:
            await self._app(scope, receive, send)  # where it is told
            return
        answer = await self._answered(who, first, scope)
        if answer is None:
            await self._app(scope, _again(first, receive), send)
            return
        body = orjson.dumps(answer.content)
        headers = [(name.lower().encode(), value.encode()) for name, value in answer.headers.items()]
        headers += [(b"content-length", str(len(body)).encode()), (b"content-type", media_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, *_SAFE, *_VARY]})
        await send({"type": "http.response.body", "body": body})

    def _plain(self, scope: Scope) -> tuple[Principal, str] | None:
        """Who asks, and the type they want to be answered in, where nothing about a request is unusual."""
        said: dict[bytes, bytes] = {}
        for name, value in scope["headers"]:
            if name in _ELSEWHERE or name in said:
                return None
            said[name] = value
        if encoding(said.get(b"accept-encoding", b"").decode("latin-1")) is not None:
            return None
        media_type = preferred(said.get(b"accept", b"").decode("latin-1"))
        length = said.get(b"content-length", b"")
        if media_type not in (JSON, GRAPHQL) or not (
            length.isdigit() and len(length) < 10 and int(length) <= self._limit
        ):
            return None
        if not is_json(said.get(b"content-type", b"").decode("latin-1")):
            return None
        try:
            who = self._remembered.get(auth.bearer(said.get(b"authorization", b"").decode("latin-1")))
        except HubError:
            return None
        return None if who is None else (who, media_type + CHARSET)

    async def _answered(self, who: Principal, first: Message, scope: Scope) -> Any:
        if first["type"] != "http.request" or first.get("more_body"):
            return None
        try:
            request = request_of(await from_body(first["body"]))
        except HubError:
            return None
        answer = await shortly(self._hub, who, request)
        if answer is None:
            scope[_TRIED] = True
        return answer


def _again(first: Message, receive: Receive) -> Receive:
    """Receives what was received before, and then the rest."""
    waiting = [first]

    async def next_() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_
