"""Following the ledger for one live query: from a place on, what concerns it, as fast as it is read."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import aclosing
from typing import Any, Protocol, TypeVar

from hub.api.connections import cursors
from hub.api.context import Context, Info
from hub.api.errors import FellBehind
from hub.errors import InputWrong
from hub.store import ledger
from hub.store.ledger import StoredChange
from hub.store.pages import Place

SLOWEST = 20.0
"""Seconds that a client may take to read one answer of a live query, what is on its way before it included."""
_FORMER = "Subscription.touchpointAdded"
"""What the cursors of touchpointAdded were sealed for before all live queries and ``changes`` shared theirs."""


class Told(Protocol):
    """An answer of a live query."""

    cursor: str


A = TypeVar("A", bound=Told)


class Following:
    """Where one live query stands in the ledger. Its cursors are those of ``changes``."""

    def __init__(self, info: Info, place: Place) -> None:
        self._info = info
        self._sealed = cursors(info, "Query.changes", ledger.ORDER)
        self.place = place

    @classmethod
    async def begun(cls, info: Info, after: str | None) -> Following:
        """After what a client saw last: what its reconnection says, or ``after``, or all that is known now.

        Raises ``InputWrong``.
        """
        seen = info.context.present.last_seen or after
        return cls(info, _place(info, seen) if seen else await ledger.last(await info.context.snapshot()))

    async def lines(self, kinds: Collection[str] | None = None) -> AsyncGenerator[Sequence[StoredChange], None]:
        """Lines of these kinds as they become known, some at once; between them nothing of the database is held."""
        context = self._info.context
        while True:
            await context.renew()
            lines, reached = await context.hub.feed.after(self.place, kinds)
            await context.renew()
            if lines:
                yield lines
            self.place = reached

    def cursor(self, line: StoredChange) -> str:
        """The cursor of a line."""
        return self._sealed.seal((line.number, line.ordinal))

    @property
    def here(self) -> str:
        """The cursor of where it stands."""
        return self._sealed.seal(self.place)


async def paced(context: Context, answers: AsyncGenerator[A, None]) -> AsyncGenerator[A, None]:
    """The answers, of which the next is only worked out once the last is sent. Raises ``FellBehind``."""
    async with aclosing(answers):
        async for answer in answers:
            context.cursor = answer.cursor
            begun = time.monotonic()
            yield answer
            if time.monotonic() - begun > SLOWEST:
                raise FellBehind(SLOWEST, answer.cursor)


async def about(context: Context, customer: str, lines: Sequence[StoredChange]) -> list[StoredChange]:
    """The lines that concern a customer, whom its former ids name too, or the organisation."""
    load = context.load
    row = await load.customer_by_id.load(customer)
    if row is None:
        return [line for line in lines if customer in (line.customer, line.before, line.after)]
    named = sorted({each for line in lines for each in _customers(line)})
    people = dict(zip(named, await load.customer_by_id.load_many(named), strict=True))
    found = [line for line in lines if any((held := people[each]) and held.num == row.num for each in _customers(line))]
    touchpoints, matters = await _owners(context, lines)
    others = [
        line
        for line in lines
        if row.num in touchpoints.get(line.touchpoint or "", ()) or row.num in matters.get(line.matter or "", ())
    ]
    return [line for line in lines if line in found or line in others]


def _customers(line: StoredChange) -> set[str]:
    """The public ids of the customers that a line names."""
    ids = (line.customer, line.before, line.after)
    return {each for each in ids if each and each.startswith("cus_")}


async def _owners(context: Context, lines: Sequence[StoredChange]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The row numbers of who has the touchpoints, and the matters, that lines name."""
    found: list[dict[str, Any]] = []
    for loader, ids in (
        (context.load.touchpoint_by_id, sorted({line.touchpoint for line in lines if line.touchpoint})),
        (context.load.matter_by_id, sorted({line.matter for line in lines if line.matter})),
    ):
        rows: Sequence[Any] = await loader.load_many(ids)
        found.append({id_: (row.customer, row.organisation) for id_, row in zip(ids, rows, strict=True) if row})
    return found[0], found[1]


def _place(info: Info, cursor: str) -> Place:
    try:
        return cursors(info, "Query.changes", ledger.ORDER).open(cursor, "after")
    except InputWrong:
        return cursors(info, _FORMER, ledger.ORDER).open(cursor, "after")
