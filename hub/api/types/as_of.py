"""Moments of the past as clients write them, and snapshots."""

from __future__ import annotations

import strawberry

from hub.analysis.as_of import AsOf as Moment
from hub.api.context import Context, Info
from hub.api.graph import column, field, input_type, object_type, optional
from hub.api.past import moment_context
from hub.api.scalars import DateTime
from hub.api.types.sources import Run
from hub.errors import InputWrong
from hub.store.snapshots import StoredSnapshot

_LONGEST_NUMBER = 18


@input_type
class AsOf:
    """A moment of the past: without what happened later, without what became known later, or both."""

    occurred_until: DateTime | None = optional("Leave out what happened later; who is whom stays as it is known.")
    known_until: str | None = optional(
        "Leave out what became known after this truth number, as `receipt { sequence }` gives it. It is then as late "
        "as when that number was given."
    )
    known_until_time: DateTime | None = optional("The same, after this time. It is then as late as this time.")


@object_type
class Snapshot:
    """Everybody as of a moment, kept to be asked at will."""

    row: strawberry.Private[StoredSnapshot]
    id: strawberry.ID = column("Its id, for dropSnapshot.")
    occurred_until: DateTime | None = column("What happened later is left out.")
    ready: bool = column("Whether it can be asked already.")
    taken_at: DateTime = column("When it was asked for.")

    @field
    def known_until(self) -> str:
        """The last truth number that is known in it."""
        return str(self.row.known_until)

    @field
    def now(self) -> DateTime:
        """The time that it is in it."""
        return DateTime(self.row.clock)

    @field
    async def run(self, info: Info) -> Run | None:
        """The run that takes it."""
        row = await info.context.load.run.load(self.row.run)
        return Run(row=row) if row else None


async def moment_of(info: Info, given: AsOf | None, path: str = "asOf") -> Moment | None:
    """The moment an argument names, else the one that holds where the field stands; None for the present."""
    if given is None:
        return info.context.moment
    if info.context.moment is not None:
        raise InputWrong("This is as of a moment already: give one moment alone.", path=path)
    if given.known_until is not None and given.known_until_time is not None:
        raise InputWrong("Give a truth number or a time until which it was known, not both.", path=path)
    occurred = None if given.occurred_until is None else int(given.occurred_until)
    if given.known_until_time is not None:
        known = await info.context.hub.past.known_at(int(given.known_until_time))
        return Moment(known.known, known.at, occurred)
    if given.known_until is not None:
        return Moment(_number(given.known_until, path), None, occurred)
    if occurred is None:
        raise InputWrong("Say until when it occurred, or until when it was known.", path=path)
    return Moment(occurred=occurred)


def _number(text: str, path: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_NUMBER):
        raise InputWrong("A truth number is written in digits.", path=f"{path}.knownUntil")
    return int(text)


async def context_as_of(info: Info, given: AsOf | None) -> Context:
    """The context of lists as of a moment, which holds below the field from here on."""
    moment = await moment_of(info, given)
    if moment is None or moment == info.context.moment:
        return info.context
    context = await moment_context(info.context, moment)
    info.context.enter(info.path.as_list(), context)
    return context
