"""What was taken in wrongly is taken out of the picture, or put back: a run, a source, one version of a row."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.mutations.sources import run_of
from hub.api.types.corrections import Consequences
from hub.api.types.sources import Record, Run, Source
from hub.ids import record_number
from hub.ingest.outcomes import Withdrawn


@input_type
class WithdrawRunInput:
    """Take a wrong import out of the picture, or put it back."""

    run: strawberry.ID = described("The run.")
    reason: str = described("Why.")
    restore: bool = optional("Put it back.", default=False)
    dry_run: bool = optional("Only say what would happen.", default=False)


@input_type
class WithdrawSourceInput:
    """Take everything of a source out of the picture, or put it back."""

    source: strawberry.ID = described("The source.")
    reason: str = described("Why.")
    restore: bool = optional("Put it back.", default=False)
    dry_run: bool = optional("Only say what would happen.", default=False)


@input_type
class WithdrawRecordInput:
    """Take one version of a row out of the picture, or put it back."""

    record: strawberry.ID = described("The record.")
    reason: str = described("Why.")
    restore: bool = optional("Put it back.", default=False)
    dry_run: bool = optional("Only say what would happen.", default=False)


@object_type
class WithdrawRunPayload:
    """Answer to withdrawRun."""

    run: Run | None = described("The run.")
    touchpoints: int = described("How many touchpoints it touches.")
    customers: int = described("How many customers it touches.")
    changes: Consequences | None = described("What changes.")
    receipt: Receipt | None = described("How far the write has come; null in a dry run.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class WithdrawSourcePayload:
    """Answer to withdrawSource."""

    source: Source | None = described("The source.")
    changes: Consequences | None = described("What changes.")
    receipt: Receipt | None = described("How far the write has come; null in a dry run.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class WithdrawRecordPayload:
    """Answer to withdrawRecord."""

    record: Record | None = described("The record.")
    changes: Consequences | None = described("What changes.")
    receipt: Receipt | None = described("How far the write has come; null in a dry run.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class CorrectionMutations:
    """Corrections."""

    @mutation
    async def withdraw_run(
        self,
        info: Info,
        input: Annotated[WithdrawRunInput, argument("Which.")],  # noqa: A002
    ) -> WithdrawRunPayload:
        """Undo an import, or put it back."""
        done, got, errors = await _withdraw(info, "RUN", input.run, input)
        if done is None:
            return WithdrawRunPayload(
                run=None, touchpoints=0, customers=0, changes=None, receipt=None, user_errors=errors
            )
        return WithdrawRunPayload(
            run=await run_of(info, input.run),
            touchpoints=sum(done.changes.effects.values()),
            customers=done.changes.customers,
            changes=Consequences(row=done.changes),
            receipt=got,
            user_errors=[],
        )

    @mutation
    async def withdraw_source(
        self,
        info: Info,
        input: Annotated[WithdrawSourceInput, argument("Which.")],  # noqa: A002
    ) -> WithdrawSourcePayload:
        """Take everything of a source out of the picture, or put it back."""
        done, got, errors = await _withdraw(info, "SOURCE", input.source, input)
        if done is None:
            return WithdrawSourcePayload(source=None, changes=None, receipt=None, user_errors=errors)
        row = await info.context.load.source_by_id.load(input.source)
        source = Source(row=row) if row else None
        return WithdrawSourcePayload(source=source, changes=Consequences(row=done.changes), receipt=got, user_errors=[])

    @mutation
    async def withdraw_record(
        self,
        info: Info,
        input: Annotated[WithdrawRecordInput, argument("Which.")],  # noqa: A002
    ) -> WithdrawRecordPayload:
        """Take one version of a row out of the picture, or put it back. The version before it stands then."""
        done, got, errors = await _withdraw(info, "RECORD", input.record, input)
        if done is None:
            return WithdrawRecordPayload(record=None, changes=None, receipt=None, user_errors=errors)
        row = await info.context.load.record.load(record_number(input.record) or 0)
        record = Record(row=row) if row else None
        return WithdrawRecordPayload(record=record, changes=Consequences(row=done.changes), receipt=got, user_errors=[])


async def _withdraw(
    info: Info, kind: str, target: str, given: WithdrawRunInput | WithdrawSourceInput | WithdrawRecordInput
) -> tuple[Withdrawn | None, Receipt | None, list[UserError]]:
    write = info.context.hub.corrections.withdraw(
        kind, target, restore=given.restore, reason=given.reason, by=info.context.principal.name, dry_run=given.dry_run
    )
    done, errors = await tried(write)
    return done, None if done is None else await receipt(info, done.sequence), errors
