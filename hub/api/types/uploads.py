"""What an uploaded file may mean."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import strawberry

from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import JSON, DateTime
from hub.api.types.amounts import Money, sure
from hub.api.types.sources import Problem
from hub.connector import GuessReason as KnownReason
from hub.ingest import rehearsal
from hub.journey.documents import instant
from hub.money import minor
from hub.values import Direction, Touchpoint


@object_type
class GuessReason:
    """Why a column of a file is taken for a field."""

    row: strawberry.Private[KnownReason]
    of: str = column("The column.", attribute="column", name="column")
    taken_for: str = column("What it is taken for, a word of the settings.", attribute="field", name="field")
    because: str = column("Why.")
    example: str = column("One of its values.")


@object_type
class RehearsedTouchpoint:
    """A touchpoint that a row would yield."""

    row: strawberry.Private[Touchpoint]
    kind: str = column("What it is.")
    direction: Direction = column("Who acted.")
    title: str = column("The source's own words.")
    text: str | None = column("What was said.")

    @field
    def occurred_at(self, info: Info) -> DateTime:
        """When it happened."""
        return DateTime(instant(self.row.occurred_at, ZoneInfo(info.context.hub.company.time_zone)))

    @field
    def amount(self) -> Money | None:
        """The amount it is about."""
        held = self.row.amount
        return None if held is None else sure(minor(held), held.currency)

    @field
    def name(self) -> str | None:
        """The name it gives its customer."""
        said = self.row.traits.get("name")
        return None if said is None else str(said)

    @field
    def identifiers(self) -> list[str]:
        """The addresses and numbers by which its customer is recognised, as the file has them."""
        return [each.value for each in self.row.identifiers]


@object_type
class RehearsedRow:
    """A row of a file, and what it would come to."""

    row: strawberry.Private[rehearsal.RehearsedRow]
    key: str = column("What names it.")

    @field
    def touchpoints(self) -> list[RehearsedTouchpoint]:
        """What it would yield."""
        return [RehearsedTouchpoint(row=each) for each in self.row.touchpoints]

    @field
    def problem(self) -> Problem | None:
        """Why it cannot be read, where it cannot."""
        return Problem(row=self.row.problem) if self.row.problem else None


@object_type
class Rehearsal:
    """What a connector would make of an uploaded file. Nothing of it is stored."""

    row: strawberry.Private[rehearsal.Rehearsal]
    connector: str = described("The connector that reads it.")
    settings: JSON = described("Its settings without the place of the file: those that were given, or guessed.")
    guessed: bool = described("Whether the settings were guessed.")
    reasons: list[GuessReason] = described("Why each column is taken for what it is, where that was guessed.")
    doubts: list[str] = described("What could as well be meant otherwise.")
    rows: int = column("Rows that were read.")
    whole: bool = column("Whether that is all of the file; of a large one the first rows are read.")
    touchpoints: int = column("Touchpoints that those rows would yield.")
    unreadable: int = column("Rows among them that cannot be read.")

    @field
    def first(self) -> list[RehearsedRow]:
        """The first rows."""
        return [RehearsedRow(row=each) for each in self.row.first]

    @field
    def problems(self) -> list[RehearsedRow]:
        """The first rows that cannot be read."""
        return [RehearsedRow(row=each) for each in self.row.problems]
