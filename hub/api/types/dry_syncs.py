"""What a pull would bring, as the graph shows it."""

from __future__ import annotations

import strawberry

from hub.api.graph import column, field, object_type
from hub.api.types.sources import Problem
from hub.ingest import dry_pull
from hub.ingest.outcomes import RowOutcome


@object_type
class DryProblem:
    """A row that could not be read."""

    row: strawberry.Private[dry_pull.DryProblem]
    stream: str = column("The feed it came by.")
    key: str = column("What its source calls it.")

    @field
    def problem(self) -> Problem:
        """Why."""
        return Problem(row=self.row.problem)


@object_type
class DryPull:
    """What a pull would bring now. Nothing of it is stored."""

    row: strawberry.Private[dry_pull.DryPull]
    rows: int = column("Rows that came.")
    whole: bool = column("Whether that is all: at most 5,000 rows are read, for at most 20 seconds.")
    unreadable: int = column("Rows that would be stored and cannot be read.")
    faults: list[str] = column("What went wrong, a sentence for each stream.")

    @field
    def stored(self) -> int:
        """Rows that would be stored for the first time."""
        return self.row.outcomes[RowOutcome.NEW]

    @field
    def changed(self) -> int:
        """Rows that would be stored as new versions."""
        return self.row.outcomes[RowOutcome.CHANGED]

    @field
    def unchanged(self) -> int:
        """Rows known already."""
        return self.row.outcomes[RowOutcome.UNCHANGED]

    @field
    def problems(self) -> list[DryProblem]:
        """The first ten rows that cannot be read."""
        return [DryProblem(row=each) for each in self.row.problems]
