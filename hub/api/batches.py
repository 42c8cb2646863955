"""How loaders are made: what many fields of one answer ask for goes to the store as one statement."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from hub.store.pages import Page, Window
from hub.store.reader import Snapshot

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

LARGEST_BATCH = 500

Read = Callable[[Snapshot, Sequence[K]], Awaitable[Mapping[K, V]]]


@dataclass(frozen=True, slots=True)
class PartAsked:
    """A part of the list of one parent, by its row number."""

    parent: int
    window: Window


class Loader(DataLoader[K, V]):
    """A loader of which several fields may ask the same: one that is given up, as when another beside it fails, takes
    nothing from the others. What all have given up is not read."""

    def load(self, key: K) -> Awaitable[V]:
        """The value of a key."""
        shared = asyncio.ensure_future(super().load(key))
        return shared if shared.done() else _Share(shared, self._waiting)

    @cached_property
    def _waiting(self) -> Counter[asyncio.Future[V]]:
        """How many fields wait for a value."""
        return Counter()


class _Share(asyncio.Future[V]):
    """What one field waits for."""

    def __init__(self, shared: asyncio.Future[V], waiting: Counter[asyncio.Future[V]]) -> None:
        super().__init__(loop=shared.get_loop())
        self._shared = shared
        self._waiting = waiting
        waiting[shared] += 1
        shared.add_done_callback(self._settle)

    def cancel(self, msg: Any | None = None) -> bool:
        if not self.done():
            self._waiting[self._shared] -= 1
            if not self._waiting[self._shared]:
                self._shared.cancel()  # first: the statement must end before its connection is given back
        return super().cancel(msg)

    def _settle(self, shared: asyncio.Future[V]) -> None:
        if self.done():
            return
        if shared.cancelled():
            super().cancel()
        elif (error := shared.exception()) is not None:
            self.set_exception(error)
        else:
            self.set_result(shared.result())


class Batches:
    """Makes the loaders of one snapshot."""

    def __init__(self, snapshot: Callable[[], Awaitable[Snapshot]]) -> None:
        self._snapshot = snapshot

    def _one(self, read: Read[K, V]) -> DataLoader[K, V | None]:
        async def load(keys: list[K]) -> list[V | None]:
            found = await read(await self._snapshot(), keys)
            return [found.get(key) for key in keys]

        return Loader(load, max_batch_size=LARGEST_BATCH)

    def _many(self, read: Read[K, list[V]]) -> DataLoader[K, list[V]]:
        async def load(keys: list[K]) -> list[list[V]]:
            found = await read(await self._snapshot(), keys)
            return [found.get(key, []) for key in keys]

        return Loader(load, max_batch_size=LARGEST_BATCH)

    def _whole(self, read: Callable[[Snapshot], Awaitable[list[V]]]) -> DataLoader[int, list[V]]:
        async def load(keys: list[int]) -> list[list[V]]:
            return [await read(await self._snapshot())] * len(keys)

        return Loader(load)

    def _parts(
        self, read: Callable[[Snapshot, Sequence[int], Window], Awaitable[Mapping[int, Page[V]]]]
    ) -> DataLoader[PartAsked, Page[V]]:
        async def load(keys: list[PartAsked]) -> list[Page[V]]:
            found: dict[PartAsked, Page[V]] = {}
            for window in dict.fromkeys(key.window for key in keys):
                parents = [key.parent for key in keys if key.window == window]
                pages = await read(await self._snapshot(), parents, window)
                found |= {PartAsked(parent, window): page for parent, page in pages.items()}
            return [found.get(key, Page()) for key in keys]

        return Loader(load, max_batch_size=LARGEST_BATCH)
