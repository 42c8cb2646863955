"""The HTTP layer: GraphQL, deliveries to push streams, and a health check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from hub.api import auth
from hub.api.answering import NotARequest, UnsupportedMediaType, answered, body, clean, json_answer
from hub.api.auth import Principal
from hub.api.deliveries import METHODS, Deliveries
from hub.api.execute import EVERYTHING, READS, Request, execute
from hub.api.socket import GraphQLSocket
from hub.api.uploads import UploadEndpoint
from hub.errors import InputWrong, RetryLater

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

PATIENCE = 1.0
"""Seconds a read waits for the write that it wants to see."""


def routes(
    hub: Hub,
    *,
    max_body_bytes: int = 1_000_000,
    max_delivery_bytes: int = 5_000_000,
    max_upload_bytes: int = 200_000_000,
    public_url: str | None = None,
) -> list[BaseRoute]:
    """The API's routes: ``/graphql``, ``/in/{source}/{stream}``, ``/upload`` and ``/health``."""
    graphql = GraphQLEndpoint(hub, max_body_bytes)
    deliveries = Deliveries(hub, max_delivery_bytes, public_url)
    return [
        Route("/graphql", graphql.answer, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", GraphQLSocket(hub)),
        Route("/in/{source}/{stream}", deliveries.answer, methods=METHODS),
        Route("/in/{source}/{stream}/{rest:path}", deliveries.answer, methods=METHODS),
        Route("/upload", UploadEndpoint(hub, max_upload_bytes).answer, methods=["POST"]),
        Route("/health", _health, methods=["GET"]),
    ]


async def _health(_: HttpRequest) -> Response:
    return json_answer({"status": "ok"})


class GraphQLEndpoint:
    """GraphQL over HTTP."""

    def __init__(self, hub: Hub, max_body_bytes: int) -> None:
        self._hub = hub
        self._limit = max_body_bytes

    async def answer(self, http: HttpRequest) -> Response:
        """One request, one answer; always JSON."""
        return await clean(http, self._run)

    async def _run(self, http: HttpRequest) -> Response:
        who = await self._principal(http)
        request = _from_query(http) if http.method == "GET" else _from_body(await self._body(http))
        await self._wait(http.headers.get("hub-after"))
        answer = await execute(self._hub, who, request, READS if http.method == "GET" else EVERYTHING)
        return answered(http, answer)

    async def _principal(self, http: HttpRequest) -> Principal:
        return await auth.principal(self._hub.reader, auth.bearer(http.headers.get("authorization")))

    async def _body(self, http: HttpRequest) -> bytes:
        kind, _, parameters = http.headers.get("content-type", "").partition(";")
        if kind.strip().lower() != "application/json":
            raise UnsupportedMediaType("Send the request as application/json.")
        charset = parameters.replace(" ", "").replace('"', "").lower()
        if "charset=" in charset and "charset=utf-8" not in charset:
            raise UnsupportedMediaType("Send the request in UTF-8.")
        return await body(http, self._limit)

    async def _wait(self, after: str | None) -> None:
        """Own writes are visible: wait for the sequence number a client names."""
        if not after:
            return
        if not (after.isascii() and after.isdigit() and len(after) <= 18):
            raise InputWrong("Hub-After is the sequence of a receipt.")
        if not await self._hub.wait(int(after), PATIENCE):
            raise RetryLater("That write is not shown yet.", after=1)


def _from_body(content: bytes) -> Request:
    try:
        held = orjson.loads(content)
    except orjson.JSONDecodeError:
        raise InputWrong("The body is not JSON.") from None
    return _request(held)


def _from_query(http: HttpRequest) -> Request:
    given = http.query_params
    held: dict[str, Any] = {"query": given.get("query") or None, "operationName": given.get("operationName") or None}
    if text := given.get("variables"):
        try:
            held["variables"] = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise InputWrong("variables is not JSON.") from None
    return _request(held)


def _request(held: Any) -> Request:
    if not isinstance(held, dict):
        raise NotARequest("A GraphQL request is a JSON object.")
    query, variables, operation = held.get("query"), held.get("variables"), held.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise NotARequest("query is missing: send the GraphQL document as text.")
    if not isinstance(variables, dict | None):
        raise NotARequest("variables is a JSON object.")
    if not isinstance(operation, str | None):
        raise NotARequest("operationName is text.")
    if not isinstance(held.get("extensions"), dict | None):
        raise NotARequest("extensions is a JSON object.")
    return Request(query, variables, operation)
