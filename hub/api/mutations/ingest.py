"""Rows that a partner sends."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.auth import Scope
from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, column, described, field, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.scalars import DateTime
from hub.api.types.sources import Problem, Record, Run
from hub.clock import micros
from hub.errors import NotAllowed
from hub.ingest import outcomes
from hub.ingest.outcomes import GivenRow, RowOutcome


@input_type
class RowInput:
    """One row as text, exactly as received."""

    payload: str = described("The row.")
    key: str | None = optional("What its source calls it; the stream makes one where it is left out.")
    version: str | None = optional("What its source calls this version; greater ones stand.")


@input_type
class IngestInput:
    """Rows for a push stream."""

    source: strawberry.ID = described("The source they are from.")
    stream: str = described("The feed they belong to.")
    rows: list[RowInput] = described("The rows.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@object_type
class PreviewedTouchpoint:
    """A touchpoint that a row would yield."""

    row: strawberry.Private[outcomes.PreviewedTouchpoint]
    id: strawberry.ID = column("The id it has or would have.")
    kind: str = column("What it is.")
    title: str = column("The source's own words.")

    @field
    def occurred_at(self) -> DateTime:
        """When it happened."""
        return DateTime(micros(self.row.occurred_at))

    @field
    def customer(self, info: Info) -> strawberry.ID | None:
        """The customer it would join, if any is known; needs the scope read."""
        known = self.row.customer if info.context.principal.may(Scope.READ) else None
        return None if known is None else strawberry.ID(known)


@object_type
class IngestedRow:
    """What happened to one row."""

    row: strawberry.Private[outcomes.IngestedRow]
    index: int = column("Its place in the input, from 0.")
    key: str = column("Its key.")
    outcome: RowOutcome = column("What happened to it.")

    @field
    async def record(self, info: Info) -> Record | None:
        """The stored row; null in a dry run."""
        number = self.row.record
        row = await info.context.load.record.load(number) if number is not None else None
        return Record(row=row) if row else None

    @field
    async def problem(self, info: Info) -> Problem | None:
        """Why it could not be read, where it could not."""
        if self.row.problem is not None:
            return Problem(row=self.row.problem)
        number = self.row.record
        stored = await info.context.load.problem.load(number) if number is not None else None
        return Problem(row=stored) if stored else None

    @field
    def touchpoints(self) -> list[PreviewedTouchpoint]:
        """In a dry run, the touchpoints it would yield."""
        return [PreviewedTouchpoint(row=each) for each in self.row.touchpoints]


@object_type
class IngestPayload:
    """Answer to ingest."""

    rows: list[IngestedRow] = described("One answer for each row, in order.")
    run: Run | None = described("The run they were stored by; null in a dry run.")
    receipt: Receipt | None = described("How far the write has come; null when nothing was stored.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class IngestMutations:
    """Rows that a partner sends."""

    @mutation
    async def ingest(
        self,
        info: Info,
        input: Annotated[IngestInput, argument("What to store.")],  # noqa: A002
    ) -> IngestPayload:
        """Store rows."""
        if input.source not in info.context.principal.sources:
            raise NotAllowed(f"This token may not ingest to {input.source[:40]}.")
        rows = [GivenRow(row.payload.encode("utf-8", "surrogatepass"), row.key, row.version) for row in input.rows]
        done, errors = await tried(info.context.hub.ingest(input.source, input.stream, rows, dry_run=input.dry_run))
        if done is None:
            return IngestPayload(rows=[], run=None, receipt=None, user_errors=errors)
        got = await receipt(info, done.sequence)
        run = await info.context.load.run_by_id.load(done.run) if done.run else None
        return IngestPayload(
            rows=[IngestedRow(row=row) for row in done.rows],
            run=Run(row=run) if run else None,
            receipt=got,
            user_errors=[],
        )
