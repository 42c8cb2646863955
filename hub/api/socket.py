"""GraphQL over WebSocket (graphql-transport-ws): the same tokens, scopes and limits as over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

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
from hub.api.auth import NotSignedIn
from hub.api.context import Socket
from hub.api.schema import schema

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

INTRODUCTION = timedelta(seconds=3)
"""How long a client may take to introduce itself."""
MOST_OPERATIONS = 100


class _Adapter(ASGIWebSocketAdapter):
    """Text frames only, written by orjson, as over HTTP."""

    async def send_json(self, message: Mapping[str, object]) -> None:
        try:
            await self.ws.send_text(orjson.dumps(message).decode())
        except WebSocketDisconnect as error:
            raise WebSocketDisconnected from error


class GraphQLSocket(GraphQL[Socket, None]):
    """The WebSocket endpoint."""

    websocket_adapter_class = _Adapter

    def __init__(self, hub: Hub) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=INTRODUCTION,
            max_subscriptions_per_connection=MOST_OPERATIONS,
            # A token must be sent by hand, so a page elsewhere cannot borrow one; its origin says nothing.
            allowed_origins=("*",),
        )
        self._hub = hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket."""
        await self.run(WebSocket(scope, receive=receive, send=send))

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Socket:
        """The socket's context; who asks comes with the introduction."""
        return Socket(self._hub)

    async def on_ws_connect(self, context: Socket) -> Any:
        """Check the token of the introduction: ``{"Authorization": "Bearer ..."}`` or ``{"token": "..."}``."""
        params = context.connection_params if isinstance(context.connection_params, dict) else {}
        token = params.get("token")
        header = params.get("Authorization") or params.get("authorization")
        try:
            secret = token if isinstance(token, str) else auth.bearer(header if isinstance(header, str) else None)
            context.principal = await auth.principal(self._hub.reader, secret)
        except NotSignedIn:
            raise ConnectionRejectionError from None
        return UNSET
