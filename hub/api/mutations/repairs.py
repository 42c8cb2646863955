"""Reading records again with today's connectors, and working everything out anew."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.auth import Scope
from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt
from hub.api.mutations.sources import run_of
from hub.api.scalars import DateTime
from hub.api.types.corrections import Reread
from hub.api.types.sources import Run
from hub.errors import NotAllowed, NotFound
from hub.ids import record_number
from hub.ingest.outcomes import Selection


@input_type
class ReplayInput:
    """Which records to read again: those that fit everything given, all of them when nothing is."""

    source: strawberry.ID | None = optional("Of this source.")
    stream: str | None = optional("That came by this stream.")
    run: strawberry.ID | None = optional("That came by this run.")
    record: strawberry.ID | None = optional("This one.")
    received_after: DateTime | None = optional("Received at this time or later.")
    received_before: DateTime | None = optional("Received before this time.")
    only_problems: bool = optional("Only those that could not be read.", default=False)
    dry_run: bool = optional("Only say what would change, judged by the first 5,000 of them.", default=False)


@object_type
class ReplayPayload:
    """Answer to replay."""

    run: Run | None = described("The run that was started; null in a dry run.")
    would: Reread | None = described("What it would change; null when it was started.")
    receipt: Receipt | None = described("Always null: a run takes its own time.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class RebuildInput:
    """How to rebuild."""

    verify: bool = optional("Say in the end whether the result is that of before, by hash.", default=False)


@object_type
class RebuildPayload:
    """Answer to rebuild."""

    run: Run | None = described("The run that was started, or the one that is under way.")
    receipt: Receipt | None = described("Always null: a run takes its own time.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class RepairMutations:
    """Repairs."""

    @mutation
    async def replay(
        self,
        info: Info,
        input: Annotated[ReplayInput, argument("What.")],  # noqa: A002
    ) -> ReplayPayload:
        """Read stored records again with today's connectors. What they say anew is history: it sets nothing off. A
        partner may do so with rows of its own source that could not be read: name it, with onlyProblems."""
        _allow(info, input)
        if input.dry_run:
            seen, errors = await tried(_look(info, input))
            return ReplayPayload(run=None, would=seen, receipt=None, user_errors=errors)
        run, errors = await tried(_start(info, input))
        if run is None:
            return ReplayPayload(run=None, would=None, receipt=None, user_errors=errors)
        await info.context.renew()
        return ReplayPayload(run=await run_of(info, run), would=None, receipt=None, user_errors=[])

    @mutation
    async def rebuild(
        self,
        info: Info,
        input: Annotated[RebuildInput, argument("How.")],  # noqa: A002
    ) -> RebuildPayload:
        """Work everything out anew from the stored records, beside what is shown, and show it when it is complete."""
        run, errors = await tried(info.context.hub.rebuilds.start(verify=input.verify))
        if run is None:
            return RebuildPayload(run=None, receipt=None, user_errors=errors)
        await info.context.renew()
        return RebuildPayload(run=await run_of(info, run), receipt=None, user_errors=[])


def _allow(info: Info, given: ReplayInput) -> None:
    """Raise ``NotAllowed`` for what a partner may not. Reading again what could not be read is like sending it again;
    the rest of what is shown is the company's to change."""
    who = info.context.principal
    if who.may(Scope.MANAGE) or (given.source in who.sources and given.only_problems):
        return
    raise NotAllowed("A partner replays its own source's unreadable records: name the source, with onlyProblems.")


async def _look(info: Info, given: ReplayInput) -> Reread:
    return Reread(row=await info.context.hub.replays.look(selection(given)))


def selection(given: ReplayInput) -> Selection:
    """Which records are meant. Raises ``NotFound`` for what is no record's id."""
    record = None
    if given.record is not None and (record := record_number(given.record)) is None:
        raise NotFound(f"There is no record {given.record[:60]!r}.", path="record")
    return Selection(
        source=given.source, stream=given.stream, run=given.run, record=record,
        after=given.received_after,
        until=given.received_before,
        problems=given.only_problems,
    )  # fmt: skip


async def _start(info: Info, given: ReplayInput) -> str:
    return await info.context.hub.replays.start(selection(given))
