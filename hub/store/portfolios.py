"""What the whole portfolio is reckoned from: sums and counts by account, and by what accounts have in common.

Each is one pass over the purchases in the order in which they stand, or over the customers; nothing is folded here.
Days count from 1970-01-01 in the hub's zone, times are microseconds, amounts minor units of the reporting currency.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from hub.store import conditions
from hub.store.conditions import during
from hub.store.filters import CustomerFilter, Span
from hub.store.parts import parts, whole
from hub.store.reader import Rows, Snapshot
from hub.store.sql import STORED, Query

if TYPE_CHECKING:
    from hub.store.parts import Columns

# CROSS JOIN, because SQLite would else go by an index of customers, and so through the purchases at random.
_BOUGHT = "purchase p CROSS JOIN customer c"
_THEIRS = "c.num = p.customer AND p.converted IS NOT NULL"


async def places(snapshot: Snapshot, customers: CustomerFilter) -> Rows:
    """(stage, standing, customers), in any order."""
    # By an index of relationships each customer would be looked up at random.
    query = Query(f"SELECT c.stage, c.standing, count(*) FROM customer c {STORED} WHERE ")
    return await snapshot.query(query.add(conditions.customers(query, customers)).add(" GROUP BY c.stage, c.standing"))


async def places_of_buyers(snapshot: Snapshot, customers: CustomerFilter, days: Span) -> Rows:
    """(stage, standing, customers who bought, purchases, revenue), in any order."""
    query = Query(
        "SELECT b.stage, b.standing, count(*), CAST(sum(b.purchases) AS bigint), CAST(sum(b.revenue) AS bigint) FROM ("
        "SELECT min(c.stage) AS stage, min(c.standing) AS standing, count(*) AS purchases, sum(p.converted) AS revenue"
        f" FROM {_BOUGHT} WHERE {_THEIRS}"
    )
    query.add(during(query, "p.day", days)).add(f" AND {conditions.customers(query, customers)}")
    return await snapshot.query(query.add(" GROUP BY p.customer) b GROUP BY b.stage, b.standing"))


async def accounts(snapshot: Snapshot, customers: CustomerFilter, days: Span) -> Columns:
    """Of everybody who bought within the days: row number, revenue, purchases, last day. One row of the array each."""

    def select(after: int) -> Query:
        query = Query(
            f"SELECT p.customer, CAST(sum(p.converted) AS bigint), count(*), max(p.day) FROM {_BOUGHT} WHERE {_THEIRS}"
        )
        query.add(f" AND p.customer > {query.bind(after, 'bigint')}").add(during(query, "p.day", days))
        query.add(f" AND {conditions.customers(query, customers)}")
        return query.add(" GROUP BY p.customer ORDER BY p.customer")

    return await whole(parts(snapshot, select, 0), 4)


async def purchase_days(snapshot: Snapshot, customers: CustomerFilter, days: Span) -> Columns:
    """(customer, day) of all purchases within the days, ordered by customer; with or without a rate."""

    def select(customer: int, touchpoint: int) -> Query:
        query = Query(f"SELECT p.customer, p.day, p.touchpoint FROM {_BOUGHT} WHERE c.num = p.customer")
        query.add(f" AND (p.customer, p.touchpoint) > ({query.bind(customer, 'bigint')},")
        query.add(f" {query.bind(touchpoint, 'bigint')})").add(during(query, "p.day", days))
        query.add(f" AND {conditions.customers(query, customers)}")
        return query.add(" ORDER BY p.customer, p.touchpoint")

    return (await whole(parts(snapshot, select, 0, 2), 3))[:2]


async def standing_changes(snapshot: Snapshot, customers: CustomerFilter, bounds: Sequence[int]) -> Rows:
    """By period: (its place, by how many more were alive at its end, who lapsed), in any order.

    ``bounds``: the times at which periods end, ascending; the first is all before, and nothing after the last counts.
    Alive is who has a standing that is not LAPSED.
    """
    query = Query("SELECT CASE")
    for place, bound in enumerate(bounds):
        query.add(f" WHEN h.at < {query.bind(bound, 'bigint')} THEN {place}")
    alive = "CASE WHEN h.{0} IS NOT NULL AND h.{0} <> 'LAPSED' THEN 1 ELSE 0 END"
    query.add(f" END AS period, sum({alive.format('after')} - {alive.format('before')}),")
    query.add(f" sum(CASE WHEN h.after = 'LAPSED' THEN {alive.format('before')} ELSE 0 END)")
    query.add(" FROM stage_change h CROSS JOIN customer c WHERE c.num = h.customer AND h.axis = 'STANDING'")
    query.add(f" AND h.at < {query.bind(bounds[-1], 'bigint')} AND {conditions.customers(query, customers)}")
    return await snapshot.query(query.add(" GROUP BY 1"))


async def lives(snapshot: Snapshot, customers: CustomerFilter, now: int) -> Rows:
    """(whole days from the first purchase to the first lapse after it, or until now; whether they lapsed; customers),
    in any order."""
    query = Query("SELECT (coalesce(l.lapsed, ")
    present = query.bind(now, "bigint")
    query.add(f"{present}) - l.first) / 86400000000, CASE WHEN l.lapsed IS NULL THEN 0 ELSE 1 END, count(*) FROM (")
    query.add("SELECT f.first, (SELECT min(h.at) FROM stage_change h WHERE h.customer = f.customer")
    query.add(f" AND h.axis = 'STANDING' AND h.after = 'LAPSED' AND h.at > f.first AND h.at <= {present}) AS lapsed")
    query.add(f" FROM (SELECT p.customer, min(p.at) AS first FROM {_BOUGHT} WHERE c.num = p.customer")
    query.add(f" AND p.at <= {present} AND {conditions.customers(query, customers)} GROUP BY p.customer) f) l")
    return await snapshot.query(query.add(" GROUP BY 1, 2"))


async def products(snapshot: Snapshot, customers: CustomerFilter, days: Span) -> Rows:
    """(product or None, revenue, lines), in any order; revenue is what stands of a purchase, shared by its lines."""
    query = Query(
        "SELECT x.product, CAST(round(sum(x.converted * x.amount / x.whole)) AS bigint), count(*) FROM ("
        "SELECT l.product, CAST(p.converted AS double precision) AS converted,"
        " CAST(l.amount AS double precision) AS amount,"
        " sum(CAST(l.amount AS double precision)) OVER (PARTITION BY p.customer, p.touchpoint) AS whole"
        f" FROM {_BOUGHT} CROSS JOIN line_item l WHERE {_THEIRS} AND l.touchpoint = p.touchpoint"
    )
    query.add(during(query, "p.day", days)).add(f" AND {conditions.customers(query, customers)}")
    return await snapshot.query(query.add(") x WHERE x.whole > 0 GROUP BY x.product"))


async def unconverted(snapshot: Snapshot, customers: CustomerFilter, days: Span) -> Rows:
    """(currency, minor units) of purchases without a rate."""
    query = Query(
        f"SELECT p.currency, CAST(sum(p.amount) AS bigint) FROM {_BOUGHT} WHERE c.num = p.customer"
        " AND p.converted IS NULL AND p.currency IS NOT NULL AND p.amount IS NOT NULL"
    )
    query.add(during(query, "p.day", days)).add(f" AND {conditions.customers(query, customers)}")
    return await snapshot.query(query.add(" GROUP BY p.currency ORDER BY p.currency"))


async def costs(snapshot: Snapshot, customers: CustomerFilter, days: Span) -> Rows:
    """(currency, minor units) that touchpoints with customers cost."""
    query = Query(
        "SELECT t.cost_currency, CAST(sum(t.cost) AS bigint) FROM touchpoint t WHERE t.cost IS NOT NULL"
        " AND t.cost_currency IS NOT NULL AND t.retracted_at IS NULL"
    )
    # occurred_on is the day in the hub's zone, as text.
    for sign, day in ((">=", days.start), ("<", days.end)):
        if day is not None:
            on = (date(1970, 1, 1) + timedelta(days=day)).isoformat()
            query.add(f" AND t.occurred_on {sign} {query.bind(on, 'text')}")
    query.add(" AND coalesce(t.organisation, t.customer) IN (SELECT c.num FROM customer c WHERE ")
    query.add(conditions.customers(query, customers)).add(")")
    return await snapshot.query(query.add(" GROUP BY t.cost_currency ORDER BY t.cost_currency"))
