"""Sources, runs, records: what came in, and what became of it."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Annotated

import strawberry

from hub.api.auth import Scope
from hub.api.batches import PartAsked
from hub.api.connections import After, Connection, CountedConnection, First, counted, cursors
from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import JSON, DateTime, Duration
from hub.api.types.node import Node
from hub.api.types.repairs import Rebuilt, Replayed, rebuilt, replayed
from hub.api.types.source_changes import SourceChange, SourceChangeConnection
from hub.api.types.syncs import RunStream, SourceHealth, SourceStream
from hub.connector import PullStream
from hub.ingest.health import Health as Judged
from hub.ingest.health import judge
from hub.ingest.outcomes import Problem as KnownProblem
from hub.secret_settings import dotted
from hub.store import records
from hub.store.records import UNREADABLE_ORDER, StoredProblem, StoredRecord
from hub.store.run_streams import StoredSourceStream
from hub.store.sources import CHANGE_ORDER, RUN_ORDER, StoredRun, StoredSource

if TYPE_CHECKING:
    from hub.api.types.touchpoints import Touchpoint

LazyTouchpoint = Annotated["Touchpoint", strawberry.lazy("hub.api.types.touchpoints")]
LazyRecordConnection = Annotated["RecordConnection", strawberry.lazy("hub.api.types.sources")]


@object_type
class Problem:
    """Why a row could not be read, and what to do."""

    row: strawberry.Private[StoredProblem | KnownProblem]
    code: str = column("A stable word for the fault.")
    message: str = column("One clear sentence.")
    path: str | None = column("Where in the row the fault is.")
    hint: str | None = column("What to do about it.")


@object_type
class Run(Node):
    """One pull, push batch or import."""

    row: strawberry.Private[StoredRun]
    kind: str = column("What it was: PULL, PUSH, IMPORT, REPLAY, REBUILD, SNAPSHOT, SUGGEST or SCORE.")
    state: str = column("How far it is, or how it ended: RUNNING, OK, INCOMPLETE, FAILED or INTERRUPTED.")
    started_at: DateTime = column("When it began.")
    finished_at: DateTime | None = column("When it ended.")
    expected: int | None = column("How many rows the source announced.")
    done: float | None = column("The share that is done, 0 to 1, where the source tells.")
    received: int = column("Rows that came.")
    stored: int = column("Rows stored for the first time.")
    changed: int = column("Rows stored as new versions.")
    unchanged: int = column("Rows known already.")
    error: str | None = column("Why it stopped, where it did.")

    @field
    async def streams(self, info: Info) -> list[RunStream]:
        """What each stream came to; none for what is no pull and no push."""
        rows = await info.context.load.run_streams.load(self.row.num)
        shown = bool(rows) and sees_cursor(info, await source_of(info, rows[0].source))
        return [RunStream(row=row, cursor_shown=shown) for row in rows]

    @field
    async def unreadable(self, info: Info) -> int:
        """Rows that could not be read."""
        return await info.context.load.run_unreadable.load(self.row.num) or 0

    @field
    async def withdrawn_at(self, info: Info) -> DateTime | None:
        """When it was taken out of the picture; null while it counts."""
        at = await info.context.load.run_withdrawn.load(self.row.id)
        return None if at is None else DateTime(at)

    @field
    async def source(self, info: Info) -> Source | None:
        """The source it belongs to; null for what concerns the whole hub."""
        return None if self.row.source is None else await source_of(info, self.row.source)

    @field
    def replayed(self) -> Replayed | None:
        """What a replay came to; null while it goes on, and for other runs."""
        return replayed(self.row)

    @field
    def rebuilt(self) -> Rebuilt | None:
        """What a rebuild came to; null while it goes on, and for other runs."""
        return rebuilt(self.row)


@object_type
class RunConnection(Connection[Run]):
    """A page of runs."""


@object_type
class Source(Node):
    """One configured account of a connector."""

    row: strawberry.Private[StoredSource]
    name: str = column("Its name here.")
    connector: str = column("The connector that reads it.")
    book_of_record: bool = column("Whether its documents count in value.")
    created_at: DateTime = column("When it was set up.")
    paused_at: DateTime | None = column("Since when it is not pulled by the clock; null while it is.")
    notify_url: str | None = column("Where to say that it turns unhealthy, or healthy again.")
    deletion_share: float = column("The largest share of its rows that one listing may delete, 0 to 1.")

    @field
    def every(self) -> Duration | None:
        """The time between two pulls; null as its connector says, no time at all when it is pulled on request only."""
        return None if self.row.every is None else Duration(0, self.row.every)

    @field
    async def settings(self, info: Info) -> JSON | None:
        """Its settings, with ******** where a secret is; null while its connector cannot be used."""
        secrets = await info.context.load.source_secrets.load(self.row.num)
        shown = info.context.hub.configuration.shown(self.row.connector, self.row.settings, secrets)
        return None if shown is None else JSON(shown)

    @field
    async def secrets_set(self, info: Info) -> list[str]:
        """Which of its settings hold a secret, like password and webhooks.0.secret."""
        return [dotted(name) for name in await info.context.load.source_secrets.load(self.row.num)]

    @field
    async def changes(self, info: Info, first: First = None, after: After = None) -> SourceChangeConnection:
        """What was changed of it, latest first."""
        sealed = cursors(info, "Source.changes", CHANGE_ORDER)
        asked = PartAsked(self.row.num, sealed.window(first, after, None, None))
        page = await info.context.load.source_changes.load(asked)
        return SourceChangeConnection(entries=[SourceChange(row=row) for row in page.rows], page=page, cursors=sealed)

    @field
    async def pulled(self, info: Info) -> bool:
        """Whether it can be pulled; other sources are told what happens."""
        return (await info.context.hub.source(self.row.id)).pulled

    @field
    async def health(self, info: Info) -> SourceHealth:
        """How it does: whether somebody need do something, why, and since when."""
        found = await self.health_now(info)
        since = None if found.since is None else DateTime(found.since)
        return SourceHealth(state=found.state, healthy=found.state.healthy, reason=found.reason, since=since)

    async def health_now(self, info: Info) -> Judged:
        """Its health, as it is judged."""
        facts = await info.context.load.source_facts.load(self.row.num)
        if facts is None:
            raise LookupError(f"source {self.row.num} is not there")
        return judge(await info.context.hub.source(self.row.id), facts, info.context.now())

    @field
    async def next_run_at(self, info: Info) -> DateTime | None:
        """When it is pulled next by the clock; null where it is pulled on request only, is paused or waits."""
        facts = await info.context.load.source_facts.load(self.row.num)
        at = None if facts is None or facts.paused_at or facts.withdrawn_at else facts.next_at
        return None if at is None else DateTime(at)

    @field
    async def pulled_by(self, info: Info) -> str | None:
        """The process that pulls it now or waits for its news: host, process and a word; null while none does.

        Needs the scope manage.
        """
        facts = await info.context.load.source_facts.load(self.row.num)
        return None if facts is None or (facts.held_until or 0) <= info.context.now() else facts.holder

    @field
    async def streams(self, info: Info) -> list[SourceStream]:
        """Its streams, those that nothing has come by yet too."""
        known = {row.stream: row for row in await info.context.load.source_streams.load(self.row.num)}
        connector = (await info.context.hub.source(self.row.id)).connector
        kinds = {each.name: each for each in connector.streams()} if connector else {}
        nothing = {name: StoredSourceStream(name, None, None, 0, 0) for name in kinds if name not in known}
        shown = sees_cursor(info, self)
        return [
            SourceStream(row=row, cursor_shown=shown, pulled=isinstance(kinds.get(name), PullStream))
            for name, row in sorted((known | nothing).items())
        ]

    @field
    async def state(self, info: Info) -> str:
        """The state of its latest run; NEW while it never ran."""
        return await info.context.load.source_state.load(self.row.num) or "NEW"

    @field
    async def withdrawn_at(self, info: Info) -> DateTime | None:
        """When it was taken out of the picture; null while it counts."""
        at = await info.context.load.source_withdrawn.load(self.row.id)
        return None if at is None else DateTime(at)

    @field
    async def runs(self, info: Info, first: First = None, after: After = None) -> RunConnection:
        """Its runs, latest first."""
        sealed = cursors(info, "Source.runs", RUN_ORDER)
        page = await info.context.load.runs.load(PartAsked(self.row.num, sealed.window(first, after, None, None)))
        return RunConnection(entries=[Run(row=row) for row in page.rows], page=page, cursors=sealed)

    @field
    async def unreadable(self, info: Info, first: First = None, after: After = None) -> LazyRecordConnection:
        """Rows that could not be read, oldest first."""
        sealed = cursors(info, "Source.unreadable", UNREADABLE_ORDER)
        asked = PartAsked(self.row.num, sealed.window(first, after, None, None))
        page = await info.context.load.unreadable.load(asked)

        async def count() -> int:
            return await records.unreadable_count(await info.context.snapshot(), self.row.num)

        return RecordConnection(
            entries=[Record(row=row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=False),
        )


@object_type
class SourceConnection(Connection[Source]):
    """A page of sources."""


@object_type
class Record(Node):
    """A stored row."""

    row: strawberry.Private[StoredRecord]
    stream: str = column("The feed it came by.")
    key: str = column("What its source calls it.")
    version: int = column("Which version of the row this is, counted from 1.")
    source_version: str | None = column("What the source calls this version.")
    deleted: bool = column("Whether this version says that the source deleted the row.")
    received_at: DateTime = column("When it came.")

    @field
    async def source(self, info: Info) -> Source:
        """The source it came from."""
        return await source_of(info, self.row.source)

    @field
    async def versions(self, info: Info) -> int:
        """How many versions of the row there are."""
        return await records.versions(await info.context.snapshot(), self.row)

    @field
    async def payload(self, info: Info) -> str | None:
        """The row as received, as text in UTF-8; null without the right to see contact data."""
        held = await _payload(info, self.row)
        return None if held is None else held.decode("utf-8", "replace")

    @field
    async def payload_base64(self, info: Info) -> str | None:
        """The row byte for byte as received, in base 64; null without the right to see contact data."""
        held = await _payload(info, self.row)
        return None if held is None else base64.b64encode(held).decode()

    @field
    async def problem(self, info: Info) -> Problem | None:
        """Why it could not be read, where it could not."""
        row = await info.context.load.problem.load(self.row.number)
        return Problem(row=row) if row else None

    @field
    async def touchpoints(self, info: Info) -> list[LazyTouchpoint] | None:
        """The touchpoints it yields while it stands. Needs the scope read."""
        from hub.api.types.touchpoints import touchpoint

        return [touchpoint(row) for row in await info.context.load.record_touchpoints.load(self.row.number)]

    @field
    async def run(self, info: Info) -> Run | None:
        """The run it came by."""
        row = await info.context.load.run.load(self.row.run)
        return Run(row=row) if row else None


@object_type
class RecordConnection(CountedConnection[Record]):
    """A page of records."""


@object_type
class Connector:
    """A connector that is installed."""

    name: str = described("Family and name, like email.mailbox.")
    title: str = described("What it brings in.")
    documentation: str | None = described("Its page: an address, or a path in the repository it comes from.")
    working: bool = described("Whether it can be used.")
    problem: str | None = described("Why it cannot be used.")


async def source_of(info: Info, number: int) -> Source:
    """The source with a row number; truth keeps every source."""
    row = await info.context.load.source.load(number)
    if row is None:
        raise LookupError(f"source {number} is not there")
    return Source(row=row)


def sees_cursor(info: Info, source: Source) -> bool:
    """A cursor is what the source says: for its partner, for managers and for whoever may see contact data."""
    who = info.context.principal
    return who.may(Scope.MANAGE) or who.sees_payload(source.row.id)


async def _payload(info: Info, row: StoredRecord) -> bytes | None:
    source = await source_of(info, row.source)
    if not info.context.principal.sees_payload(source.row.id):
        return None
    return await records.payload(await info.context.snapshot(), row.number)
