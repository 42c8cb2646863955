"""Small questions of one kind that arrive while others are being answered, asked together: one statement for them all.

A small statement costs the database about as much to begin and to end as to run, and the client about as much to send
and to receive. So one runs at a time (two or three were smaller and saved less, as measured), and what arrives
meanwhile waits for it and then goes together: nobody waits for others to come, and each is answered from a moment after
it was asked. Where a group takes nearly as long as its questions would one by one, as when each waits for a disk or one
database has many cores, its kind goes apart for a while.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from hub.errors import RetryLater
from hub.store.sql import Query

MOST = 8
"""Questions in one statement."""
FIRST = 4
"""Questions in the first statement of a kind."""
WORTH = 0.8
"""The share of the time of its questions one by one that a group may take."""
APART = 100
"""Questions that go apart before their kind is tried together again."""
_MOST_KINDS = 1000
_VALUE = re.compile(r"'(?:[^']|'')*'|\$(\d+)(?:::(\w+)(\[\])?)?")

Row = Any
Values = Sequence[Any]


@dataclass(slots=True, eq=False)
class _Asked:
    """A question that waits. Its answer is a row, or None when it is to be asked apart."""

    values: Values
    answer: asyncio.Future[Row | None]
    group: _Group | None = None


@dataclass(slots=True, eq=False)
class _Group:
    """Questions that are asked together."""

    asked: list[_Asked]
    task: asyncio.Task[None] | None = None


@dataclass(slots=True)
class _Kind:
    """Questions that differ in their values only."""

    text: str
    busy: bool = False
    """Whether one of them, or a group, is being answered."""
    most: int = FIRST
    apart: int = 0
    alone: float = 0.0
    """Seconds that a question takes by itself, of late: nearly the least, as the first of a connection is planned."""
    share: float = 0.5
    """What groups take of the time of their questions one by one, of late."""
    waiting: deque[_Asked] = field(default_factory=deque)


class Together:
    """Asks questions: ``alone`` gives the row of a statement, or None; ``many`` those of one text with the values of
    each, or None when they have to be asked apart."""

    def __init__(
        self,
        alone: Callable[[str, Values], Awaitable[Row | None]],
        many: Callable[[str, list[Values]], Awaitable[list[Row | None] | None]],
    ) -> None:
        self._alone = alone
        self._many = many
        self._kinds: dict[str, _Kind] = {}

    async def ask(self, query: Query) -> Row | None:
        """The row of a statement that is a snapshot in itself."""
        kind = self._kind(query.text)
        if kind.apart:
            kind.apart -= 1
        elif not kind.busy:
            kind.busy = True
            try:
                return await self._by_itself(kind, query.values)
            finally:
                self._next(kind)
        elif (row := await self._waited(kind, query.values)) is not None:
            return row
        return await self._by_itself(kind, query.values)

    def _kind(self, text: str) -> _Kind:
        found = self._kinds.get(text)
        if found is None:
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds = {text: kind for text, kind in self._kinds.items() if kind.busy}
            found = self._kinds[text] = _Kind(text)
        return found

    async def _waited(self, kind: _Kind, values: Values) -> Row | None:
        asked = _Asked(values, asyncio.get_running_loop().create_future())
        kind.waiting.append(asked)
        try:
            return await asked.answer
        except asyncio.CancelledError:
            group = asked.group
            if group and group.task and all(each.answer.done() for each in group.asked):
                group.task.cancel()  # nobody waits for it any more
            raise

    def _next(self, kind: _Kind) -> None:
        """Ask what waits, if anything does."""
        group = _Group([])
        while kind.waiting and len(group.asked) < kind.most:
            asked = kind.waiting.popleft()
            if not asked.answer.done():
                asked.group = group
                group.asked.append(asked)
        kind.busy = bool(group.asked)
        if kind.busy:
            # It belongs to none of those who ask, nor to whoever was answered before.
            group.task = asyncio.get_running_loop().create_task(self._ask(kind, group), context=Context())

    async def _ask(self, kind: _Kind, group: _Group) -> None:
        asked = group.asked
        rows: Sequence[Row | None] | None = None
        try:
            with suppress(RetryLater):  # each hears of it when it asks by itself
                if len(asked) == 1:
                    rows = [await self._by_itself(kind, asked[0].values)]
                else:
                    rows = await self._in_one(kind, asked)
        finally:
            self._next(kind)
            if kind.busy:
                await asyncio.sleep(0)  # the database has the next ones before these answers are given out
            _answer(asked, rows)

    async def _by_itself(self, kind: _Kind, values: Values) -> Row | None:
        began = time.perf_counter()
        row = await self._alone(kind.text, values)
        taken = time.perf_counter() - began
        kind.alone = min(taken, 1.05 * kind.alone) if kind.alone else taken
        return row

    async def _in_one(self, kind: _Kind, asked: Sequence[_Asked]) -> Sequence[Row | None] | None:
        began = time.perf_counter()
        rows = await self._many(kind.text, [each.values for each in asked])
        taken = time.perf_counter() - began
        share = min(1.0, taken / (len(asked) * kind.alone)) if rows is not None and kind.alone else 1.0
        kind.share = (kind.share + share) / 2
        if kind.share <= WORTH:
            kind.most = min(2 * kind.most, MOST)
        else:
            kind.most, kind.share, kind.apart = FIRST, 0.5, APART
            _answer(kind.waiting, None)
            kind.waiting.clear()
        return rows


def _answer(asked: Collection[_Asked], rows: Iterable[Row | None] | None) -> None:
    for each, row in zip(asked, rows or [None] * len(asked), strict=True):
        if not each.answer.done():
            each.answer.set_result(row)


@lru_cache(maxsize=1024)
def for_many(statement: str) -> str | None:
    """A statement of PostgreSQL that asks what another one of four columns does, with many values.

    Its parameters are a list for each of the other's. Its row has the first and the fourth column, and the places in
    those lists, as lists; and of the second and the third the least. A database sends one row of many texts in fewer
    pieces than many rows. None for a statement without parameters, or with any that is a list itself.
    """
    casts: dict[int, str] = {}
    fits = True

    def member(found: re.Match[str]) -> str:
        nonlocal fits
        number, cast, listed = found.groups()
        if number is None:
            return found[0]
        fits = fits and cast is not None and not listed
        casts[int(number)] = cast
        return f"asked.v{number}"

    one = _VALUE.sub(member, statement)
    if not fits or not casts:
        return None
    # As subselects the lists have no length that the plan could depend on: it is made once.
    lists = ", ".join(f"(SELECT ${number}::{casts[number]}[])" for number in sorted(casts))
    names = ", ".join(f"v{number}" for number in sorted(casts))
    return (
        "SELECT array_agg(answer.a), min(answer.b), bool_and(answer.c), array_agg(answer.d), array_agg(asked.place) "
        f"FROM unnest({lists}) WITH ORDINALITY AS asked({names}, place), LATERAL ({one}) AS answer(a, b, c, d)"
    )
