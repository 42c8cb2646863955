"""What one operation works with: who asks, the hub, one snapshot opened when first needed, and its loaders."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod
from zoneinfo import ZoneInfo

import strawberry
from starlette.websockets import WebSocket

from hub.analysis.as_of import AsOf
from hub.api.auth import NotSignedIn, Principal
from hub.api.loaders import Loaders
from hub.api.trusted import NOTHING
from hub.api.turns import Turns
from hub.clock import day, micros, moment, now
from hub.store import ledger
from hub.store.customers import StoredCustomer
from hub.store.reader import Snapshot

if TYPE_CHECKING:
    from hub.ingest.hub import Hub


class _Ended(RuntimeError):
    """The operation is over; nobody waits for what is read."""


Place = Sequence[str | int]
"""Where a field stands in an answer: names and list positions from the root."""


class Context:
    """The context of one operation. A mutation renews it after its write, a live query before each answer.

    Below some fields the answer may be as of another moment: there another context takes its place.
    """

    moment: AsOf | None = None
    """As of which moment the answer is; None for the present."""
    mark = ""
    """What the ids of objects end with whose content is as of that moment."""

    def __init__(self, hub: Hub, principal: Principal) -> None:
        self.hub = hub
        self.principal = principal
        self.turns: Turns | None = None
        """Given to large answers, which are put together in turns."""
        self.found = NOTHING
        """The document that is run."""
        self.as_json = False
        """Whether the answer is only sent on as JSON: its data may be JSON already."""
        self.priced = False
        """Whether the answer tells what it cost."""
        self.processed: int | None = None
        """The last truth number whose effect the answer shows; None while nothing was read."""
        self.ends: float | None = None
        """When the operation has to be done, by the clock of the event loop."""
        self.cursor: str | None = None
        """Of a live query: where it stands after its last answer."""
        self.last_seen: str | None = None
        """Of a live query: the cursor that a client which comes again has seen last."""
        self._present: Context | None = None
        self.places: dict[tuple[str | int, ...], Context] = {}
        """By the places below which they hold: the contexts of other moments."""
        self._ended = False
        self._opening = asyncio.Lock()
        self._stack = AsyncExitStack()
        self._snapshot: Snapshot | None = None
        self.load = Loaders(_weakly(self.snapshot))

    @property
    def present(self) -> Context:
        """The context of the operation, for one of another moment."""
        return self._present or self

    def now(self) -> int:
        """The time that it is in the answer, in microseconds."""
        return micros(now())

    def today(self) -> int:
        """The day that it is in the answer, since 1970-01-01, in the hub's zone."""
        return day(moment(self.now()), ZoneInfo(self.hub.company.time_zone))

    async def snapshot(self) -> Snapshot:
        """The operation's snapshot.

        Fields beside one that fails may go on when the operation has ended: for them there is none, nor one that was
        still being opened when the last one was let go of.
        """
        async with self._opening:
            if self._snapshot is None:
                if self.present._ended:  # noqa: SLF001 (of its own kind)
                    raise _Ended
                stack = self._stack
                opened = await self._open(stack)
                if stack is not self._stack:
                    await stack.aclose()
                    raise _Ended
                self._snapshot = opened
            return self._snapshot

    async def _open(self, stack: AsyncExitStack) -> Snapshot:
        opened: Snapshot = await stack.enter_async_context(self.hub.reader.snapshot())
        self.processed = await ledger.processed(opened)
        return opened

    async def whole(self, row: StoredCustomer) -> tuple[Context, StoredCustomer]:
        """A customer met beside another, and the context that knows all of them."""
        return self, row

    def enter(self, place: Place, context: Context) -> None:
        """Below a place of the answer another context holds."""
        if context is not self.at(place):
            self.present.places[tuple(place)] = context

    def at(self, place: Place) -> Context:
        """The context that holds at a place of the answer."""
        held = self.present.places
        whole = tuple(place)
        return next((held[whole[:end]] for end in range(len(whole), 0, -1) if whole[:end] in held), self.present)

    async def renew(self) -> None:
        """Let go of the snapshot and of what was read from it; the next read sees what is there then."""
        others, self.places = set(self.places.values()), {}
        for other in others:
            await other.renew()
        self._snapshot = None
        self.load = Loaders(_weakly(self.snapshot))
        stack, self._stack = self._stack, AsyncExitStack()
        await stack.aclose()

    async def end(self) -> None:
        """Let go of everything: the operation is over."""
        self._ended = True
        await self.renew()


def _weakly(snapshot: Callable[[], Awaitable[Snapshot]]) -> Callable[[], Awaitable[Snapshot]]:
    """The same, without keeping what it belongs to: a circle would stay for minutes when nobody needs it any more."""
    held = WeakMethod(snapshot)

    def here() -> Awaitable[Snapshot]:
        found = held()
        if found is None:
            raise _Ended
        return found()

    return here


class Info(strawberry.Info[Context, Any]):
    """What a resolver is given. Its context is that of the moment the field is asked about."""

    @property
    def context(self) -> Context:
        """The context that holds where the field stands."""
        context: Context = self._raw_info.context
        return context.at(self._raw_info.path.as_list()) if context.places else context


class Socket:
    """The context of a WebSocket: who asks is known once the client has introduced itself."""

    def __init__(self, hub: Hub, websocket: WebSocket) -> None:
        self.hub = hub
        self.websocket = websocket
        self.connection_params: Any = None
        """What the client sent to introduce itself."""
        self.principal: Principal | None = None

    def context(self) -> Context:
        """A context for one operation on the socket. Raises ``NotSignedIn``."""
        if self.principal is None:
            raise NotSignedIn("This connection has not been introduced with a token.")
        context = Context(self.hub, self.principal)
        context.as_json = True
        return context
