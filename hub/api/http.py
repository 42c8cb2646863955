"""The HTTP layer: GraphQL, deliveries to push streams, and a health check."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from hub.api import auth
from hub.api.answering import (
    SLOWEST,
    NotAcceptable,
    UnsupportedMediaType,
    UnsupportedMethod,
    body,
    clean,
    headers,
    json_answer,
)
from hub.api.auth import Principal, Remembered
from hub.api.compression import Compressed
from hub.api.deliveries import METHODS, Deliveries
from hub.api.events import LiveAnswers
from hub.api.execute import EVERYTHING, READS, Answer, execute
from hub.api.exports import ExportEndpoint
from hub.api.lane import Lane, failure, untried
from hub.api.media_types import CHARSET, EVENTS, GRAPHQL, JSON, is_json, preferred
from hub.api.requests import from_body, from_query, request_of, until_shown
from hub.api.revalidating import revalidated
from hub.api.safe_headers import SafeHeaders
from hub.api.socket import GraphQLSocket
from hub.api.standing import Standing
from hub.api.uploads import UploadEndpoint
from hub.errors import HubError

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

ADDRESS = "/graphql"
DELIVERIES = "/in/"
"""Below it everything goes to push streams."""
PARTIAL = 294
"""Partial success: data, and errors beside it. For clients that know the specification."""
_METHODS = ("GET", "HEAD", "POST")
_SENT = ("Authorization", "Hub-After", "If-None-Match", "Last-Event-ID", "traceparent", "tracestate", "X-Request-ID")
_SHOWN = ("Allow", "ETag", "RateLimit", "RateLimit-Policy", "Retry-After", "WWW-Authenticate", "X-Request-ID")
"""Headers that pages of other origins may send, and may read."""


def routes(
    hub: Hub,
    *,
    max_body_bytes: int = 1_000_000,
    max_delivery_bytes: int = 5_000_000,
    max_upload_bytes: int = 200_000_000,
    public_url: str | None = None,
    legacy_statuses: bool = False,
    body_seconds: float = SLOWEST,
    allowed_origins: Sequence[str] = (),
) -> list[BaseRoute]:
    """The API's routes: ``/graphql``, ``/in/{source}/{stream}``, ``/upload`` and ``/health``."""
    standing = Standing(hub)
    events = LiveAnswers(hub, standing)
    graphql = GraphQLEndpoint(hub, events, max_body_bytes, legacy=legacy_statuses, slowest=body_seconds)
    deliveries = Deliveries(hub, max_delivery_bytes, public_url, body_seconds)
    uploads = UploadEndpoint(hub, max_upload_bytes, body_seconds)
    exports = ExportEndpoint(hub, body_seconds)
    around = [*_origins(allowed_origins), Middleware(Compressed), Middleware(SafeHeaders)]
    known = graphql.remembered
    lane = Middleware(Lane, hub=hub, remembered=known, limit=max_body_bytes, slowest=body_seconds, around=around)
    return [
        Route(ADDRESS, graphql, middleware=[lane, *around]),
        Route(f"{ADDRESS}/{{document}}", graphql, middleware=around),
        WebSocketRoute(ADDRESS, GraphQLSocket(hub, standing, allowed_origins)),
        Route(f"{DELIVERIES}{{source}}/{{stream}}", deliveries, methods=METHODS),
        Route(f"{DELIVERIES}{{source}}/{{stream}}/{{rest:path}}", deliveries, methods=METHODS),
        Route("/upload", uploads.answer, methods=METHODS, middleware=around),
        Route("/export/{list}.{format}", exports.answer, methods=METHODS, middleware=around),
        Route("/export", exports.log, methods=METHODS, middleware=around),
        Route("/health", _health, methods=["GET"]),
    ]


def _origins(allowed: Sequence[str]) -> list[Middleware]:
    """What lets pages of other origins ask. Never with cookies: a page sends the token itself, or has none."""
    if not allowed:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=allowed,
            allow_methods=_METHODS,
            allow_headers=_SENT,
            expose_headers=_SHOWN,
            max_age=7200,
        )
    ]


async def _health(_: HttpRequest) -> Response:
    return json_answer({"status": "ok"})


class GraphQLEndpoint:
    """GraphQL over HTTP, as its specification of September 2026 has it; ``legacy``: with the statuses of before."""

    def __init__(
        self, hub: Hub, events: LiveAnswers, max_body_bytes: int, *, legacy: bool = False, slowest: float = SLOWEST
    ) -> None:
        self._hub = hub
        self._events = events
        self._limit = max_body_bytes
        self._slowest = slowest
        self._legacy = legacy
        self.remembered = Remembered()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, one answer in JSON, or a stream of them for who asks for it."""
        http = HttpRequest(scope, receive, send)
        media_type = preferred(",".join(http.headers.getlist("accept")))

        async def run(http: HttpRequest) -> Response:
            if http.method not in _METHODS:
                raise UnsupportedMethod(*_METHODS)
            if media_type is None:
                raise NotAcceptable(f"The hub answers in {GRAPHQL} or {JSON}, and in {EVENTS}.")
            return await self._run(http, media_type)

        refused_in = GRAPHQL if media_type == GRAPHQL else JSON
        response = await clean(http, run, lambda refusal: self._said(refusal, refused_in))
        await response(scope, receive, send)

    def _said(self, answer: Answer, media_type: str, *, ran: bool = False) -> Response:
        """An answer in the type that the client prefers. ``ran``: it is that of a well-formed request."""
        status = answer.status
        if status == 200 and media_type == GRAPHQL and "errors" in answer.content and not self._legacy:
            status = PARTIAL
        elif self._legacy and status in (400, 422):
            status = 200 if ran and media_type == JSON else 400
        allow = {"Allow": "POST"} if ran and status == 405 else {}
        return json_answer(answer.content, status, media_type + CHARSET, {**headers(answer), **allow})

    async def _run(self, http: HttpRequest, media_type: str) -> Response:
        secret = auth.bearer(http.headers.get("authorization"))
        known = self.remembered.get(secret)

        async def look_up() -> Principal:
            return await self.remembered.looked_up(self._hub.reader, secret)

        who = known or await look_up()
        reads = http.method != "POST"
        try:
            held = from_query(http) if reads else await from_body(await self._body(http))
            request = request_of(held, http.path_params.get("document"))
            request = replace(request, as_json=untried(http.scope))
            if failed := failure(http.scope):
                raise failed
            await until_shown(self._hub, http.headers.get("hub-after"))
        except HubError:
            if known is not None:
                await look_up()  # whose token does not stand any more hears that first
            raise
        if media_type == EVENTS:
            who = await look_up() if known else who
            if http.method == "HEAD":
                raise UnsupportedMethod("GET", "POST")
            return self._events.answer(http, who, request)
        allowed = READS if reads else EVERYTHING
        answer = await execute(self._hub, who, request, allowed, look_up if known else None)
        response = self._said(answer, media_type, ran=True)
        if reads and answer.found.document and "errors" not in answer.content:
            return revalidated(http, response, answer.content["data"])
        if "mutation" in answer.found.text:
            # Only writes answer with secrets, as new tokens: the size of what is compressed would tell of them.
            response.headers["Cache-Control"] = "no-store, no-transform"
        return response

    async def _body(self, http: HttpRequest) -> bytes:
        # A page elsewhere may send forms and plain text without asking; JSON it may not.
        if not is_json(http.headers.get("content-type", "")):
            raise UnsupportedMediaType("Send the request as application/json, in UTF-8.")
        if http.headers.get("content-encoding", "identity").lower() != "identity":
            raise UnsupportedMediaType("Send the request uncompressed.")
        return await body(http, self._limit, self._slowest)
