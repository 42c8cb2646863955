"""The HTTP layer: GraphQL, deliveries to push streams, and a health check."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from hub.api import auth
from hub.api.auth import NotSignedIn, Principal
from hub.api.errors import unexpected
from hub.api.execute import EVERYTHING, READS, Answer, Request, execute, refused
from hub.api.socket import GraphQLSocket
from hub.clock import now
from hub.connector import Delivery
from hub.errors import HubError, InputWrong, NotAllowed, NotFound, RetryLater, TooLarge

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

PATIENCE = 1.0
"""Seconds a read waits for the write that it wants to see."""
_STATUS: tuple[tuple[type[HubError], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (TooLarge, 413),
    (RetryLater, 503),
    (InputWrong, 400),
)
_JSON_TYPE = "application/json; charset=utf-8"
_GRAPHQL_TYPE = "application/graphql-response+json; charset=utf-8"


class UnsupportedMediaType(InputWrong):
    """The body is not of a type the hub reads."""

    code = "UNSUPPORTED_MEDIA_TYPE"


def routes(hub: Hub, *, max_body_bytes: int = 1_000_000, max_delivery_bytes: int = 5_000_000) -> list[BaseRoute]:
    """The API's routes: ``/graphql``, ``/in/{source}/{stream}`` and ``/health``."""
    graphql = GraphQLEndpoint(hub, max_body_bytes)
    deliveries = Deliveries(hub, max_delivery_bytes)
    return [
        Route("/graphql", graphql.answer, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", GraphQLSocket(hub)),
        Route("/in/{source}/{stream}", deliveries.answer, methods=["GET", "POST", "PUT", "OPTIONS"]),
        Route("/in/{source}/{stream}/{rest:path}", deliveries.answer, methods=["GET", "POST", "PUT", "OPTIONS"]),
        Route("/health", _health, methods=["GET"]),
    ]


async def _health(_: HttpRequest) -> Response:
    return _json({"status": "ok"})


class GraphQLEndpoint:
    """GraphQL over HTTP."""

    def __init__(self, hub: Hub, max_body_bytes: int) -> None:
        self._hub = hub
        self._limit = max_body_bytes

    async def answer(self, http: HttpRequest) -> Response:
        """One request, one answer; always JSON."""
        return await _clean(http, self._run)

    async def _run(self, http: HttpRequest) -> Response:
        who = await self._principal(http)
        request = _from_query(http) if http.method == "GET" else _from_body(await self._body(http))
        await self._wait(http.headers.get("hub-after"))
        answer = await execute(self._hub, who, request, READS if http.method == "GET" else EVERYTHING)
        return _answered(http, answer)

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


class Deliveries:
    """Deliveries to push streams: the source's own connector verifies and splits them."""

    def __init__(self, hub: Hub, max_delivery_bytes: int) -> None:
        self._hub = hub
        self._limit = max_delivery_bytes

    async def answer(self, http: HttpRequest) -> Response:
        """One delivery, answered once it is on disk."""
        return await _clean(http, self._run)

    async def _run(self, http: HttpRequest) -> Response:
        source, stream = http.path_params["source"], http.path_params["stream"]
        delivery = Delivery(
            method=http.method,
            path=http.url.path,
            query=_first_values(http),
            headers={name.lower(): value for name, value in http.headers.items()},
            body=await body(http, self._limit),
            client=http.client.host if http.client else "",
            received_at=now(),
            secret=b"",
            rest=http.path_params.get("rest", ""),
            url=str(http.url),
        )
        reply = await self._hub.deliver(source, stream, delivery)
        return Response(reply.body, reply.status, dict(reply.headers))


def _first_values(http: HttpRequest) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for name, value in http.query_params.multi_items():
        found.setdefault(name, value)
    return found


async def body(http: HttpRequest, limit: int) -> bytes:
    """The body of a request. Raises ``TooLarge`` before more than ``limit`` bytes are kept."""
    sentence = f"This request is larger than {limit:,} bytes."
    announced = http.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > limit:
        raise TooLarge(sentence)
    parts, size = [], 0
    async for part in http.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(sentence)
        parts.append(part)
    return b"".join(parts)


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


class _NotARequest(InputWrong):
    """The JSON is not a GraphQL request."""


def _request(held: Any) -> Request:
    if not isinstance(held, dict):
        raise _NotARequest("A GraphQL request is a JSON object.")
    query, variables, operation = held.get("query"), held.get("variables"), held.get("operationName")
    if not isinstance(query, str) or not query.strip():
        raise _NotARequest("query is missing: send the GraphQL document as text.")
    if not isinstance(variables, dict | None):
        raise _NotARequest("variables is a JSON object.")
    if not isinstance(operation, str | None):
        raise _NotARequest("operationName is text.")
    if not isinstance(held.get("extensions"), dict | None):
        raise _NotARequest("extensions is a JSON object.")
    return Request(query, variables, operation)


def _answered(http: HttpRequest, answer: Answer) -> Response:
    headers = {"Allow": "POST"} if answer.status == 405 else {}
    if answer.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(answer.retry_after)))
    return _json(answer.content, answer.status, _media_type(http), headers)


def _media_type(http: HttpRequest) -> str:
    accepted = http.headers.get("accept", "")
    return _GRAPHQL_TYPE if "application/graphql-response+json" in accepted else _JSON_TYPE


def _json(
    content: Any, status: int = 200, media_type: str = _JSON_TYPE, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(orjson.dumps(content), status, {"Content-Type": media_type, **(headers or {})})


async def _clean(http: HttpRequest, run: Callable[[HttpRequest], Awaitable[Response]]) -> Response:
    """Errors as JSON with one clear sentence, whatever happens."""
    try:
        return await run(http)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it; nothing went wrong here
    except HubError as error:
        return _refusal(http, error)
    except Exception as error:  # noqa: BLE001 (the last line of defence: nothing of the inside may leave)
        content = {"errors": [{"message": unexpected(error), "extensions": {"code": "INTERNAL"}}]}
        return _json(content, 500)


def _refusal(http: HttpRequest, error: HubError) -> Response:
    if isinstance(error, _NotARequest):
        status = 422
    elif isinstance(error, UnsupportedMediaType):
        status = 415
    else:
        status = next((status for kind, status in _STATUS if isinstance(error, kind)), 502)
    answer = _answered(http, refused(error, status))
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="hub"'
    return answer
