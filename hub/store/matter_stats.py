"""Figures of many matters: counted, summed and timed by the database, group by group."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from hub.journey.buckets import Calendar
from hub.store import buckets, conditions
from hub.store.filters import MatterFilter
from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query

ACCOUNT = "coalesce(m.organisation, m.customer)"
_GROUPS = {
    "KIND": ("m.kind",),
    "PIPELINE": ("m.pipeline",),
    "STATE": ("m.state",),
    "OUTCOME": ("m.outcome",),
    "OWNER": ("m.owner", "CASE WHEN m.owner IS NULL THEN m.owner_named END"),
    "CUSTOMER": (ACCOUNT,),
    "CAMPAIGN": ("m.campaign",),
    "SOURCE": ("m.source",),
}
_DAYS = {"OPENED": "m.opened_on", "CLOSED": "m.closed_on"}
_WON, _LOST = "m.outcome = 'WON'", "m.outcome = 'LOST'"


@dataclass(frozen=True, slots=True)
class Grouping:
    """By what matters are grouped; ``calendar`` cuts the time in which they were OPENED or CLOSED (``on``)."""

    dimensions: tuple[str, ...] = ()
    calendar: Calendar | None = None
    on: str = "CLOSED"

    @property
    def columns(self) -> list[str]:
        """The expressions of a group's key: the bucket, then the dimensions, of which OWNER has two."""
        bucket = [] if self.calendar is None else [buckets.number(_DAYS[self.on], self.calendar)]
        return bucket + [column for dimension in self.dimensions for column in _GROUPS[dimension]]

    def key(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The key of a group: the first columns of a row."""
        return tuple(row[: len(self.columns)])


def _selected(query: Query, grouping: Grouping, wanted: MatterFilter) -> None:
    query.add(f" FROM matter m WHERE {conditions.matters(query, wanted)}")
    if grouping.calendar is not None:
        query.add(f" AND {_DAYS[grouping.on]} IS NOT NULL")


def _grouped(columns: int) -> str:
    return f" GROUP BY {', '.join(str(place + 1) for place in range(columns))}" if columns else ""


def _count(condition: str) -> str:
    return f"count(CASE WHEN {condition} THEN 1 END)"


async def counts(snapshot: Snapshot, grouping: Grouping, wanted: MatterFilter, now: int) -> Rows:
    """For each group: its key, then how many there are, are open, overdue, won and lost; then mean microseconds to
    the end of all, of those won and of those lost, to the first answer, and of open ones in their present state."""
    query = Query("SELECT ")
    moment = query.bind(now, "bigint")
    columns = grouping.columns
    measures = [
        "count(*)",
        _count("m.open"),
        _count(f"m.open AND m.due_place < {moment}"),
        _count(_WON),
        _count(_LOST),
        "avg(m.closed_after)",
        f"avg(CASE WHEN {_WON} THEN m.closed_after END)",
        f"avg(CASE WHEN {_LOST} THEN m.closed_after END)",
        "avg(m.answered_after)",
        f"avg(CASE WHEN m.open THEN {moment} - m.state_since END)",
    ]
    query.add(", ".join(columns + measures))
    _selected(query, grouping, wanted)
    return await snapshot.query(query.add(_grouped(len(columns))))


async def amounts(snapshot: Snapshot, grouping: Grouping, wanted: MatterFilter, reporting: str) -> Rows:
    """For each group and currency: its key, the currency, the day of the rate, how many matters; then minor units of
    all, won, lost and open ones, and what is outstanding.

    Matters in the ``reporting`` currency are summed up; the others are one row for each amount and day, because each
    is converted by itself.
    """
    query = Query("SELECT ")
    here = f"m.currency = {query.bind(reporting, 'text')}"
    columns = [
        *grouping.columns,
        "m.currency",
        f"CASE WHEN {here} THEN 0 ELSE coalesce(m.closed_on, m.opened_on) END",
        f"CASE WHEN {here} THEN 0 ELSE m.amount END",
        f"CASE WHEN {here} THEN 0 ELSE m.outstanding END",
    ]
    sums = ["m.amount", *(f"CASE WHEN {which} THEN m.amount END" for which in (_WON, _LOST, "m.open")), "m.outstanding"]
    query.add(", ".join([*columns, "count(*)", *(f"CAST(coalesce(sum({each}), 0) AS BIGINT)" for each in sums)]))
    _selected(query, grouping, wanted)
    return await snapshot.query(query.add(" AND m.currency IS NOT NULL" + _grouped(len(columns))))


async def medians(snapshot: Snapshot, grouping: Grouping, wanted: MatterFilter, *, by_outcome: bool) -> Rows:
    """For each group (and outcome): its key, (the outcome,) the median of the microseconds to the end."""
    columns = grouping.columns + (["m.outcome"] if by_outcome else [])
    query = Query()
    names = _numbered(query, columns, "m.closed_after")
    _selected(query, grouping, wanted)
    query.add(" AND m.closed_after IS NOT NULL")
    return await snapshot.query(query.add(_middle(names)))


def _numbered(query: Query, columns: Sequence[str], measure: str) -> list[str]:
    """Begin a median: the rows of each group, numbered by the measure."""
    names = [f"g{place}" for place in range(len(columns))]
    keys = "".join(f"{column} AS {name}, " for column, name in zip(columns, names, strict=True))
    within = f"PARTITION BY {', '.join(columns)} " if columns else ""
    query.add(f"SELECT {''.join(name + ', ' for name in names)}avg(v) FROM (SELECT {keys}{measure} AS v, ")
    query.add(f"row_number() OVER ({within}ORDER BY {measure}) AS place, count(*) OVER ({within}) AS size")
    return names


def _middle(names: Sequence[str]) -> str:
    """End a median: the mean of the one or two rows in the middle."""
    return f") x WHERE place IN ((size + 1) / 2, (size + 2) / 2){_grouped(len(names))}"


# Pipelines ----------------------------------------------------------------------------------------------------------

_TOGETHER = 100_000
"""Matters whose stays are read at a time."""


async def stays(snapshot: Snapshot, wanted: MatterFilter) -> AsyncIterator[Rows]:
    """Block by block (matter, position, state, microseconds or None, the matter's state, outcome, open) of the stays
    in states, all those of a matter together and in order."""
    last = await snapshot.value("SELECT max(num) FROM matter") or 0
    for start in range(0, last + 1, _TOGETHER):
        # CROSS JOIN, because SQLite then goes by the stays, whose rows are in order.
        query = Query(
            "SELECT h.matter, h.position, h.after, h.lasted, m.state, m.outcome, m.open"
            " FROM matter_change h CROSS JOIN matter m WHERE m.num = h.matter"
        )
        low, high = query.bind(start, "bigint"), query.bind(start + _TOGETHER, "bigint")
        query.add(f" AND h.matter >= {low} AND h.matter < {high} AND {conditions.matters(query, wanted)}")
        yield await snapshot.query(query.add(" ORDER BY h.matter, h.position"))
