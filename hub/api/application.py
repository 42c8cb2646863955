"""All requests of one process: watched, and brought to whatever answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from hub.api.answering import STOPPING, stopping
from hub.api.deliveries import METHODS
from hub.api.http import ADDRESS, DELIVERIES
from hub.api.watching import Watching, unanswered


class Application(Starlette):
    """Starlette, but for the addresses at which nearly all requests arrive: they go there by the shortest way."""

    def __init__(self, lifespan: Callable[[Application], AbstractAsyncContextManager[None]]) -> None:
        super().__init__(lifespan=lifespan)
        self._graphql: Route | None = None
        self._deliveries: Route | None = None
        self._watching = Watching(self._brought)

    def open(self, routes: Sequence[BaseRoute]) -> None:
        """Answer by these routes from now on."""
        self.router.routes[:] = routes
        plain = [each for each in routes if isinstance(each, Route)]
        self._graphql = next((each for each in plain if each.path == ADDRESS), None)
        self._deliveries = next((each for each in plain if each.path.startswith(DELIVERIES)), None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._watching(scope, receive, send)

    async def _brought(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._nearest(scope)
        if route is None:
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        try:
            await route.app(scope, receive, send)
        except asyncio.CancelledError:
            # Nobody before the endpoint says what it says itself: the lane knows of nothing unusual.
            if not (getattr(self.state, STOPPING, False) and unanswered()):
                raise
            await stopping()(scope, receive, send)

    def _nearest(self, scope: Scope) -> Route | None:
        """The route of a request that needs nothing of what stands around routes; the scope says then whose it is."""
        if scope["type"] != "http" or scope.get("root_path"):
            return None
        path = scope["path"]
        if path == ADDRESS and self._graphql is not None:
            scope["endpoint"], scope["path_params"] = self._graphql.endpoint, {}
            return self._graphql
        if path.startswith(DELIVERIES) and self._deliveries is not None and scope["method"] in METHODS:
            source, _, after = path.removeprefix(DELIVERIES).partition("/")
            stream, _, rest = after.partition("/")
            if source and stream:
                scope["endpoint"] = self._deliveries.endpoint
                scope["path_params"] = {"source": source, "stream": stream, "rest": rest}
                return self._deliveries
        return None
