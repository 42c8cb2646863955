"""What a hub's database says of how much it has taken, how far it has come, and who works at what."""

from __future__ import annotations

from dataclasses import dataclass

from hub.store import ledger
from hub.store.reader import Snapshot
from hub.store.versions import latest


async def migrated(snapshot: Snapshot) -> bool:
    """Whether truth has all that this code expects; more, where newer code has been at it, is no harm."""
    found = await snapshot.value("SELECT version_num FROM truth.alembic_version")
    return str(found or "") >= latest("truth")


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows that sources of a connector brought, in all of its runs."""

    connector: str
    received: int
    stored: int
    changed: int
    unchanged: int


async def taken(snapshot: Snapshot) -> list[Taken]:
    """By connector."""
    rows = await snapshot.all(
        "SELECT s.connector, sum(r.received), sum(r.stored), sum(r.changed), sum(r.unchanged) "
        "FROM run r JOIN source s ON s.num = r.source WHERE r.kind IN ('PULL', 'PUSH') GROUP BY s.connector"
    )
    return [Taken(connector, *(int(count) for count in counts)) for connector, *counts in rows]


@dataclass(frozen=True, slots=True)
class Reached:
    """Truth numbers given and processed, and when the oldest record arrived that has not been processed."""

    accepted: int
    processed: int
    waiting_since: int | None


async def reached(snapshot: Snapshot) -> Reached:
    """How far the processor has come."""
    processed = await ledger.processed(snapshot)
    waiting = await snapshot.value(
        "SELECT received_at FROM record WHERE number > $1::bigint ORDER BY number LIMIT 1", processed
    )
    return Reached(await ledger.accepted(snapshot), processed, waiting)


async def leases(snapshot: Snapshot, now: int) -> tuple[int, int]:
    """Leases held at ``now``, in microseconds: of sources that are pulled, and of those that are listened to."""
    row = await snapshot.one(
        "SELECT count(run), count(*) - count(run) FROM lease WHERE holder IS NOT NULL AND until > $1::bigint", now
    )
    return (int(row[0]), int(row[1])) if row else (0, 0)
