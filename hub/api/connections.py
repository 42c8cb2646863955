"""Relay connections over the store's pages."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from hub.api.context import Info
from hub.api.graph import argument, described, field, object_type
from hub.store.pages import COUNT_LIMIT, Cursors, Order, Page

T = TypeVar("T")
R = TypeVar("R")

First = Annotated[
    int | None,
    argument("How many, counted from the beginning; 100 at most by default, 500 when asked."),
]
After = Annotated[str | None, argument("Only what stands after this cursor.")]
Last = Annotated[int | None, argument("How many, counted from the end.")]
Before = Annotated[str | None, argument("Only what stands before this cursor.")]

Count = Callable[[], Awaitable[tuple[int, bool]]]
"""How many there are, and whether that is exact."""


@object_type
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = described("Whether more follow.")
    has_previous_page: bool = described("Whether some come before.")
    start_cursor: str | None = described("The cursor of the first edge.")
    end_cursor: str | None = described("The cursor of the last edge.")


@object_type
class Edge(Generic[T]):
    """One entry of a page."""

    node: T = described("The entry.")
    cursor: str = described("Where it stands in the list.")


@object_type
class Connection(Generic[T]):
    """A page of a list."""

    entries: strawberry.Private[Sequence[Any]]
    page: strawberry.Private[Page[Any]]
    cursors: strawberry.Private[Cursors]

    @field
    def edges(self) -> list[Edge[T]]:
        """The entries with their cursors."""
        places = zip(self.entries, self.page.places, strict=True)
        return [Edge(node=entry, cursor=self.cursors.seal(place)) for entry, place in places]

    @field
    def nodes(self) -> list[T]:
        """The entries alone."""
        return list(self.entries)

    @field
    def page_info(self) -> PageInfo:
        """Where this page stands in its list."""
        places = self.page.places
        return PageInfo(
            has_next_page=self.page.has_next,
            has_previous_page=self.page.has_previous,
            start_cursor=self.cursors.seal(places[0]) if places else None,
            end_cursor=self.cursors.seal(places[-1]) if places else None,
        )


@object_type
class CountedConnection(Connection[T]):
    """A page of a list that can be counted."""

    count: strawberry.Private[Count]

    @field
    async def total_count(self) -> int | None:
        """How many entries the whole list has; null where a narrowed list has more than 10,000."""
        number, exact = await self.count()
        return number if exact else None

    @field
    async def total_count_at_least(self) -> int:
        """How many entries the whole list has at least."""
        return (await self.count())[0]


def cursors(info: Info, field: str, order: Order) -> Cursors:
    """The cursors of a list; ``field`` names it, as ``Customer.timeline``."""
    return Cursors(info.context.hub.secret, field, order)


def counted(count: Callable[[], Awaitable[int]], *, limited: bool) -> Count:
    """Count once, however often it is asked; ``limited`` counts stop above the limit."""

    async def told() -> tuple[int, bool]:
        number = await count()
        exact = not limited or number <= COUNT_LIMIT
        return (number if exact else COUNT_LIMIT), exact

    return once(told)


def once(work: Callable[[], Coroutine[Any, Any, R]]) -> Callable[[], Awaitable[R]]:
    """Work that is done when it is first asked for; who asks meanwhile waits for the same answer."""
    doing: list[asyncio.Task[R]] = []

    def ask() -> Awaitable[R]:
        if not doing:
            doing.append(asyncio.create_task(work()))
        return doing[0]

    return ask
