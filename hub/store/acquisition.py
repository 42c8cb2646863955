"""What campaigns and channels cost, whom they brought, and what these bought.

Times are microseconds, days count from 1970-01-01 in the hub's zone, amounts are minor units: of the reporting currency
unless a currency stands beside them.
"""

from __future__ import annotations

from hub.journey.choices import AcquisitionDimension
from hub.store import conditions
from hub.store.conditions import during
from hub.store.filters import CustomerFilter, Span
from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query

_KEYS = {
    AcquisitionDimension.CHANNEL: "t.channel",
    AcquisitionDimension.CAMPAIGN: "t.campaign",
    AcquisitionDimension.SOURCE: "t.origin_source",
}
_WHO = "coalesce(t.organisation, t.customer)"
_NAMED = f"t.campaign IS NOT NULL AND t.retracted_at IS NULL AND {_WHO} IS NOT NULL"
_ANSWERED = "t.direction = 'INBOUND' AND NOT t.automated"


async def acquired(snapshot: Snapshot, by: AcquisitionDimension, customers: CustomerFilter, first: Span) -> Rows:
    """(key, customers, revenue, of how many a value is predicted, its sum) of those who first bought within a span.

    The key is of the first touch that counts: a channel, the row number of a campaign, a utm_source.
    """
    query = Query(
        f"SELECT {_KEYS[by]}, count(*), CAST(sum(f.revenue) AS bigint), count(s.predicted_value),"
        " CAST(coalesce(sum(s.predicted_value), 0) AS bigint) FROM (SELECT p.customer, min(p.at) AS first,"
        " sum(coalesce(p.converted, 0)) AS revenue FROM purchase p CROSS JOIN customer c WHERE c.num = p.customer AND "
    )
    query.add(conditions.customers(query, customers)).add(" GROUP BY p.customer) f CROSS JOIN customer c")
    query.add(" LEFT JOIN touchpoint t ON t.num = c.acquired_by LEFT JOIN customer_score s ON s.id = c.id")
    query.add(f" WHERE c.num = f.customer{during(query, 'f.first', first)}")
    return await snapshot.query(query.add(f" GROUP BY {_KEYS[by]}"))


async def spend(snapshot: Snapshot, days: Span) -> Rows:
    """(channel, campaign, currency, day, amount), in any order; the channel is the campaign's where none is told."""
    query = Query(
        "SELECT coalesce(s.channel, n.channel), s.campaign, s.currency, s.day, CAST(sum(s.amount) AS bigint)"
        " FROM spend s LEFT JOIN campaign n ON n.num = s.campaign WHERE 1 = 1"
    )
    query.add(during(query, "s.day", days))
    return await snapshot.query(query.add(" GROUP BY coalesce(s.channel, n.channel), s.campaign, s.currency, s.day"))


async def sums(snapshot: Snapshot) -> Rows:
    """(channel, campaign, currency, first day as text or None, amount) of campaigns whose spend is told in one sum."""
    return await snapshot.all(
        "SELECT n.channel, n.num, n.currency, n.starts_on, n.spend FROM campaign n WHERE n.spend IS NOT NULL"
        " AND n.currency IS NOT NULL AND n.num NOT IN (SELECT s.campaign FROM spend s WHERE s.campaign IS NOT NULL)"
    )


async def campaigns(snapshot: Snapshot) -> list[int]:
    """The row numbers of all campaigns."""
    return [row[0] for row in await snapshot.all("SELECT n.num FROM campaign n")]


async def touched(snapshot: Snapshot, span: Span) -> Rows:
    """By campaign: (campaign, touchpoints, customers, answers, who answered, redemptions, who redeemed)."""
    query = Query(
        f"SELECT t.campaign, count(*), count(DISTINCT {_WHO}), sum(CASE WHEN {_ANSWERED} THEN 1 ELSE 0 END),"
        f" count(DISTINCT CASE WHEN {_ANSWERED} THEN {_WHO} END),"
        " sum(CASE WHEN t.kind = 'redemption' THEN 1 ELSE 0 END),"
        f" count(DISTINCT CASE WHEN t.kind = 'redemption' THEN {_WHO} END) FROM touchpoint t WHERE {_NAMED}"
    )
    return await snapshot.query(query.add(during(query, "t.occurred_at", span)).add(" GROUP BY t.campaign"))


async def revenue_of_touched(snapshot: Snapshot, span: Span) -> Rows:
    """(campaign, what customers bought within the span after the campaign first touched them)."""
    query = Query(
        f"SELECT x.campaign, CAST(sum(p.converted) AS bigint) FROM (SELECT t.campaign, {_WHO} AS who,"
        f" min(t.occurred_at) AS first FROM touchpoint t WHERE {_NAMED} GROUP BY t.campaign, {_WHO}) x"
        " CROSS JOIN purchase p WHERE p.customer = x.who AND p.at >= x.first AND p.converted IS NOT NULL"
    )
    return await snapshot.query(query.add(during(query, "p.at", span)).add(" GROUP BY x.campaign"))


async def revenue_of_acquired(snapshot: Snapshot, span: Span) -> Rows:
    """(campaign, customers whose first touch it was and who bought within the span, what they bought then)."""
    query = Query(
        "SELECT t.campaign, count(DISTINCT c.num), CAST(sum(p.converted) AS bigint)"
        f" FROM touchpoint t CROSS JOIN customer c CROSS JOIN purchase p WHERE {_NAMED} AND c.num = {_WHO}"
        " AND c.acquired_by = t.num AND p.customer = c.num AND p.converted IS NOT NULL"
    )
    return await snapshot.query(query.add(during(query, "p.at", span)).add(" GROUP BY t.campaign"))
