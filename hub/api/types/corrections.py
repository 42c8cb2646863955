"""What corrections change: records that are taken out, put back or read again."""

from __future__ import annotations

import strawberry

from hub.api.context import Info
from hub.api.graph import column, field, object_type
from hub.api.types.enums import shown
from hub.api.types.foreseen import CustomerChange
from hub.api.types.sources import Problem
from hub.ids import record_id
from hub.ingest import outcomes
from hub.ingest.outcomes import Effect

shown(
    Effect,
    "What happens to a touchpoint.",
    ADDED="It is there for the first time.",
    CHANGED="It says something else.",
    RETRACTED="No standing row yields it any more.",
    RESTORED="It is back.",
)


@object_type
class FieldChange:
    """What a field of a touchpoint says before and after."""

    row: strawberry.Private[outcomes.FieldChange]
    name: str = column("The field.")

    @field
    def before(self, info: Info) -> str | None:
        """What it said; null without the right to see contact data."""
        return self.row.before if info.context.principal.sees_contacts else None

    @field
    def after(self, info: Info) -> str | None:
        """What it says; null without the right to see contact data."""
        return self.row.after if info.context.principal.sees_contacts else None


@object_type
class TouchpointChange:
    """How one touchpoint changes."""

    row: strawberry.Private[outcomes.TouchpointChange]
    touchpoint: strawberry.ID = column("The touchpoint.")
    effect: Effect = column("What happens to it.")

    @field
    def fields(self) -> list[FieldChange]:
        """Which of its fields change, where rows are read again."""
        return [FieldChange(row=each) for each in self.row.fields]


@object_type
class Consequences:
    """What a correction changes. Everything is counted, the first hundred of each kind are listed."""

    row: strawberry.Private[outcomes.Changes]
    customers: int = column("How many customers change.")

    @field
    def added(self) -> int:
        """How many touchpoints are there for the first time."""
        return self.row.effects.get(Effect.ADDED, 0)

    @field
    def changed(self) -> int:
        """How many touchpoints say something else."""
        return self.row.effects.get(Effect.CHANGED, 0)

    @field
    def retracted(self) -> int:
        """How many touchpoints no standing row yields any more."""
        return self.row.effects.get(Effect.RETRACTED, 0)

    @field
    def restored(self) -> int:
        """How many touchpoints are back."""
        return self.row.effects.get(Effect.RESTORED, 0)

    @field
    def touchpoints(self) -> list[TouchpointChange]:
        """The first of them."""
        return [TouchpointChange(row=each) for each in self.row.touchpoints]

    @field
    def customer_changes(self) -> list[CustomerChange]:
        """The first customers that change: touchpoints, stage and revenue before and after."""
        return [CustomerChange(row=each) for each in self.row.customer_changes]


@object_type
class ProblemChange:
    """How the problem of a record changes."""

    row: strawberry.Private[outcomes.ProblemChange]

    @field
    def record(self) -> strawberry.ID:
        """The record."""
        return strawberry.ID(record_id(self.row.record))

    @field
    def before(self) -> Problem | None:
        """Why it could not be read."""
        return Problem(row=self.row.before) if self.row.before else None

    @field
    def after(self) -> Problem | None:
        """Why it cannot be read."""
        return Problem(row=self.row.after) if self.row.after else None


@object_type
class Reread:
    """What reading records again would change."""

    row: strawberry.Private[outcomes.Reread]
    records: int = column("How many records were chosen.")
    examined: int = column("How many of them, the first, were read for this.")
    solved: int = column("How many can be read that could not.")
    unreadable: int = column("How many cannot be read that could.")

    @field
    def problems(self) -> list[ProblemChange]:
        """The first problems that change."""
        return [ProblemChange(row=each) for each in self.row.problems]

    @field
    def changes(self) -> Consequences:
        """What would change."""
        return Consequences(row=self.row.changes)
