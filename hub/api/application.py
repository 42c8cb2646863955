"""All requests of one process: watched, and brought to whatever answers them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from hub.api.answering import STOPPING, stopping
from hub.api.http import ADDRESS
from hub.api.watching import Watching, unanswered


class Application(Starlette):
    """Starlette, but for one address at which nearly all requests arrive: they go there without looking for the way."""

    def __init__(self, lifespan: Callable[[Application], AbstractAsyncContextManager[None]]) -> None:
        super().__init__(lifespan=lifespan)
        self._graphql: Route | None = None
        self._watching = Watching(self._brought)

    def open(self, routes: Sequence[BaseRoute]) -> None:
        """Answer by these routes from now on."""
        self.router.routes[:] = routes
        self._graphql = next((each for each in routes if isinstance(each, Route) and each.path == ADDRESS), None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._watching(scope, receive, send)

    async def _brought(self, scope: Scope, receive: Receive, send: Send) -> None:
        route = self._graphql
        if route is None or scope["type"] != "http" or scope["path"] != ADDRESS or scope.get("root_path"):
            await super().__call__(scope, receive, send)
            return
        scope["app"], scope["endpoint"], scope["path_params"] = self, route.endpoint, {}
        try:
            await route.app(scope, receive, send)
        except asyncio.CancelledError:
            # Nobody before the endpoint says what it says itself: the lane knows of nothing unusual.
            if not (getattr(self.state, STOPPING, False) and unanswered()):
                raise
            await stopping()(scope, receive, send)
