"""Figures of many customers: counted and summed by the database, group by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.journey.choices import CustomerDimension
from hub.store import conditions
from hub.store.filters import CustomerFilter
from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query

_GROUPS = {
    CustomerDimension.STAGE: "c.stage",
    CustomerDimension.STANDING: "c.standing",
    CustomerDimension.KIND: "c.kind",
    CustomerDimension.RELATIONSHIP: "c.relationship",
    CustomerDimension.OWNER: "c.owner",
    CustomerDimension.COUNTRY: "c.country",
    CustomerDimension.CITY: "c.city",
    CustomerDimension.LANGUAGE: "c.language",
    CustomerDimension.ABC_CLASS: "s.abc_class",
    CustomerDimension.ACQUISITION_CHANNEL: "t.channel",
    CustomerDimension.ACQUISITION_SOURCE: "t.origin_source",
    CustomerDimension.ACQUISITION_CAMPAIGN: "t.campaign",
    CustomerDimension.TAG: "g.tag",
}
_JOINS = {
    "s.": " LEFT JOIN customer_score s ON s.id = c.id",
    "t.": " LEFT JOIN touchpoint t ON t.num = c.acquired_by",
    "g.": " LEFT JOIN tag g ON g.customer = c.num",
    "p.": " LEFT JOIN (SELECT customer, min(at) AS at FROM purchase GROUP BY customer) p ON p.customer = c.num",
}
FIRST = {CustomerDimension.FIRST_TOUCH_MONTH: "c.first_touch_at", CustomerDimension.FIRST_PURCHASE_MONTH: "p.at"}
"""Dimensions that are months, and of which time."""


@dataclass(frozen=True, slots=True)
class CustomerGrouping:
    """By what customers are grouped, and which of them; ``months`` is SQL of the month that a dimension is."""

    dimensions: tuple[CustomerDimension, ...]
    months: dict[CustomerDimension, str]
    customers: CustomerFilter

    @property
    def columns(self) -> list[str]:
        """The expressions of a group's key."""
        return [self.months.get(each) or _GROUPS[each] for each in self.dimensions]

    def key(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The key of a group: the first columns of a row."""
        return tuple(row[: len(self.dimensions)])

    def selected(self, query: Query) -> Query:
        """Append which customers."""
        used = " ".join([*self.columns, *(FIRST[each] for each in self.dimensions if each in FIRST)])
        query.add(" FROM customer c")
        for alias, joined in _JOINS.items():
            if alias in used:
                query.add(joined)
        return query.add(f" WHERE {conditions.customers(query, self.customers)}")


async def counts(snapshot: Snapshot, grouping: CustomerGrouping, most: int) -> Rows:
    """For each group, at most so many of them: its key, how many customers it has, their revenue in minor units."""
    columns = grouping.columns
    query = Query("SELECT " + ", ".join([*columns, "count(*)", "CAST(coalesce(sum(c.revenue), 0) AS BIGINT)"]))
    grouping.selected(query)
    if columns:
        query.add(f" GROUP BY {', '.join(str(place + 1) for place in range(len(columns)))}")
    return await snapshot.query(query.add(f" LIMIT {query.bind(most, 'bigint')}"))


async def totals(snapshot: Snapshot, customers: CustomerFilter) -> tuple[int, int]:
    """How many customers there are, and their revenue in minor units."""
    query = Query("SELECT count(*), CAST(coalesce(sum(c.revenue), 0) AS BIGINT) FROM customer c WHERE ")
    rows = await snapshot.query(query.add(conditions.customers(query, customers)))
    return rows[0][0], rows[0][1]


async def unconverted(snapshot: Snapshot, customers: CustomerFilter) -> Rows:
    """(currency, minor units) of revenue without a rate."""
    query = Query(
        "SELECT v.currency, CAST(sum(v.unconverted) AS BIGINT) FROM converted_value v JOIN customer c"
        " ON c.num = v.customer WHERE v.unconverted <> 0 AND "
    )
    query.add(conditions.customers(query, customers))
    return await snapshot.query(query.add(" GROUP BY v.currency ORDER BY v.currency"))
