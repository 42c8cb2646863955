"""How loaders are made: what many fields of one answer ask for goes to the store as one statement."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

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
    """A loader whose values survive who asked first: fields that wait for the same value share one future."""

    def load(self, key: K) -> Awaitable[V]:
        """The value of a key. A field that is given up, as when one beside it fails, must not take it from others."""
        found = asyncio.ensure_future(super().load(key))
        if found.done():
            return found
        found.add_done_callback(_noted)
        return asyncio.shield(found)


def _noted(value: asyncio.Future[V]) -> None:
    """An error is told by the fields that wait for it; when all were given up, by nobody."""
    if not value.cancelled():
        value.exception()


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
