"""GraphQL over Server-Sent Events, as graphql-sse has it for one connection an operation: ``next`` and ``complete``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from strawberry.types.graphql import OperationType

from hub.api.answering import STOPPING
from hub.api.auth import Principal
from hub.api.context import Context
from hub.api.errors import described_error, internal
from hub.api.execute import EVERYTHING, READS, Request
from hub.api.standing import Standing, no_longer
from hub.api.subgraph import schema_of

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

HEARTBEAT = 12.0
"""Seconds of silence after which a comment is sent, so that proxies keep the connection."""
LOOK = 1.0
"""Seconds between looks whether the hub is to stop."""
_HEADERS = {"Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""Nobody on the way may keep, compress or gather what is to arrive at once."""
_COMPLETE = b"event: complete\ndata:\n\n"
_COMMENT = b":\n\n"

Results = AsyncGenerator[Any, None]


class LiveAnswers:
    """Operations whose answers are events. The id of an event is its cursor."""

    def __init__(self, hub: Hub, standing: Standing) -> None:
        self._hub = hub
        self._standing = standing

    def answer(self, http: HttpRequest, who: Principal, request: Request) -> Response:
        """The stream of one operation, which goes on after ``Last-Event-ID`` where the client says it. Raises
        ``TooMany``."""
        self._standing.demand(who)
        context = Context(self._hub, who)
        context.as_json = True
        context.last_seen = http.headers.get("last-event-id") or None
        events = self._events(http, context, request)
        return StreamingResponse(events, media_type="text/event-stream; charset=utf-8", headers=_HEADERS)

    async def _events(self, http: HttpRequest, context: Context, request: Request) -> AsyncIterator[bytes]:
        yield _COMMENT  # so that the client hears at once that it was let in
        allowed = (READS if http.method == "GET" else EVERYTHING) | {OperationType.SUBSCRIPTION}
        results: Results = await schema_of(self._hub).stream(
            request.query,
            variable_values=dict(request.variables) if request.variables else None,
            context_value=context,
            operation_name=request.operation,
            allowed_operation_types=allowed,
        )
        async with self._standing.stays(context.principal) as ended:
            turn = _Turn(results, ended)
            try:
                while not getattr(http.app.state, STOPPING, False):
                    if (event := await turn.event(context)) is not None:
                        yield event
                    if turn.over:
                        yield _COMPLETE
                        return
            finally:
                await turn.close()
                await context.renew()


class _Turn:
    """The next result of an operation, waited for in a task of its own: heartbeats pass meanwhile."""

    def __init__(self, results: Results, ended: asyncio.Event) -> None:
        self._results = results
        self._next: asyncio.Task[Any] | None = None
        self._ended = asyncio.create_task(ended.wait())
        self._silent = 0.0
        self.over = False

    async def event(self, context: Context) -> bytes | None:
        """What is to be sent now; None for nothing, after at most a second."""
        if self._next is None:
            self._next = asyncio.create_task(anext(self._results, None))
        await asyncio.wait({self._next, self._ended}, timeout=LOOK, return_when=asyncio.FIRST_COMPLETED)
        if self._ended.done():
            self.over = True
            error = no_longer()
            return _next({"errors": [{"message": error.message, "extensions": described_error(error)}]}, None)
        if not self._next.done():
            self._silent += LOOK
            return self._heartbeat()
        found, self._next, self._silent = self._next, None, 0.0
        return self._said(found, context)

    def _heartbeat(self) -> bytes | None:
        if self._silent < HEARTBEAT:
            return None
        self._silent = 0.0
        return _COMMENT

    def _said(self, found: asyncio.Task[Any], context: Context) -> bytes | None:
        try:
            result = found.result()
        except Exception as error:  # noqa: BLE001 (the last line of defence: nothing of the inside may leave)
            self.over = True
            return _next({"errors": [internal(error)]}, None)
        if result is None:
            self.over = True
            return None
        content: dict[str, Any] = {"data": result.data}
        if result.errors:
            content["errors"] = [error.formatted for error in result.errors]
        if result.extensions:
            content["extensions"] = result.extensions
        return _next(content, context.cursor)

    async def close(self) -> None:
        """Stop what is under way."""
        self._ended.cancel()
        if self._next is not None:
            self._next.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._next
        await self._results.aclose()


def _next(content: dict[str, Any], cursor: str | None) -> bytes:
    identity = f"id: {cursor}\n".encode() if cursor else b""
    return b"event: next\n" + identity + b"data: " + orjson.dumps(content) + b"\n\n"
