"""Taking and dropping snapshots."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type
from hub.api.mutations.receipt import Receipt
from hub.api.types.as_of import AsOf, Snapshot, moment_of
from hub.errors import InputWrong
from hub.store import snapshots


@input_type
class TakeSnapshotInput:
    """What to take."""

    as_of: AsOf = described("The moment. Without a truth number or time, of what is known now.")


@input_type
class DropSnapshotInput:
    """What to drop."""

    id: strawberry.ID = described("The snapshot.")


@object_type
class TakeSnapshotPayload:
    """Answer to takeSnapshot."""

    snapshot: Snapshot | None = described("The snapshot; it can be asked when its run has ended.")
    receipt: Receipt | None = described("Always null: a run takes its own time.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class DropSnapshotPayload:
    """Answer to dropSnapshot."""

    receipt: Receipt | None = described("Always null: nothing that is known changes.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class SnapshotMutations:
    """Snapshots."""

    @mutation
    async def take_snapshot(
        self,
        info: Info,
        input: Annotated[TakeSnapshotInput, argument("What.")],  # noqa: A002
    ) -> TakeSnapshotPayload:
        """Work out everybody as of a moment, beside what is shown, so that lists and analyses can be asked as of it."""
        taken, errors = await tried(_take(info, input))
        if taken is None:
            return TakeSnapshotPayload(snapshot=None, receipt=None, user_errors=errors)
        await info.context.renew()
        rows = await snapshots.everything(await info.context.snapshot())
        row = next((each for each in rows if each.id == taken), None)
        return TakeSnapshotPayload(snapshot=Snapshot(row=row) if row else None, receipt=None, user_errors=[])

    @mutation
    async def drop_snapshot(
        self,
        info: Info,
        input: Annotated[DropSnapshotInput, argument("What.")],  # noqa: A002
    ) -> DropSnapshotPayload:
        """Give a snapshot up, and the disk that it takes."""
        _, errors = await tried(info.context.hub.snapshots.drop(input.id))
        return DropSnapshotPayload(receipt=None, user_errors=errors)


async def _take(info: Info, given: TakeSnapshotInput) -> str:
    moment = await moment_of(info, given.as_of)
    if moment is None:
        raise InputWrong("Say as of when.", path="asOf")
    id_, _ = await info.context.hub.snapshots.take(moment)
    return id_
