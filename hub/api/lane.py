"""The lane for plain reads: a POST of JSON by somebody known, answered before anything unusual is looked for.

It is the outermost thing at its address. Bodies that are encoded or come in parts, other types, and documents that are
not known yet go on to the ordinary way, as if it had not been here. The order of what is checked, and what checks it,
is the same: token, body, request, limits. The headers of an answer are those that the ordinary way gives it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.api import auth, watching
from hub.api.answering import Direct, direct, lines
from hub.api.auth import Principal, Remembered
from hub.api.compression import SMALLEST, compressed, encoding
from hub.api.execute import shortly
from hub.api.media_types import CHARSET, GRAPHQL, JSON, is_json, preferred
from hub.api.requests import from_body, request_of, until_shown
from hub.api.short import Short
from hub.errors import HubError

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

_TRIED = "hub.tried"
_ELSEWHERE = frozenset({b"content-encoding", b"transfer-encoding", b"expect"})
"""Headers with which a request is not plain."""
_MOST_HEADS = 200

Head = tuple[list[tuple[bytes, bytes]], bytes]
"""The headers that answers of a kind have in common: as pairs, and as they are sent."""


@dataclass(slots=True)
class _Plain:
    """A request of which nothing is unusual: who asks, what they want to see, and how they are answered."""

    who: Principal
    after: str
    origin: bytes | None
    media_type: str
    coding: str | None


def untried(scope: Scope) -> bool:
    """Whether the lane has not tried to answer the request."""
    return _TRIED not in scope


def failure(scope: Scope) -> HubError | None:
    """What went wrong when the lane tried to answer it."""
    failed: HubError | None = scope.get(_TRIED)
    return failed


class Lane:
    """Before the endpoint. ``limit`` is the size of the largest body in bytes, ``slowest`` its seconds to arrive;
    ``around`` stands around the endpoint the ordinary way."""

    def __init__(
        self, app: ASGIApp, hub: Hub, remembered: Remembered, limit: int, slowest: float, around: Sequence[Middleware]
    ) -> None:
        self._app = app
        self._hub = hub
        self._remembered = remembered
        self._limit = limit
        self._slowest = slowest
        self._around = around
        self._heads: dict[tuple[bytes | None, str, str | None], Head] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a plain read, or pass the request on."""
        plain = self._plain(scope) if self._hub.compiled_reads and scope["method"] == "POST" else None
        if plain is None:
            await self._app(scope, receive, send)
            return
        given = direct(scope)
        body = None if given is None else given.body()
        if body is None:
            try:
                async with asyncio.timeout(self._slowest):
                    first = await receive()
            except TimeoutError:
                await self._app(scope, receive, send)  # where it is told
                return
            receive = _again(first, receive)
            body = first.get("body") if first["type"] == "http.request" and not first.get("more_body") else None
        answer = None if body is None else await self._answered(plain, body, scope)
        if answer is None:
            await self._app(scope, receive, send)
            return
        await self._send(plain, answer, given, send)

    def _plain(self, scope: Scope) -> _Plain | None:
        said = dict(scope["headers"])
        length = said.get(b"content-length", b"")
        if (
            len(said) != len(scope["headers"])
            or not _ELSEWHERE.isdisjoint(said)
            or not (length.isdigit() and len(length) < 10 and int(length) <= self._limit)
            or not is_json(said.get(b"content-type", b"").decode("latin-1"))
        ):
            return None
        media_type = preferred(said.get(b"accept", b"").decode("latin-1"))
        if media_type != JSON and media_type != GRAPHQL:
            return None
        try:
            who = self._remembered.get(auth.bearer(said.get(b"authorization", b"").decode("latin-1")))
        except HubError:
            return None
        if who is None:
            return None
        after = said.get(b"hub-after", b"").decode("latin-1")
        coding = encoding(said.get(b"accept-encoding", b"").decode("latin-1"))
        return _Plain(who, after, said.get(b"origin"), media_type, coding)

    async def _answered(self, plain: _Plain, body: bytes, scope: Scope) -> Short | None:
        try:
            request = request_of(await from_body(body))
        except HubError:
            return None
        try:
            await until_shown(self._hub, plain.after)
            answer = await shortly(self._hub, plain.who, request)
        except HubError as failed:
            scope[_TRIED] = failed
            return None
        if answer is None:
            scope[_TRIED] = None
        return answer

    async def _send(self, plain: _Plain, answer: Short, given: Direct | None, send: Send) -> None:
        body = orjson.dumps(answer.content)
        coding = plain.coding if len(body) >= SMALLEST else None
        if coding is not None:
            body = await compressed(body, coding)
        kind = plain.origin, plain.media_type, coding
        pairs, head = self._heads.get(kind) or await self._head(*kind)
        own = [(b"content-length", b"%d" % len(body))]
        own += [(name.lower().encode(), value.encode()) for name, value in answer.allowance.items()]
        if given is not None:
            own.append(watching.begun())
            await given.answer(b"%b%b" % (head, lines(own)), body)
            return
        await send({"type": "http.response.start", "status": 200, "headers": [*own, *pairs]})
        await send({"type": "http.response.body", "body": body})

    async def _head(self, origin: bytes | None, media_type: str, coding: str | None) -> Head:
        """What the ordinary way puts at the head of an answer like this: it is asked once."""
        accepted = [(b"accept-encoding", (coding or "").encode())]
        asked = {"type": "http", "method": "POST", "headers": accepted + ([(b"origin", origin)] if origin else [])}
        app: ASGIApp = Response(b" " * SMALLEST if coding else b"", headers={"Content-Type": media_type + CHARSET})
        for each in reversed(self._around):
            app = each.cls(app, *each.args, **each.kwargs)
        told: list[Message] = []

        async def tell(message: Message) -> None:
            told.append(message)

        await app(asked, _nothing, tell)
        pairs = [pair for pair in told[0]["headers"] if pair[0] != b"content-length"]
        if len(self._heads) >= _MOST_HEADS:
            self._heads.clear()  # there are as many origins as anybody likes to name
        found = self._heads[origin, media_type, coding] = pairs, lines(pairs)
        return found


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _again(first: Message, receive: Receive) -> Receive:
    """Receives what was received before, and then the rest."""
    waiting = [first]

    async def next_() -> Message:
        return waiting.pop() if waiting else await receive()

    return next_
