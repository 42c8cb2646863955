"""What each stream of a run or a source came to, and how a source does."""

from __future__ import annotations

import strawberry

from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import DateTime
from hub.ingest.health import HealthState
from hub.store.run_streams import NOTHING, Part, StoredRunStream, StoredSourceStream, Yield

_SECOND = 1_000_000


@object_type
class RunStream:
    """What one stream came to in a run."""

    row: strawberry.Private[StoredRunStream]
    cursor_shown: strawberry.Private[bool]
    stream: str = column("The feed.")
    state: str = column("How far it is, or how it ended: OK, INCOMPLETE, FAILED, INTERRUPTED or RUNNING.")
    fault: str | None = column("Why it did not go well, where it did not.")
    began_at: DateTime = column("When it was first asked, or told.")
    ended_at: DateTime | None = column("When it came to its end; null while it goes on, and for what is told.")
    expected: int | None = column("How many rows the source said there are.")
    received: int = column("Rows that came.")
    stored: int = column("Rows stored for the first time.")
    changed: int = column("Rows stored as new versions.")
    unchanged: int = column("Rows known already.")
    deleted: int = column(
        "Versions stored that say that a row was deleted: told by the source, which counts as changed too, or missing "
        "from a whole listing."
    )
    refused_deletions: int = column(
        "Rows that a whole listing did not name and that were kept, as there were more than may vanish at once.",
        attribute="refused",
    )
    began_again: bool = column("Whether the source had forgotten the cursor, so that everything was asked for anew.")

    @field
    def cursor(self) -> str | None:
        """The last cursor, as JSON; null without the right to see what the source says."""
        return self.row.cursor if self.cursor_shown else None

    @field
    async def unreadable(self, info: Info) -> int:
        """Rows that could not be read."""
        return (await self._yield(info)).unreadable

    @field
    async def touchpoints(self, info: Info) -> int | None:
        """Touchpoints that its records yield today; null where it stored more than 10,000 records in this run."""
        return (await self._yield(info)).touchpoints

    @field
    async def customers_touched(self, info: Info) -> int | None:
        """Customers that those touchpoints belong to; null where it stored more than 10,000 records in this run."""
        return (await self._yield(info)).customers

    @field
    async def lag(self, info: Info) -> float | None:
        """Seconds from when something happened until the hub received it: the median of what is no history, over the
        last 10,000 records; null where the source gave no times to the moment."""
        lag = (await self._yield(info)).lag
        return None if lag is None else lag / _SECOND

    async def _yield(self, info: Info) -> Yield:
        if self.row.first_number is None or self.row.last_number is None:
            return NOTHING
        part = Part(self.row.run, self.row.stream, self.row.first_number, self.row.last_number)
        return await info.context.load.stream_yield.load(part) or NOTHING


@object_type
class SourceStream:
    """One stream of a source, over all its runs."""

    row: strawberry.Private[StoredSourceStream]
    cursor_shown: strawberry.Private[bool]
    stream: str = column("The feed.")
    pulled: bool = described("Whether it is asked; else it is told.")
    last_row_at: DateTime | None = column("When rows last came that were stored.", attribute="last_at")
    stored: int = column("Rows stored, each counted once.")
    unreadable: int = column("Rows that cannot be read.")

    @field
    def cursor(self) -> str | None:
        """From where it goes on, as JSON; null without the right to see what the source says."""
        return self.row.cursor if self.cursor_shown else None


@object_type
class SourceHealth:
    """How a source does."""

    state: HealthState = described("In one word.")
    healthy: bool = described("Whether nobody need do anything.")
    reason: str = described("In one sentence.")
    since: DateTime | None = described("Since when; null where nobody can say.")
