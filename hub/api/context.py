"""What one operation works with: who asks, the hub, one snapshot opened when first needed, and its loaders."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import strawberry

from hub.api.auth import NotSignedIn, Principal
from hub.api.loaders import Loaders
from hub.store import ledger
from hub.store.reader import Snapshot

if TYPE_CHECKING:
    from hub.ingest.hub import Hub


class Context:
    """The context of one operation. A mutation renews it after its write, a live query before each answer."""

    def __init__(self, hub: Hub, principal: Principal) -> None:
        self.hub = hub
        self.principal = principal
        self.processed: int | None = None
        """The last truth number whose effect the answer shows; None while nothing was read."""
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._snapshot: Snapshot | None = None
        self.load = Loaders(self.snapshot)

    async def snapshot(self) -> Snapshot:
        """The operation's snapshot."""
        async with self._opening:
            if self._snapshot is None:
                opened: Snapshot = await self._stack.enter_async_context(self.hub.reader.snapshot())
                self.processed = await ledger.processed(opened)
                self._snapshot = opened
            return self._snapshot

    async def renew(self) -> None:
        """Let go of the snapshot and of what was read from it; the next read sees what is there then."""
        self._snapshot = None
        self.load = Loaders(self.snapshot)
        await self._stack.aclose()


Info = strawberry.Info[Context, Any]
"""What a resolver is given."""


class Socket:
    """The context of a WebSocket: who asks is known once the client has introduced itself."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.connection_params: Any = None
        """What the client sent to introduce itself."""
        self.principal: Principal | None = None

    def context(self) -> Context:
        """A context for one operation on the socket. Raises ``NotSignedIn``."""
        if self.principal is None:
            raise NotSignedIn("This connection has not been introduced with a token.")
        return Context(self.hub, self.principal)
