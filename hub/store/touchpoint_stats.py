"""Figures of many touchpoints: counted and summed by the database, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.journey.choices import TouchpointDimension
from hub.store import conditions
from hub.store.filters import CustomerFilter, TouchpointFilter
from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query

ACCOUNT = "coalesce(t.organisation, t.customer)"
_GROUPS = {
    TouchpointDimension.KIND: "t.kind",
    TouchpointDimension.CHANNEL: "t.channel",
    TouchpointDimension.DIRECTION: "t.direction",
    TouchpointDimension.AUTOMATED: "t.automated",
    TouchpointDimension.SOURCE: "t.source",
    TouchpointDimension.CAMPAIGN: "t.campaign",
    TouchpointDimension.UTM_SOURCE: "t.origin_source",
    TouchpointDimension.UTM_MEDIUM: "t.origin_medium",
    TouchpointDimension.CUSTOMER: ACCOUNT,
    TouchpointDimension.CUSTOMER_KIND: "c.kind",
    TouchpointDimension.CUSTOMER_STAGE: "c.stage",
    TouchpointDimension.CUSTOMER_STANDING: "c.standing",
    TouchpointDimension.CUSTOMER_COUNTRY: "c.country",
    TouchpointDimension.CUSTOMER_CITY: "c.city",
    TouchpointDimension.CUSTOMER_OWNER: "c.owner",
}


@dataclass(frozen=True, slots=True)
class TouchpointGrouping:
    """By what touchpoints are grouped, and which of them. ``bucket`` and ``day`` are SQL of the time they happened:
    the number of a stretch of the calendar, and the day of their exchange rate since 1970-01-01."""

    dimensions: tuple[TouchpointDimension, ...]
    bucket: str | None
    day: str
    touchpoints: TouchpointFilter
    customers: CustomerFilter | None = None

    @property
    def columns(self) -> list[str]:
        """The expressions of a group's key: the bucket, then the dimensions."""
        return [*([self.bucket] if self.bucket else []), *(_GROUPS[each] for each in self.dimensions)]

    def key(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The key of a group: the first columns of a row."""
        return tuple(row[: len(self.columns)])

    def selected(self, query: Query) -> Query:
        """Append which touchpoints."""
        query.add(" FROM touchpoint t")
        of_customers = any(column.startswith("c.") for column in self.columns)
        if self.customers is not None or of_customers:
            joined = "JOIN" if self.customers is not None else "LEFT JOIN"
            query.add(f" {joined} customer c ON c.num = {ACCOUNT}")
        query.add(f" WHERE {conditions.touchpoints(query, self.touchpoints)}")
        if self.customers is not None:
            query.add(f" AND {conditions.customers(query, self.customers)}")
        return query


async def first_and_last(snapshot: Snapshot) -> tuple[int, int]:
    """When the first and the last touchpoint happened, in microseconds; zeros when there is none."""
    rows = await snapshot.all("SELECT min(occurred_at), max(occurred_at) FROM touchpoint")
    return rows[0][0] or 0, rows[0][1] or 0


async def counts(snapshot: Snapshot, grouping: TouchpointGrouping, most: int) -> Rows:
    """For each group, at most so many of them: its key, how many touchpoints it has, of how many accounts."""
    columns = grouping.columns
    query = Query("SELECT " + ", ".join([*columns, "count(*)", f"count(DISTINCT {ACCOUNT})"]))
    grouping.selected(query).add(_grouped(len(columns)))
    return await snapshot.query(query.add(f" LIMIT {query.bind(most, 'bigint')}"))


async def amounts(snapshot: Snapshot, grouping: TouchpointGrouping, reporting: str, *, of: str = "") -> Rows:
    """For each group and currency: its key, the currency, the day of the rate, one amount, the sum of those amounts.

    ``of``: empty for what touchpoints are worth, ``cost_`` for what they cost. What is in the ``reporting`` currency is
    summed up; the rest is a row for each amount and day, because each is converted by itself.
    """
    amount, currency = ("t.cost", "t.cost_currency") if of else ("t.amount", "t.currency")
    query = Query("SELECT ")
    here = f"{currency} = {query.bind(reporting, 'text')}"
    columns = [
        *grouping.columns,
        currency,
        f"CASE WHEN {here} THEN 0 ELSE {grouping.day} END",
        f"CASE WHEN {here} THEN 0 ELSE {amount} END",
    ]
    query.add(", ".join([*columns, f"CAST(sum({amount}) AS BIGINT)"]))
    grouping.selected(query).add(f" AND {amount} IS NOT NULL")
    return await snapshot.query(query.add(_grouped(len(columns))))


def _grouped(columns: int) -> str:
    return f" GROUP BY {', '.join(str(place + 1) for place in range(columns))}" if columns else ""
