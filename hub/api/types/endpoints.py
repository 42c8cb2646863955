"""Endpoints: who is told of changes, what they were told, and how that went."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import orjson
import strawberry

from hub.api.connections import After, Connection, CountedConnection, First, counted, cursors
from hub.api.context import Info
from hub.api.graph import argument, column, described, field, object_type
from hub.api.scalars import DateTime
from hub.api.types.changes import Change
from hub.api.types.enums import ChangeKind, shown
from hub.api.types.node import Node
from hub.api.types.sources import Source
from hub.ingest.endpoints import EndpointState, judged
from hub.store import endpoints
from hub.store.endpoints import StoredAttempt, StoredEndpoint, StoredEndpointChange, StoredMessage
from hub.values import Stage

shown(
    EndpointState,
    "How deliveries to an endpoint go.",
    HEALTHY="It takes what it is told.",
    FAILING="Its last attempts failed; they are made again.",
    DISABLED="Somebody disabled it.",
    GONE="It answered 410 Gone, and is told nothing more.",
    GIVEN_UP="All attempts failed for five days, and it is told nothing more.",
)


class MessageState(StrEnum):
    """What became of a message."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


shown(
    MessageState,
    "What became of a message.",
    WAITING="It waits for its first attempt, or for another one.",
    DELIVERED="It was taken.",
    FAILED="No attempt is left; it may be sent again by hand.",
)


@object_type
class EndpointHealth:
    """How deliveries to an endpoint go."""

    state: EndpointState = described("How they go.")
    healthy: bool = described("Whether nobody need do anything.")
    reason: str = described("Why, in a sentence.")
    since: DateTime | None = described("Since when; null where that is not known.")


@object_type
class EndpointChange:
    """A change of an endpoint."""

    row: strawberry.Private[StoredEndpointChange]
    at: DateTime = column("When it was made.", attribute="changed_at")
    by: str = column("Who made it.", attribute="changed_by")

    @field
    def fields(self) -> list[str]:
        """What was changed, like url or secret."""
        names: list[str] = orjson.loads(self.row.fields)
        return names


@object_type
class Attempt:
    """One attempt to deliver a message."""

    row: strawberry.Private[StoredAttempt]
    told: strawberry.Private[bool]
    number: int = column("Which one it was, from 1.")
    at: DateTime = column("When it ended.")
    took: int = column("How long it took, in milliseconds.")
    status: int | None = column("The status of the answer; null where there was none.")
    fault: str | None = column("Why there was no answer, where there was none.")

    @field
    def answer(self) -> str | None:
        """How the answer began; null without the right to see what was sent, which it may repeat."""
        return self.row.answer if self.told else None


@object_type
class OutgoingMessage(Node):
    """What an endpoint is told of one change: the same under the same id at every attempt."""

    row: strawberry.Private[StoredMessage]
    type: str = column("What it is called, like touchpoint.created.")
    at: DateTime = column("When what it tells of happened.")

    @field
    def state(self) -> MessageState:
        """What became of it."""
        return MessageState(self.row.state)

    @field
    async def endpoint(self, info: Info) -> Endpoint:
        """Who is told."""
        return await _endpoint_of(info, self.row)

    @field
    async def body(self, info: Info) -> str | None:
        """What is sent; null where there is contact data in it, and no right to see that."""
        return self.row.body if await self._told(info) else None

    @field
    async def change(self, info: Info) -> Change | None:
        """The change it tells of; null of a test, and of what is in the ledger no more."""
        if self.row.number is None or self.row.ordinal is None:
            return None
        line = await info.context.load.change.load((self.row.number, self.row.ordinal))
        return Change(row=line) if line else None

    @field
    async def attempts(self, info: Info) -> list[Attempt]:
        """The attempts so far, in order."""
        told = await self._told(info)
        return [Attempt(row=row, told=told) for row in await info.context.load.attempts.load(self.row.num)]

    @field
    def next_attempt_at(self) -> DateTime | None:
        """When the next attempt is due; null when there is none."""
        return DateTime(self.row.next_at) if self.row.state == MessageState.WAITING else None

    @field
    def ended_at(self) -> DateTime | None:
        """When it was taken, or failed."""
        return None if self.row.ended_at is None else DateTime(self.row.ended_at)

    async def _told(self, info: Info) -> bool:
        return info.context.principal.sees_contacts or not (await _endpoint_of(info, self.row)).row.contacts


@object_type
class OutgoingMessageConnection(CountedConnection[OutgoingMessage]):
    """A page of messages."""


@object_type
class Endpoint(Node):
    """An address of somebody who is told of changes."""

    row: strawberry.Private[StoredEndpoint]
    name: str = column("Its name here.")
    url: str = column("Where messages are posted.")
    contacts: bool = column("Whether it is told contact data unmasked.")
    historical: bool = column("Whether it is told of what comes with a first import, too.")
    created_at: DateTime = column("When it was made.")

    @field
    def wants(self) -> list[ChangeKind]:
        """The kinds of change it is told of."""
        return [ChangeKind(each) for each in orjson.loads(self.row.wants)]

    @field
    async def sources(self, info: Info) -> list[Source]:
        """Of touchpoints: only of those of these sources; all when there are none."""
        rows = await info.context.load.source_by_id.load_many(orjson.loads(self.row.sources))
        return [Source(row=row) for row in rows if row]

    @field
    def kinds(self) -> list[str]:
        """Of touchpoints: only of those of these kinds; all when there are none."""
        names: list[str] = orjson.loads(self.row.kinds)
        return names

    @field
    def stages(self) -> list[Stage]:
        """Of stages: only when a customer comes to one of these; all when there are none."""
        return [Stage(each) for each in orjson.loads(self.row.stages)]

    @field
    def enabled(self) -> bool:
        """Whether it is told anything."""
        return self.row.disabled_at is None

    @field
    def health(self) -> EndpointHealth:
        """How deliveries to it go."""
        found = judged(self.row)
        since = None if found.since is None else DateTime(found.since)
        healthy = found.state is EndpointState.HEALTHY
        return EndpointHealth(state=found.state, healthy=healthy, reason=found.reason, since=since)

    @field
    async def messages(
        self,
        info: Info,
        state: Annotated[MessageState | None, argument("Only those of which this became.")] = None,
        first: First = None,
        after: After = None,
    ) -> OutgoingMessageConnection:
        """What it was told, newest first. Messages that ended are kept for 30 days."""
        sealed = cursors(info, "Endpoint.messages", endpoints.MESSAGE_ORDER)
        window = sealed.window(first, after, None, None)
        snapshot, number = await info.context.snapshot(), self.row.num
        page = await endpoints.messages(snapshot, number, state, window)
        return OutgoingMessageConnection(
            entries=[OutgoingMessage(row=row) for row in page.rows], page=page, cursors=sealed,
            count=counted(lambda: endpoints.count(snapshot, number, state), limited=True),
        )  # fmt: skip

    @field
    async def changes(self, info: Info) -> list[EndpointChange]:
        """What was changed of it, the last hundred times, latest first."""
        rows = await endpoints.changes(await info.context.snapshot(), self.row.id)
        return [EndpointChange(row=row) for row in rows]


@object_type
class EndpointConnection(Connection[Endpoint]):
    """A page of endpoints."""


async def _endpoint_of(info: Info, message: StoredMessage) -> Endpoint:
    row = await info.context.load.endpoint.load(message.endpoint)
    if row is None:
        raise LookupError(f"endpoint {message.endpoint} is not there")
    return Endpoint(row=row)
