"""Sources: set up, change, check and pull."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Annotated, Any

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.scalars import JSON, Duration
from hub.api.types.dry_syncs import DryPull
from hub.api.types.sources import Run, Source
from hub.errors import InputWrong
from hub.ingest.configuration import SourceChange
from hub.ingest.outcomes import Written


@input_type
class CreateSourceInput:
    """A new account of a connector."""

    name: str = described("What to call it here.")
    connector: str = described("One of connectors.")
    settings: JSON | None = optional("The connector's settings, as an object.")
    book_of_record: bool = optional("Whether its documents count in value.", default=True)
    every: Duration | None = optional("The time between two pulls; as the connector says when it is not given.")
    notify_url: str | None = optional("Where to say that it turns unhealthy, or healthy again.")
    deletion_share: float | None = optional("The largest share of its rows a listing may delete; 0.2 by default.")


@object_type
class CreateSourcePayload:
    """Answer to createSource."""

    source: Source | None = described("The source.")
    receipt: Receipt | None = described("How far the write has come.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class UpdateSourceInput:
    """What is to change of a source; what is not given stays."""

    source: strawberry.ID = described("The source.")
    name: str | None = optional("What to call it here.", default=strawberry.UNSET)
    settings: JSON | None = optional(
        "Settings to change, merged into those it has (RFC 7396): null takes one out, a secret that is not given, or "
        "given as ********, stays. Lists are replaced; in a list ******** stands for the secrets it has, in order.",
        default=strawberry.UNSET,
    )
    every: Duration | None = optional(
        "The time between two pulls; null as its connector says, PT0S on request only.", default=strawberry.UNSET
    )
    notify_url: str | None = optional(
        "Where to say that it turns unhealthy, or healthy again; null nowhere.", default=strawberry.UNSET
    )
    deletion_share: float | None = optional(
        "The largest share of its rows that one listing may delete, 0 to 1.", default=strawberry.UNSET
    )
    dry_run: bool = optional("Only check it and say what would change.", default=False)


@input_type
class PauseSourceInput:
    """A source that is not to be pulled by the clock."""

    source: strawberry.ID = described("The source.")
    resume: bool = optional("Go on instead.", default=False)


@object_type
class UpdateSourcePayload:
    """Answer to updateSource and pauseSource."""

    source: Source | None = described("The source.")
    changed: list[str] = described("What changed, or would, like every and settings.password.")
    receipt: Receipt | None = described("How far the write has come; null when nothing was written.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class CheckSourceInput:
    """A source as it is, or as it would be."""

    source: strawberry.ID | None = optional("A source that is there.")
    connector: str | None = optional("One of connectors, for a source that is not there yet.")
    settings: JSON | None = optional("Settings to check, merged into those of the source.")


@object_type
class CheckSourcePayload:
    """Answer to checkSource."""

    problems: list[str] = described("What its connector finds wrong with the settings; empty when nothing.")
    receipt: Receipt | None = described("Always null: nothing is written.")
    user_errors: list[UserError] = described("What to change, when nothing was checked.")


@input_type
class SyncSourceInput:
    """A source to pull now."""

    source: strawberry.ID = described("The source.")
    allow_deletions: bool = optional(
        "Whether this run may delete all rows that a whole listing does not name, however many.", default=False
    )
    dry_run: bool = optional("Only say what it would bring.", default=False)


@object_type
class SyncSourcePayload:
    """Answer to syncSource."""

    run: Run | None = described("The run that was started; ask for it again to follow it. Null in a dry run.")
    would: DryPull | None = described("What it would bring; null when it was started.")
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
    async def update_source(
        self,
        info: Info,
        input: Annotated[UpdateSourceInput, argument("What to change.")],  # noqa: A002
    ) -> UpdateSourcePayload:
        """Change what a source is set up with. Rows that are stored keep their meaning until they are replayed.

        New secrets take the place of those its connector got since, and a source that waited for them is tried again.
        """
        return await _updated(info, _update(info, input))

    @mutation
    async def pause_source(
        self,
        info: Info,
        input: Annotated[PauseSourceInput, argument("Which.")],  # noqa: A002
    ) -> UpdateSourcePayload:
        """Stop pulling a source by the clock, or go on. Who asks for a pull still gets one."""
        by = info.context.principal.name
        return await _updated(info, info.context.hub.configuration.pause(input.source, paused=not input.resume, by=by))

    @mutation
    async def check_source(
        self,
        info: Info,
        input: Annotated[CheckSourceInput, argument("What to check.")],  # noqa: A002
    ) -> CheckSourcePayload:
        """Have a connector say what is wrong with settings, without storing anything."""
        problems, errors = await tried(_check(info, input))
        return CheckSourcePayload(problems=problems or [], receipt=None, user_errors=errors)

    @mutation
    async def sync_source(
        self,
        info: Info,
        input: Annotated[SyncSourceInput, argument("Which.")],  # noqa: A002
    ) -> SyncSourcePayload:
        """Pull a source now."""
        if input.dry_run:
            seen, errors = await tried(info.context.hub.look_at_sync(input.source))
            return SyncSourcePayload(
                run=None, would=DryPull(row=seen) if seen else None, receipt=None, user_errors=errors
            )
        run, errors = await tried(info.context.hub.sync(input.source, allow_deletions=input.allow_deletions))
        if run is None:
            return SyncSourcePayload(run=None, would=None, receipt=None, user_errors=errors)
        await info.context.renew()
        return SyncSourcePayload(run=await run_of(info, run), would=None, receipt=None, user_errors=[])


async def _create(info: Info, given: CreateSourceInput) -> Written:
    return await info.context.hub.configuration.create(
        given.name,
        given.connector,
        _settings(given.settings) or {},
        _values(given, ("every", "notify_url", "deletion_share"), nullable=()),
        book_of_record=given.book_of_record,
        by=info.context.principal.name,
    )


async def _update(info: Info, given: UpdateSourceInput) -> SourceChange:
    values = _values(given, ("name", "every", "notify_url", "deletion_share"), nullable=("every", "notify_url"))
    return await info.context.hub.configuration.change(
        given.source, _settings(given.settings), values, by=info.context.principal.name, dry_run=given.dry_run
    )


async def _check(info: Info, given: CheckSourceInput) -> list[str]:
    return await info.context.hub.configuration.check(given.source, given.connector, _settings(given.settings))


def _settings(given: Any) -> dict[str, Any] | None:
    if given is None or given is strawberry.UNSET:
        return None
    if not isinstance(given, dict):
        raise InputWrong("settings is a JSON object.", path="settings")
    return given


def _values(given: object, names: Sequence[str], nullable: Sequence[str]) -> dict[str, Any]:
    """The columns that are given; null counts as given where it says something."""
    told = {name: getattr(given, name) for name in names}
    kept = {
        name: value
        for name, value in told.items()
        if value is not strawberry.UNSET and (value is not None or name in nullable)
    }
    if isinstance(every := kept.get("every"), Duration):
        if every.months:
            raise InputWrong("Months are not all as long: write every in days, hours or minutes.", path="every")
        kept["every"] = every.seconds
    return kept


async def _updated(info: Info, change: Awaitable[SourceChange]) -> UpdateSourcePayload:
    done, errors = await tried(change)
    if done is None:
        return UpdateSourcePayload(source=None, changed=[], receipt=None, user_errors=errors)
    got = await receipt(info, done.sequence)
    row = await info.context.load.source_by_id.load(done.ids[0])
    source = Source(row=row) if row else None
    return UpdateSourcePayload(source=source, changed=list(done.fields), receipt=got, user_errors=[])


async def run_of(info: Info, identity: str) -> Run | None:
    """A run by its id."""
    row = await info.context.load.run_by_id.load(identity)
    return Run(row=row) if row else None
