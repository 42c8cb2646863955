"""Large answers are put together a part at a time, and pause while anybody who asks little is answered."""

from __future__ import annotations

import asyncio
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any, Generic, TypeVar, cast

from graphql import GraphQLOutputType, GraphQLResolveInfoHelpers, is_leaf_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

T = TypeVar("T")

PART = 0.005
"""Seconds for which answers are put together before everybody else has a turn."""
PAUSE = 0.05
"""Seconds that large answers pause at most between two parts: else many small ones would keep them for ever."""
YOUNG = 0.25
"""Seconds from its beginning for which a request is one that asks little, unless it is known to ask much: streams and
slow senders last."""
_GLANCE = 0.001
_LEAST, _MOST = 4, 512


class Small:
    """Requests of one process that are answered now, and ask little as far as is known."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._begun: dict[object, float] = {}
        self._mine: ContextVar[object | None] = ContextVar("small", default=None)

    def request(self) -> AbstractContextManager[None]:
        """While a request is answered; of one within another nothing is noted."""
        return _NOTHING if self._mine.get() is not None else _Request(self)

    def begin(self, request: object) -> None:
        """The request that is answered here begins."""
        self._mine.set(request)
        self._begun[request] = self._clock()

    def end(self, request: object) -> None:
        """It ends."""
        self._begun.pop(request, None)
        self._mine.set(None)  # a stream may end in another task than it began in

    def no_more(self) -> None:
        """The request that is answered here asks much."""
        self._begun.pop(self._mine.get(), None)

    def any(self, now: float) -> bool:
        """Whether there is one."""
        while self._begun:
            eldest = next(iter(self._begun))
            if now - self._begun[eldest] < YOUNG:
                return True
            del self._begun[eldest]
        return False


class _Request(AbstractContextManager[None]):
    def __init__(self, others: Small) -> None:
        self._others = others

    def __enter__(self) -> None:
        self._others.begin(self)

    def __exit__(self, *_: object) -> None:
        self._others.end(self)


_NOTHING = nullcontext()
small = Small()


class Turns:
    """Values that wait for their turn, of all operations of one event loop: some go on in each round of it."""

    def __init__(self, others: Small = small, clock: Callable[[], float] = time.perf_counter) -> None:
        self._others = others
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._many = 32
        """How many go on in a round: as many as take the time of a part."""
        self._woken = 0.0
        self._going_on = False

    def of(self, item: T) -> Awaitable[T]:
        """The item, when it is its turn."""
        return _Later(self, item)

    def after(self, item: Awaitable[T]) -> Awaitable[T]:
        """The same of an item that has to be awaited first."""
        return _Later(self, awaited=item)

    async def wait(self) -> None:
        """Wait for a turn."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if not self._going_on:
            self._going_on = True
            loop.call_soon(self._go_on, self._clock() + PAUSE)
        await turn

    def _next(self) -> None:
        """When a part is there: how long it took says how large the next may be."""
        now = self._clock()
        took = now - self._woken
        if took > PART:
            self._many = max(_LEAST, self._many // 2)
        elif took < PART / 2:
            self._many = min(_MOST, self._many * 2)
        self._going_on = bool(self._waiting)
        if self._going_on:
            self._go_on(now + PAUSE)

    def _go_on(self, latest: float) -> None:
        loop, now = asyncio.get_running_loop(), self._clock()
        if now < latest and self._others.any(now):
            loop.call_later(_GLANCE, self._go_on, latest)
            return
        self._woken = now
        for _ in range(min(self._many, len(self._waiting))):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
        loop.call_soon(self._next)


class _Later(Generic[T]):
    """An item that has its turn when it is awaited, if it ever is: whoever gives a request up warns of nothing."""

    __slots__ = ("_awaited", "_item", "_turns")

    def __init__(self, turns: Turns, item: T | None = None, awaited: Awaitable[T] | None = None) -> None:
        self._turns = turns
        self._item = item
        self._awaited = awaited

    def __await__(self) -> Generator[Any, None, T]:
        item = self._item if self._awaited is None else (yield from self._awaited.__await__())
        yield from self._turns.wait().__await__()
        return cast("T", item)


class InTurns(StrawberryGraphQLCoreExecutionContext):
    """Executes large operations in turns. An ordinary page is put together in one go."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        # Circles are kept for minutes when nobody needs them any more, and all that the operation had with them.
        me = weakref.proxy(self)
        self.async_helpers = GraphQLResolveInfoHelpers(
            gather=lambda values: me.gather_async_work(values), track=lambda values: me.track_async_work(values)
        )

    @property
    def turns(self) -> Turns | None:
        """Those of the hub that is asked, for a large answer; None for a small one."""
        turns: Turns | None = self.context_value.turns
        return turns

    def complete_awaitable_value(
        self, return_type: GraphQLOutputType, details: Any, info: Any, path: Any, result: Any, position: Any
    ) -> Any:
        """Go on with what a resolver brought when it is our turn."""
        turns = self.turns
        awaited = result if turns is None else turns.after(result)
        return super().complete_awaitable_value(return_type, details, info, path, awaited, position)

    def complete_list_item_value(
        self, item: Any, results: list[Any], item_type: GraphQLOutputType, details: Any, info: Any, path: Any,
        position: Any,
    ) -> bool:  # fmt: skip
        """Complete an item now, or when it is our turn."""
        turns = self.turns
        if turns is None or is_leaf_type(item_type):
            return super().complete_list_item_value(item, results, item_type, details, info, path, position)
        later = turns.of(item)
        results.append(self.complete_awaitable_list_item_value(later, item_type, details, info, path, position))
        return True
