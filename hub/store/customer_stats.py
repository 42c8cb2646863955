"""Figures of many customers: counted and summed by the database, group by group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.journey.choices import CustomerDimension
from hub.store import conditions, dimensions
from hub.store.dimensions import grouped
from hub.store.filters import CustomerFilter
from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query
from hub.values import RevenueBasis


@dataclass(frozen=True, slots=True)
class CustomerGrouping:
    """By what customers are grouped, and which of them.

    ``bucket``: SQL of the number of a stretch of the calendar; ``months``: SQL of the month that a side is, by its
    name.
    """

    dimensions: tuple[CustomerDimension, ...]
    customers: CustomerFilter
    bucket: str | None = None
    months: Mapping[str, str] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """The expressions of a group's key: the bucket, then the dimensions."""
        bucket = [self.bucket] if self.bucket else []
        return bucket + [self.months.get(each.value) or dimensions.CUSTOMER[each.value] for each in self.dimensions]

    def key(self, row: Sequence[Any]) -> tuple[Any, ...]:
        """The key of a group: the first columns of a row."""
        return tuple(row[: len(self.columns)])

    def selected(self, query: Query, *others: str) -> Query:
        """Append which customers, and what ``others`` need beside the key."""
        query.add(f"{dimensions.joins([*self.columns, *others])} WHERE ")
        return query.add(conditions.customers(query, self.customers))


_FIGURES = ("count(*)", "CAST(coalesce(sum(c.revenue), 0) AS BIGINT)")
_KINDS = {RevenueBasis.BILLED: "'invoice', 'credit_note'", RevenueBasis.CASH: "'payment', 'refund', 'reversal'"}
_SIGNED = "CASE WHEN t.kind IN ('credit_note', 'refund', 'reversal') THEN -abs(t.amount) ELSE t.amount END"
"""What takes back counts by its size, whichever sign the source gave it (``hub.journey.value``)."""
_BUYING = ("count(p.many)", "CAST(coalesce(sum(p.many), 0) AS BIGINT)")


async def counts(snapshot: Snapshot, grouping: CustomerGrouping, most: int, *, buying: bool) -> Rows:
    """For each group, at most so many of them: its key, how many customers it has, their revenue in minor units of the
    reporting currency, and with ``buying`` how many bought, how often."""
    columns, bought = grouping.columns, _BUYING if buying else ()
    query = Query("SELECT " + ", ".join([*columns, *_FIGURES, *bought]) + " FROM customer c")
    grouping.selected(query, *bought).add(grouped(len(columns)))
    return await snapshot.query(query.add(f" LIMIT {query.bind(most, 'bigint')}"))


async def costs(snapshot: Snapshot, grouping: CustomerGrouping, day: str, target: str) -> Rows:
    """What touchpoints with them cost, as ``touchpoint_stats.amounts`` gives it; ``day`` is SQL of that of ``t``."""
    return await _money(snapshot, grouping, day, target, "t.cost", "t.cost_currency", " AND t.cost_currency <> ''")


async def revenue(snapshot: Snapshot, grouping: CustomerGrouping, day: str, target: str, basis: RevenueBasis) -> Rows:
    """What books of record say that they bought for, less what was taken back, likewise."""
    told = f" AND t.kind IN ({_KINDS[basis]}) AND t.source IN (SELECT num FROM source WHERE book_of_record)"
    return await _money(snapshot, grouping, day, target, _SIGNED, "t.currency", told)


async def _money(
    snapshot: Snapshot, grouping: CustomerGrouping, day: str, target: str, amount: str, currency: str, where: str
) -> Rows:
    query = Query("SELECT ")
    columns = [*grouping.columns, *dimensions.priced(query, amount, currency, day, target)]
    query.add(", ".join([*columns, f"CAST(sum({amount}) AS BIGINT)"]))
    query.add(" FROM touchpoint t JOIN customer c ON c.num = coalesce(t.organisation, t.customer)")
    grouping.selected(query).add(f" AND {amount} IS NOT NULL AND t.retracted_at IS NULL{where}")
    return await snapshot.query(query.add(grouped(len(columns))))


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
