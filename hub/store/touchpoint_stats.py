"""Figures of many touchpoints: counted and summed by the database, group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.journey.choices import TouchpointDimension
from hub.store import conditions, dimensions
from hub.store.dimensions import grouped
from hub.store.filters import CustomerFilter, TouchpointFilter
from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query

ACCOUNT = "coalesce(t.organisation, t.customer)"
_GROUPS = {
    TouchpointDimension.KIND: ("t.kind",),
    TouchpointDimension.CHANNEL: ("t.channel",),
    TouchpointDimension.DIRECTION: ("t.direction",),
    TouchpointDimension.AUTOMATED: ("t.automated",),
    TouchpointDimension.SOURCE: ("t.source",),
    TouchpointDimension.CAMPAIGN: ("t.campaign",),
    TouchpointDimension.UTM_SOURCE: ("t.origin_source",),
    TouchpointDimension.UTM_MEDIUM: ("t.origin_medium",),
    TouchpointDimension.IDENTIFIED: (f"({ACCOUNT} IS NOT NULL)",),
    TouchpointDimension.PROPERTY: ("CAST(t.properties::jsonb -> $1::text AS TEXT)",),
    TouchpointDimension.QUANTITY_UNIT: ("t.quantity_unit",),
    TouchpointDimension.PRODUCT: ("l.product",),
    TouchpointDimension.PRODUCT_CATEGORY: ("l.category",),
    TouchpointDimension.AGENT: ("a.agent", "a.named"),
    TouchpointDimension.CUSTOMER: (ACCOUNT,),
}
_CLOCKS = {TouchpointDimension.HOUR, TouchpointDimension.WEEKDAY}
_AGENTS = (
    " LEFT JOIN (SELECT DISTINCT x.touchpoint, x.agent, CASE WHEN x.agent IS NULL THEN x.named END AS named FROM"
    " (SELECT r.touchpoint, coalesce(nullif(r.name, ''), r.identifier) AS named, (SELECT min(u.num) FROM hub_user u"
    " WHERE u.reference IN (r.identifier, r.name) OR lower(u.email) = lower(r.identifier)) AS agent"
    " FROM participant r WHERE r.role = 'AGENT') x) a ON a.touchpoint = t.num"
)
"""Each agent of a touchpoint once: the user, or else the name that the source gives."""
_LINES = "SELECT {0}l.touchpoint, {1} FROM line_item l LEFT JOIN product d ON d.num = l.product"
_IN_LINES = {"l.product": "l.product", "l.category": "d.category"}


@dataclass(frozen=True, slots=True)
class TouchpointGrouping:
    """By what touchpoints are grouped, and which of them. ``bucket`` and ``day`` are SQL of the time they happened:
    the number of a stretch of the calendar, and the day of their exchange rate since 1970-01-01. ``times``: SQL of
    sides that depend on clocks, by their names: hours, days of the week, months of customers.
    ``of_property``: the name of what PROPERTY is."""

    dimensions: tuple[TouchpointDimension, ...]
    bucket: str | None
    day: str
    touchpoints: TouchpointFilter
    customers: CustomerFilter | None = None
    times: Mapping[str, str] = field(default_factory=dict)
    of_property: str = ""

    @property
    def columns(self) -> list[str]:
        """The expressions of a group's key: the bucket, then the dimensions, of which AGENT has two."""
        bucket = [self.bucket] if self.bucket else []
        return bucket + [column for each in self.dimensions for column in self._columns(each)]

    def _columns(self, dimension: TouchpointDimension) -> tuple[str, ...]:
        return _GROUPS.get(dimension) or (self._of_customer(dimension),)

    def _of_customer(self, dimension: TouchpointDimension) -> str:
        side = dimension.value.removeprefix("CUSTOMER_")
        return self.times.get(side) or dimensions.CUSTOMER[side]

    def query(self) -> Query:
        """Begin a statement; its first parameter is the property, where that is asked for."""
        query = Query("SELECT ")
        if TouchpointDimension.PROPERTY in self.dimensions:
            query.bind(self.of_property)
        return query

    @property
    def of_lines(self) -> list[str]:
        """Those of a group's key that are of the lines of documents, so that one touchpoint may be in many groups."""
        return [column for column in self.columns if column in _IN_LINES]

    def key(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The key of a group: the first columns of a row."""
        return tuple(row[: len(self.columns)])

    def selected(self, query: Query, *, each_line: bool = False) -> Query:
        """Append which touchpoints: once in each group, or once for each of their lines as ``l``."""
        query.add(" FROM touchpoint t")
        if each_line:
            joined = _LINES.format("", "l.product, d.category, l.amount, l.quantity, l.currency")
            query.add(f" LEFT JOIN ({joined}) l ON l.touchpoint = t.num")
        elif self.of_lines:
            joined = _LINES.format("DISTINCT ", ", ".join(_IN_LINES[column] for column in self.of_lines))
            query.add(f" LEFT JOIN ({joined}) l ON l.touchpoint = t.num")
        if "a.agent" in self.columns:
            query.add(_AGENTS)
        theirs = [self._of_customer(each) for each in self.dimensions if each not in _GROUPS.keys() | _CLOCKS]
        if self.customers is not None or theirs:
            kept = "JOIN" if self.customers is not None else "LEFT JOIN"
            query.add(f" {kept} customer c ON c.num = {ACCOUNT}{dimensions.joins(theirs)}")
        query.add(f" WHERE {conditions.touchpoints(query, self.touchpoints)}")
        if self.customers is not None:
            query.add(f" AND {conditions.customers(query, self.customers)}")
        return query


async def first_and_last(snapshot: Snapshot) -> tuple[int, int]:
    """When the first and the last touchpoint happened, in microseconds; zeros when there is none."""
    # Two looks into the index: SQLite reads the whole of it for both at once.
    rows = await snapshot.all(
        "SELECT (SELECT min(occurred_at) FROM touchpoint), (SELECT max(occurred_at) FROM touchpoint)"
    )
    return rows[0][0] or 0, rows[0][1] or 0


async def counts(snapshot: Snapshot, grouping: TouchpointGrouping, most: int, *, accounts: bool) -> Rows:
    """For each group, at most so many of them: its key, how many touchpoints it has, of how many ``accounts``."""
    columns = grouping.columns
    counted = ["count(*)", f"count(DISTINCT {ACCOUNT})" if accounts else "0"]
    query = grouping.query().add(", ".join([*columns, *counted]))
    grouping.selected(query).add(grouped(len(columns)))
    return await snapshot.query(query.add(f" LIMIT {query.bind(most, 'bigint')}"))


async def amounts(snapshot: Snapshot, grouping: TouchpointGrouping, reporting: str, *, of: str = "") -> Rows:
    """For each group and currency: its key, the currency, the day of the rate, one amount, the sum of those amounts.

    ``of``: empty for what touchpoints are worth, ``cost_`` for what they cost. What is in the ``reporting`` currency is
    summed up; the rest is a row for each amount and day, because each is converted by itself.
    """
    amount, currency = ("t.cost", "t.cost_currency") if of else ("t.amount", "t.currency")
    query = grouping.query()
    columns = [*grouping.columns, *dimensions.priced(query, amount, currency, grouping.day, reporting)]
    query.add(", ".join([*columns, f"CAST(sum({amount}) AS BIGINT)"]))
    grouping.selected(query).add(f" AND {amount} IS NOT NULL")
    return await snapshot.query(query.add(grouped(len(columns))))


async def line_amounts(snapshot: Snapshot, grouping: TouchpointGrouping, reporting: str) -> Rows:
    """For each group: its key, the currency, the day of the rate (0 for the ``reporting`` currency), the amount of a
    line as it is written or else the minor units of a touchpoint without lines, and how many come to just that."""
    query = grouping.query()
    here = f"coalesce(l.currency, t.currency) = {query.bind(reporting, 'text')}"
    columns = [
        *grouping.columns,
        "coalesce(l.currency, t.currency)",
        f"CASE WHEN {here} THEN 0 ELSE {grouping.day} END",
        "l.amount",
        "CASE WHEN l.touchpoint IS NULL THEN t.amount END",
    ]
    query.add(", ".join([*columns, "count(*)"]))
    grouping.selected(query, each_line=True).add(" AND (l.amount IS NOT NULL OR t.amount IS NOT NULL)")
    return await snapshot.query(query.add(grouped(len(columns))))


async def quantities(snapshot: Snapshot, grouping: TouchpointGrouping) -> Rows:
    """For each group: its key, a unit (empty for pieces of a line), a quantity as it is written, how many have it.

    The quantities are those of lines, and of touchpoints without lines their own.
    """
    columns = [
        *grouping.columns,
        "CASE WHEN l.touchpoint IS NULL THEN coalesce(t.quantity_unit, '') ELSE '' END",
        "coalesce(l.quantity, t.quantity)",
    ]
    query = grouping.query().add(", ".join([*columns, "count(*)"]))
    grouping.selected(query, each_line=True).add(" AND coalesce(l.quantity, t.quantity) IS NOT NULL")
    return await snapshot.query(query.add(grouped(len(columns))))
