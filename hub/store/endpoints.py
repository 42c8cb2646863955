"""Endpoints, the messages to them, and the attempts to deliver these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store import lists
from hub.store.ledger import CHANGES, StoredChange
from hub.store.pages import Order, Page, Place, Window
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.sql import Query


@dataclass(frozen=True, slots=True)
class StoredEndpoint:
    """Somebody who is told of changes; the columns of ``EndpointRow``."""

    num: int
    id: str
    name: str
    url: str
    wants: str
    sources: str
    kinds: str
    stages: str
    contacts: bool
    historical: bool
    created_at: int
    number: int
    ordinal: int
    disabled_at: int | None
    disabled_for: str | None
    failing_since: int | None
    not_before: int

    @property
    def place(self) -> Place:
        """Up to where in the ledger its messages are written."""
        return self.number, self.ordinal


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """What an endpoint is told; the columns of ``MessageRow``."""

    num: int
    id: str
    endpoint: int
    number: int | None
    ordinal: int | None
    type: str
    at: int
    body: str
    state: str
    tries: int
    next_at: int
    ended_at: int | None


@dataclass(frozen=True, slots=True)
class StoredAttempt:
    """One attempt to deliver a message; ``took`` in milliseconds."""

    message: int
    number: int
    at: int
    took: int
    status: int | None
    fault: str | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class StoredEndpointChange:
    """A change of an endpoint; ``fields`` is a JSON list of the names of what changed."""

    num: int
    fields: str
    changed_by: str
    changed_at: int


ENDPOINTS = lists.Listing("endpoint n", Shape(StoredEndpoint, "n"), "n.num")
MESSAGES = lists.Listing("message m", Shape(StoredMessage, "m"), "m.num")
ATTEMPTS = lists.Listing("attempt a", Shape(StoredAttempt, "a"), "a.number")
CHANGES_MADE = lists.Listing("endpoint_change c", Shape(StoredEndpointChange, "c"), "c.num")
ORDER = Order("CREATED", "n.num", "n.id")
MESSAGE_ORDER = Order("NEWEST_FIRST", "m.num", "m.id", descending=True)


async def page(snapshot: Snapshot, window: Window) -> Page[StoredEndpoint]:
    """A page of endpoints, in the order they were made."""
    return await lists.page_of(snapshot, ENDPOINTS, lists.everything, ORDER, window)


async def by_number(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredEndpoint]:
    """Endpoints by row number."""
    return await lists.by_number(snapshot, ENDPOINTS, "n.num", numbers)


async def by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredEndpoint]:
    """Endpoints by public id."""
    return await lists.by_id(snapshot, ENDPOINTS, "n.id", ids)


async def everyone(snapshot: Snapshot) -> list[StoredEndpoint]:
    """All endpoints; there are a hundred at most."""
    return ENDPOINTS.shape.all(await snapshot.all(f"SELECT {ENDPOINTS.shape.columns} FROM endpoint n"))


async def enabled(snapshot: Snapshot) -> list[StoredEndpoint]:
    """Endpoints that are told of changes."""
    rows = await snapshot.all(f"SELECT {ENDPOINTS.shape.columns} FROM endpoint n WHERE n.disabled_at IS NULL")
    return ENDPOINTS.shape.all(rows)


async def changes(snapshot: Snapshot, id_: str) -> list[StoredEndpointChange]:
    """What was changed of an endpoint, the last hundred times, newest first."""
    rows = await snapshot.all(
        f"SELECT {CHANGES_MADE.shape.columns} FROM endpoint_change c WHERE c.endpoint = $1::text "
        "ORDER BY c.num DESC LIMIT 100",
        id_,
    )
    return CHANGES_MADE.shape.all(rows)


# Messages ----------------------------------------------------------------------------------------------------------


async def messages(snapshot: Snapshot, endpoint: int, state: str | None, window: Window) -> Page[StoredMessage]:
    """A page of the messages to an endpoint, newest first."""
    return await lists.page_of(snapshot, MESSAGES, lambda query: _of(query, endpoint, state), MESSAGE_ORDER, window)


async def count(snapshot: Snapshot, endpoint: int, state: str | None) -> int:
    """How many these are; a count stops one beyond ``COUNT_LIMIT``."""
    return await lists.count(snapshot, "message m", lambda query: _of(query, endpoint, state), limited=True)


def _of(query: Query, endpoint: int, state: str | None) -> str:
    narrowed = "" if state is None else f" AND m.state = {query.bind(state, 'text')}"
    return f"m.endpoint = {query.bind(endpoint, 'bigint')}{narrowed}"


async def messages_by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredMessage]:
    """Messages by public id."""
    return await lists.by_id(snapshot, MESSAGES, "m.id", ids)


async def attempts(snapshot: Snapshot, messages_: Sequence[int]) -> dict[int, list[StoredAttempt]]:
    """The attempts to deliver messages, in order."""
    return await lists.grouped(snapshot, ATTEMPTS, "a.message", messages_, "a.message, a.number")


async def due(snapshot: Snapshot, now: int) -> set[int]:
    """The row numbers of endpoints that may be told something now, and have messages that are due."""
    rows = await snapshot.all(
        "SELECT n.num FROM endpoint n WHERE n.disabled_at IS NULL AND n.not_before <= $1::bigint AND EXISTS "
        "(SELECT 1 FROM message m WHERE m.endpoint = n.num AND m.state = 'WAITING' AND m.next_at <= $1::bigint)",
        now,
    )
    return {row[0] for row in rows}


async def waiting(snapshot: Snapshot, endpoint: int, most: int) -> int:
    """How many messages to an endpoint wait, counted up to so many."""
    return int(
        await snapshot.value(
            "SELECT count(*) FROM (SELECT 1 FROM message m WHERE m.endpoint = $1::bigint AND m.state = 'WAITING' "
            "LIMIT $2::bigint) counted",
            endpoint, most,
        )
    )  # fmt: skip


async def all_waiting(snapshot: Snapshot) -> int:
    """How many messages wait, of all endpoints that are told anything."""
    return int(
        await snapshot.value(
            "SELECT count(*) FROM message m JOIN endpoint n ON n.num = m.endpoint "
            "WHERE m.state = 'WAITING' AND n.disabled_at IS NULL"
        )
    )


# The ledger, as an endpoint is told of it --------------------------------------------------------------------------


async def lines(
    snapshot: Snapshot, place: Place, kinds: Sequence[str], historical: bool, most: int
) -> list[StoredChange]:
    """The next lines of the ledger after a place, of some kinds; of history only when that is asked for."""
    query = Query(f"SELECT {CHANGES.shape.columns} FROM ledger e WHERE (e.number, e.ordinal) > (")
    query.add(f"{query.bind(place[0], 'bigint')}, {query.bind(place[1], 'bigint')}) ")
    query.add(f"AND e.kind {query.bind_list(kinds, 'text')} ")
    if not historical:
        query.add(f"AND e.historical = {query.bind(False, 'boolean')} ")
    query.add(f"ORDER BY e.number, e.ordinal LIMIT {most}")
    return CHANGES.shape.all(await snapshot.query(query))
