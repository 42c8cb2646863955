"""GraphQL over WebSocket (graphql-transport-ws): the same tokens, scopes and limits as over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET

from hub.api import auth
from hub.api.auth import NotSignedIn, Principal
from hub.api.context import Socket
from hub.api.standing import Standing, TooMany
from hub.api.subgraph import schema_of
from hub.api.trusted import asked

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

INTRODUCTION = timedelta(seconds=3)
"""How long a client may take to introduce itself."""
MOST_OPERATIONS = 100
LONGEST_SEND = 30.0
"""Seconds after which a socket is given up whose client reads nothing."""
FORBIDDEN = 4403
"""The protocol's code for a token that is no good. Clients come again, with the token they have then."""


class _Adapter(ASGIWebSocketAdapter):
    """Text frames only, written by orjson, as over HTTP."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Messages; in place of a document there may be the id of one."""
        async for message in super().iter_json(ignore_parsing_errors=ignore_parsing_errors):
            payload = message.get("payload") if isinstance(message, dict) else None
            if isinstance(payload, dict) and (document := asked(payload)) is not None:
                payload["query"] = document
            yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            async with asyncio.timeout(LONGEST_SEND):
                await self.ws.send_text(orjson.dumps(message).decode())
        except (WebSocketDisconnect, TimeoutError) as error:
            raise WebSocketDisconnected from error


class GraphQLSocket(GraphQL[Socket, None]):
    """The WebSocket endpoint. ``origins``: those whose pages may connect besides the hub's own; all, when none is said:
    a token must be sent by hand, so that a page elsewhere cannot borrow one."""

    websocket_adapter_class = _Adapter

    def __init__(self, hub: Hub, standing: Standing, origins: Sequence[str] = ()) -> None:
        super().__init__(
            schema_of(hub),
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INTRODUCTION,
            max_subscriptions_per_connection=MOST_OPERATIONS,
            allowed_origins=tuple(origins) or ("*",),
        )
        self._hub = hub
        self._standing = standing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        websocket = WebSocket(scope, receive=receive, send=send)
        async with AsyncExitStack() as stack:
            websocket.state.stack = stack
            await self.run(websocket)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Socket:
        """The socket's context; who asks comes with the introduction."""
        return Socket(self._hub, cast("WebSocket", request))

    async def on_ws_connect(self, context: Socket) -> Any:
        """Check the token of the introduction: ``{"Authorization": "Bearer ..."}`` or ``{"token": "..."}``."""
        params = context.connection_params if isinstance(context.connection_params, dict) else {}
        token = params.get("token")
        header = params.get("Authorization") or params.get("authorization")
        try:
            secret = token if isinstance(token, str) else auth.bearer(header if isinstance(header, str) else None)
            context.principal = await auth.principal(self._hub.reader, secret)
            await context.websocket.state.stack.enter_async_context(self._watched(context.websocket, context.principal))
        except (NotSignedIn, TooMany):
            raise ConnectionRejectionError from None
        return UNSET

    @asynccontextmanager
    async def _watched(self, websocket: WebSocket, who: Principal) -> AsyncIterator[None]:
        """Close the socket once its token is no good any more."""
        async with self._standing.stays(who) as ended:
            closing = asyncio.create_task(_close(websocket, ended))
            try:
                yield
            finally:
                closing.cancel()


async def _close(websocket: WebSocket, ended: asyncio.Event) -> None:
    await ended.wait()
    with suppress(WebSocketDisconnect, RuntimeError):
        await websocket.close(FORBIDDEN, "This token has expired or was revoked.")
