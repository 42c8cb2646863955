"""Sources and their runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store import lists
from hub.store.pages import Order, Page, Window
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.sql import Query


@dataclass(frozen=True, slots=True)
class StoredSource:
    """One configured account of a connector; ``settings`` is JSON, in which null stands where a secret is."""

    num: int
    id: str
    name: str
    connector: str
    book_of_record: bool
    created_at: int
    every: int | None
    paused_at: int | None
    notify_url: str | None
    deletion_share: float
    settings: str


@dataclass(frozen=True, slots=True)
class StoredSourceChange:
    """A change of a source; ``fields`` is a JSON list of the names of what changed."""

    number: int
    fields: str
    changed_by: str
    changed_at: int

    @property
    def id(self) -> str:
        """The public id."""
        return f"sch_{self.number}"


@dataclass(frozen=True, slots=True)
class StoredRun:
    """One pull, delivery batch, import, replay or rebuild; ``outcome`` is what the last two came to, as JSON."""

    num: int
    id: str
    source: int | None
    kind: str
    state: str
    started_at: int
    finished_at: int | None
    expected: int | None
    done: float | None
    received: int
    stored: int
    changed: int
    unchanged: int
    error: str | None
    outcome: str | None


SOURCES = lists.Listing("source s", Shape(StoredSource, "s"), "s.num")
RUNS = lists.Listing("run u", Shape(StoredRun, "u"), "u.num")
CHANGES = lists.Listing("source_change c", Shape(StoredSourceChange, "c"), "c.number")
CHANGE_ORDER = Order("NEWEST_FIRST", "c.number", "c.number", descending=True, tie_type="bigint")
ORDER = Order("CREATED", "s.created_number", "s.id")
RUN_ORDER = Order("NEWEST_FIRST", "u.num", "u.id", descending=True, unique=True)


async def page(snapshot: Snapshot, only: Sequence[str] | None, window: Window) -> Page[StoredSource]:
    """A page of sources; ``only`` names those that may be seen, None all."""

    def seen(query: Query) -> str:
        return "1 = 1" if only is None else f"s.id {query.bind_list(only, 'text')}"

    return await lists.page_of(snapshot, SOURCES, seen, ORDER, window)


async def by_number(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredSource]:
    """Sources by row number."""
    return await lists.by_number(snapshot, SOURCES, "s.num", numbers)


async def by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredSource]:
    """Sources by public id."""
    return await lists.by_id(snapshot, SOURCES, "s.id", ids)


async def secret_names(snapshot: Snapshot, nums: Sequence[int]) -> dict[int, list[str]]:
    """Which settings of sources have a secret, as JSON pointers."""
    rows = await snapshot.all(
        "SELECT source, name FROM credential WHERE source = ANY($1::bigint[]) AND name LIKE '/%' ORDER BY source, name",
        list(nums),
    )
    found: dict[int, list[str]] = {}
    for num, name in rows:
        found.setdefault(num, []).append(name)
    return found


async def changes(snapshot: Snapshot, sources: Sequence[int], window: Window) -> dict[int, Page[StoredSourceChange]]:
    """The same part of many sources' changes, newest first."""
    return await lists.pages_of(snapshot, CHANGES, "c.source", sources, lists.everything, CHANGE_ORDER, window)


async def changes_by_number(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredSourceChange]:
    """Changes of sources by truth number."""
    return await lists.by_number(snapshot, CHANGES, "c.number", numbers)


async def runs(snapshot: Snapshot, sources: Sequence[int], window: Window) -> dict[int, Page[StoredRun]]:
    """The same part of many sources' runs, newest first."""
    return await lists.pages_of(snapshot, RUNS, "u.source", sources, lists.everything, RUN_ORDER, window)


async def movement(snapshot: Snapshot, source: int) -> list[tuple[object, ...]]:
    """What moves while rows come: the counts of the last runs, unreadable rows up to ten thousand among them."""
    rows = await snapshot.all(
        "SELECT u.num, u.state, u.received, u.stored, u.changed, u.unchanged, u.expected, u.done, (SELECT count(*) "
        "FROM (SELECT 1 FROM problem p WHERE p.run = u.num LIMIT 10000) bad) FROM run u WHERE u.source = $1::bigint "
        "ORDER BY u.num DESC LIMIT 3",
        source,
    )
    return [tuple(row) for row in rows]


async def runs_by_number(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredRun]:
    """Runs by row number."""
    return await lists.by_number(snapshot, RUNS, "u.num", numbers)


async def runs_by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredRun]:
    """Runs by public id."""
    return await lists.by_id(snapshot, RUNS, "u.id", ids)


async def latest_states(snapshot: Snapshot, sources: Sequence[int]) -> dict[int, str]:
    """The state of each source's latest run; sources that never ran are left out."""
    rows = await snapshot.all(
        "SELECT u.source, u.state FROM run u JOIN (SELECT source, max(num) AS num FROM run"
        " WHERE source = ANY($1::bigint[]) GROUP BY source) latest ON latest.num = u.num",
        list(sources),
    )
    return dict(rows)


async def unreadable(snapshot: Snapshot, runs: Sequence[int]) -> dict[int, int]:
    """How many records of each run could not be read."""
    rows = await snapshot.all(
        "SELECT run, count(*) FROM problem WHERE run = ANY($1::bigint[]) GROUP BY run", list(runs)
    )
    return dict(rows)


async def withdrawn(snapshot: Snapshot, kind: str, targets: Sequence[str]) -> dict[str, int]:
    """When each target was taken out, for those that are out now. ``kind``: SOURCE, RUN, RECORD or DECISION."""
    rows = await snapshot.all(
        "SELECT target, restore, decided_at FROM withdrawal"
        " WHERE kind = $1::text AND target = ANY($2::text[]) ORDER BY number",
        kind,
        list(targets),
    )
    latest = {target: None if restore else decided_at for target, restore, decided_at in rows}
    return {target: at for target, at in latest.items() if at is not None}


async def books(snapshot: Snapshot) -> frozenset[int]:
    """The row numbers of those that are books of record."""
    return frozenset(num for num, book in await snapshot.all("SELECT num, book_of_record FROM source") if book)


async def of_connector(snapshot: Snapshot, connector: str) -> int:
    """The row number of the first source of a connector; 0 when there is none."""
    found = await snapshot.value("SELECT min(num) FROM source WHERE connector = $1::text", connector)
    return int(found or 0)
