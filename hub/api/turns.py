"""Large answers are put together a part at a time, so that whoever asks little need not wait for them."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable
from typing import Any, TypeVar

from graphql import GraphQLOutputType, is_leaf_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

T = TypeVar("T")

PART = 0.01
"""Seconds for which answers are put together before everybody else has a turn, of which a small question needs ten."""
_LEAST, _MOST = 4, 512


class Turns:
    """Values that wait for their turn, of all operations of one event loop: some go on in each round of it."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._many = 32
        """How many go on in a round: as many as take the time of a part."""
        self._woken = 0.0

    async def of(self, item: T) -> T:
        """The item, when it is its turn."""
        loop = asyncio.get_running_loop()
        turn = loop.create_future()
        self._waiting.append(turn)
        if len(self._waiting) == 1:
            self._woken = time.perf_counter()
            loop.call_soon(self._next)
        await turn
        return item

    def _next(self) -> None:
        now = time.perf_counter()
        took, self._woken = now - self._woken, now
        if took > PART:
            self._many = max(_LEAST, self._many // 2)
        elif took < PART / 2:
            self._many = min(_MOST, self._many * 2)
        for _ in range(min(self._many, len(self._waiting))):
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
        if self._waiting:
            asyncio.get_running_loop().call_soon(self._next)


class InTurns(StrawberryGraphQLCoreExecutionContext):
    """Executes large operations in turns. An ordinary page is put together in one go."""

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
        awaited = result if turns is None else _later(result, turns)
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


async def _later(awaited: Awaitable[T], turns: Turns) -> T:
    return await turns.of(await awaited)
