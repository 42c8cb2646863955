"""What each stream of a run, and of a source, came to.

What is counted by looking at records is bounded: of a stream's part of a run the last ``EXAMINED`` records are looked
at, found by the index of runs. Counts of a part with more than these are not told; its median lag is that of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store import lists
from hub.store.reader import Snapshot
from hub.store.shapes import Shape

EXAMINED = 10_000


@dataclass(frozen=True, slots=True)
class StoredRunStream:
    """What one stream came to in a run; see ``RunStreamRow``."""

    run: int
    stream: str
    source: int
    state: str
    fault: str | None
    began_at: int
    ended_at: int | None
    expected: int | None
    received: int
    stored: int
    changed: int
    unchanged: int
    deleted: int
    refused: int
    began_again: bool
    cursor: str | None
    first_number: int | None
    last_number: int | None


@dataclass(frozen=True, slots=True)
class Part:
    """The records of one stream in one run: those of its run from ``first`` to ``last`` that came by it."""

    run: int
    stream: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Yield:
    """What came of a part. ``touchpoints`` and ``customers`` are None where it is more than is looked at.

    ``lag``: the median time from when something happened until it was received, in microseconds.
    """

    unreadable: int
    touchpoints: int | None
    customers: int | None
    lag: int | None


@dataclass(frozen=True, slots=True)
class StoredSourceStream:
    """What one stream of a source has come to over all runs. ``cursor``: from where it goes on, as JSON."""

    stream: str
    cursor: str | None
    last_at: int | None
    stored: int
    unreadable: int


_PARTS = lists.Listing("run_stream p", Shape(StoredRunStream, "p"), "p.run")
NOTHING = Yield(0, 0, 0, None)


async def of_runs(snapshot: Snapshot, runs: Sequence[int]) -> dict[int, list[StoredRunStream]]:
    """The streams of runs."""
    return await lists.grouped(snapshot, _PARTS, "p.run", runs, "p.run, p.began_at, p.stream")


_HELD = (
    "WITH looked AS (SELECT r.number, r.stream FROM record r WHERE r.run = $1::bigint AND r.number >= $3::bigint "
    f"AND r.number <= $4::bigint ORDER BY r.number DESC LIMIT {EXAMINED + 1}), "
    f"held AS (SELECT number FROM looked WHERE stream = $2::text ORDER BY number DESC LIMIT {EXAMINED}), "
    "made AS (SELECT DISTINCT t.num, t.customer, t.organisation, t.recorded_at - t.occurred_at AS lag, t.historical, "
    "t.time_precision FROM held h JOIN record_touchpoint y ON y.record = h.number "
    "JOIN touchpoint t ON t.num = y.touchpoint WHERE t.retracted_at IS NULL) "
)
_MEDIAN = (
    "(SELECT avg(lag) FROM (SELECT lag, row_number() OVER (ORDER BY lag) AS place, count(*) OVER () AS many FROM made "
    "WHERE historical = FALSE AND time_precision = 'INSTANT') m WHERE place IN ((many + 1) / 2, (many + 2) / 2))"
)
_UNREADABLE = (
    "(SELECT count(*) FROM problem p JOIN record r ON r.number = p.record WHERE p.run = $1::bigint "
    "AND p.record >= $3::bigint AND p.record <= $4::bigint AND r.stream = $2::text)"
)


async def yields(snapshot: Snapshot, parts: Sequence[Part]) -> dict[Part, Yield]:
    """What came of parts of runs."""
    return {part: await _yield(snapshot, part) for part in parts}


async def _yield(snapshot: Snapshot, part: Part) -> Yield:
    looked, unreadable, touchpoints, persons, organisations, lag = await snapshot.one(
        f"{_HELD}SELECT (SELECT count(*) FROM looked), {_UNREADABLE}, (SELECT count(*) FROM made), "
        "(SELECT count(DISTINCT customer) FROM made), (SELECT count(DISTINCT organisation) FROM made), " + _MEDIAN,
        part.run, part.stream, part.first, part.last,
    ) or (0, 0, 0, 0, 0, None)  # fmt: skip
    whole = looked <= EXAMINED
    return Yield(
        unreadable,
        touchpoints if whole else None,
        persons + organisations if whole else None,  # a customer is one or the other
        None if lag is None else round(lag),
    )


async def of_sources(snapshot: Snapshot, sources: Sequence[int]) -> dict[int, list[StoredSourceStream]]:
    """What the streams of sources have come to: from the parts of runs that stored something."""
    rows = await snapshot.all(
        "SELECT k.source, k.stream, c.cursor, t.last_at, coalesce(t.stored, 0), coalesce(u.unreadable, 0) FROM "
        "(SELECT source, stream FROM checkpoint WHERE source = ANY($1::bigint[]) UNION "
        "SELECT source, stream FROM run_stream WHERE source = ANY($1::bigint[]) AND first_number IS NOT NULL) k "
        "LEFT JOIN checkpoint c ON c.source = k.source AND c.stream = k.stream "
        "LEFT JOIN (SELECT source, stream, max(last_at) AS last_at, sum(stored) AS stored FROM run_stream "
        "WHERE source = ANY($1::bigint[]) AND first_number IS NOT NULL GROUP BY source, stream) t "
        "ON t.source = k.source AND t.stream = k.stream "
        "LEFT JOIN (SELECT p.source, r.stream, count(*) AS unreadable FROM problem p JOIN record r "
        "ON r.number = p.record WHERE p.source = ANY($1::bigint[]) GROUP BY p.source, r.stream) u "
        "ON u.source = k.source AND u.stream = k.stream ORDER BY k.source, k.stream",
        list(sources),
    )
    found: dict[int, list[StoredSourceStream]] = {}
    for source, *rest in rows:
        stream, cursor, last_at, stored, unreadable = rest
        found.setdefault(source, []).append(StoredSourceStream(stream, cursor, last_at, int(stored), int(unreadable)))
    return found


async def cursor(snapshot: Snapshot, source: int, stream: str) -> str | None:
    """From where a stream goes on, as JSON; None: from the beginning."""
    found: str | None = await snapshot.value(
        "SELECT cursor FROM checkpoint WHERE source = $1::bigint AND stream = $2::text", source, stream
    )
    return found
