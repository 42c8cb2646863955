"""Sources: set up and pull."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.scalars import JSON
from hub.api.types.sources import Run, Source
from hub.errors import InputWrong
from hub.ingest.outcomes import Written


@input_type
class CreateSourceInput:
    """A new account of a connector."""

    name: str = described("What to call it here.")
    connector: str = described("One of connectors.")
    settings: JSON | None = optional("The connector's settings, as an object.")
    book_of_record: bool = optional("Whether its documents count in value.", default=True)


@object_type
class CreateSourcePayload:
    """Answer to createSource."""

    source: Source | None = described("The source.")
    receipt: Receipt | None = described("How far the write has come.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class SyncSourceInput:
    """A source to pull now."""

    source: strawberry.ID = described("The source.")


@object_type
class SyncSourcePayload:
    """Answer to syncSource."""

    run: Run | None = described("The run that was started; ask for it again to follow it.")
    receipt: Receipt | None = described("Always null: a run takes its own time.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class SourceMutations:
    """Sources."""

    @mutation
    async def create_source(
        self,
        info: Info,
        input: Annotated[CreateSourceInput, argument("What to set up.")],  # noqa: A002
    ) -> CreateSourcePayload:
        """Set up a source."""
        done, errors = await tried(_create(info, input))
        if done is None:
            return CreateSourcePayload(source=None, receipt=None, user_errors=errors)
        got = await receipt(info, done.sequence)
        row = await info.context.load.source_by_id.load(done.ids[0])
        return CreateSourcePayload(source=Source(row=row) if row else None, receipt=got, user_errors=[])

    @mutation
    async def sync_source(
        self,
        info: Info,
        input: Annotated[SyncSourceInput, argument("Which.")],  # noqa: A002
    ) -> SyncSourcePayload:
        """Pull a source now."""
        run, errors = await tried(info.context.hub.sync(input.source))
        if run is None:
            return SyncSourcePayload(run=None, receipt=None, user_errors=errors)
        await info.context.renew()
        return SyncSourcePayload(run=await run_of(info, run), receipt=None, user_errors=[])


async def _create(info: Info, given: CreateSourceInput) -> Written:
    if not isinstance(given.settings, dict | None):
        raise InputWrong("settings is a JSON object.", path="settings")
    return await info.context.hub.create_source(
        given.name, given.connector, given.settings or {}, book_of_record=given.book_of_record
    )


async def run_of(info: Info, identity: str) -> Run | None:
    """A run by its id."""
    row = await info.context.load.run_by_id.load(identity)
    return Run(row=row) if row else None
