"""Records: what sources sent, and why some of it could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.ids import record_id
from hub.store import lists
from hub.store.pages import Order, Page, Window
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.writing.records import Version


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A stored row without its payload, which may be large."""

    number: int
    source: int
    stream: str
    key: str
    version: int
    source_version: str | None
    deleted: bool
    run: int
    received_at: int
    historical: bool

    @property
    def id(self) -> str:
        """The public id."""
        return record_id(self.number)


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """Why a record could not be read."""

    record: int
    code: str
    message: str
    path: str | None
    hint: str | None


RECORDS = lists.Listing("record r", Shape(StoredRecord, "r"), "r.number")
UNREADABLE_ORDER = Order("OLDEST_FIRST", "p.record", "r.key")
_PROBLEMS = lists.Listing("problem p", Shape(StoredProblem, "p"), "p.record")
_UNREADABLE = lists.Listing("problem p JOIN record r ON r.number = p.record", RECORDS.shape, "p.record")


async def by_number(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredRecord]:
    """Records by truth number."""
    return await lists.by_number(snapshot, RECORDS, "r.number", numbers)


async def latest(snapshot: Snapshot, source: str, stream: str, key: str) -> StoredRecord | None:
    """The last version of the row with a key. ``source`` is a public id."""
    row = await snapshot.one(
        f"SELECT {RECORDS.shape.columns} FROM record r WHERE r.source = (SELECT num FROM source WHERE id = $1::text)"
        " AND r.stream = $2::text AND r.key = $3::text ORDER BY r.version DESC LIMIT 1",
        source,
        stream,
        key,
    )
    return RECORDS.shape.one(row) if row else None


async def payload(snapshot: Snapshot, number: int) -> bytes:
    """The payload of a record, byte for byte as received."""
    return bytes(await snapshot.value("SELECT payload FROM record WHERE number = $1::bigint", number))


async def versions(snapshot: Snapshot, record: StoredRecord) -> int:
    """How many versions the record's row has."""
    return int(
        await snapshot.value(
            "SELECT count(*) FROM record WHERE source = $1::bigint AND stream = $2::text AND key = $3::text",
            record.source,
            record.stream,
            record.key,
        )
    )


async def versions_of(snapshot: Snapshot, source: int, stream: str, keys: Sequence[str]) -> dict[str, list[Version]]:
    """All stored versions of rows, oldest first, by key."""
    found: dict[str, list[Version]] = {}
    for row in await snapshot.all(
        "SELECT number, source, stream, key, version, source_version, digest, deleted, run, received_at, historical "
        "FROM record WHERE source = $1 AND stream = $2 AND key = ANY($3::text[]) ORDER BY number",
        source, stream, list(keys),
    ):  # fmt: skip
        found.setdefault(row[3], []).append(Version(*row))
    return found


async def problems(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredProblem]:
    """Problems by record."""
    return await lists.by_number(snapshot, _PROBLEMS, "p.record", numbers)


async def unreadable(snapshot: Snapshot, sources: Sequence[int], window: Window) -> dict[int, Page[StoredRecord]]:
    """The same part of many sources' records that could not be read, oldest first."""
    return await lists.pages_of(snapshot, _UNREADABLE, "p.source", sources, lists.everything, UNREADABLE_ORDER, window)


async def unreadable_count(snapshot: Snapshot, source: int) -> int:
    """How many records of a source could not be read."""
    return int(await snapshot.value("SELECT count(*) FROM problem WHERE source = $1::bigint", source))
