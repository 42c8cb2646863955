"""Segments: saving and deleting them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.saved_filters import as_json, narrowed
from hub.api.types.filters import CustomerFilter
from hub.api.types.segments import Segment
from hub.ingest.outcomes import Written
from hub.ingest.segments import SegmentGiven
from hub.store import segments


@input_type
class SaveSegmentInput:
    """A filter to keep under a name."""

    id: strawberry.ID | None = optional("The segment to change; a new one by default.")
    name: str = described("The name, which no other segment has.")
    filter: CustomerFilter = described("Whom it finds.")
    description: str = optional("What it is for.", "")


@object_type
class SaveSegmentPayload:
    """Answer to saveSegment."""

    segment: Segment | None = described("The segment. Needs the scope read.")
    receipt: Receipt | None = described("How far the write has come; null when it stood so already.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class DeleteSegmentInput:
    """A segment to delete."""

    segment: strawberry.ID = described("Which.")
    reason: str = described("Why.")


@object_type
class DeleteSegmentPayload:
    """Answer to deleteSegment."""

    segment: strawberry.ID | None = described("The segment that is there no more.")
    receipt: Receipt | None = described("How far the write has come.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class SegmentMutations:
    """Segments."""

    @mutation
    async def save_segment(
        self,
        info: Info,
        input: Annotated[SaveSegmentInput, argument("Which.")],  # noqa: A002
    ) -> SaveSegmentPayload:
        """Keep a filter of customers under a name, or change one. The same sent again is kept once."""
        done, errors = await tried(_save(info, input))
        if done is None:
            return SaveSegmentPayload(segment=None, receipt=None, user_errors=errors)
        got = await receipt(info, done.sequence)
        row = (await segments.by_id(await info.context.snapshot(), done.ids)).get(done.ids[0])
        return SaveSegmentPayload(segment=Segment(row=row) if row else None, receipt=got, user_errors=[])

    @mutation
    async def delete_segment(
        self,
        info: Info,
        input: Annotated[DeleteSegmentInput, argument("Which.")],  # noqa: A002
    ) -> DeleteSegmentPayload:
        """Delete a segment. The customers in it stay as they are."""
        by = info.context.principal.name
        done, errors = await tried(info.context.hub.segments.delete(input.segment, input.reason, by))
        if done is None:
            return DeleteSegmentPayload(segment=None, receipt=None, user_errors=errors)
        got = await receipt(info, done.sequence)
        return DeleteSegmentPayload(segment=input.segment, receipt=got, user_errors=[])


async def _save(info: Info, given: SaveSegmentInput) -> Written:
    await narrowed(info, given.filter)  # so that it can be asked
    new = SegmentGiven(given.id, given.name, as_json(info, given.filter), given.description)
    return await info.context.hub.segments.save(new, info.context.principal.name)
