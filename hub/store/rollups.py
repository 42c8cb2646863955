"""Group-bys answered from rollups: which of them a rollup holds, and the statement that adds it up.

What is in no rollup yet, because it is new or has just changed, is read from the touchpoints themselves and added.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from hub.journey.buckets import Calendar
from hub.journey.choices import CustomerDimension
from hub.journey.choices import TouchpointDimension as Dimension
from hub.journey.offsets import day_begun
from hub.store import buckets, days
from hub.store.contributions import ACCOUNT, KEYS, SUMS, moved
from hub.store.dimensions import grouped
from hub.store.filters import CustomerFilter, Span, TouchpointFilter
from hub.store.reader import Rows, Snapshot
from hub.store.sql import Query

_DAYS, _STAGES = "touchpoint_rollup", "stage_rollup"
_HELD: Mapping[str, Mapping[Dimension, str]] = {
    _STAGES: {
        Dimension.CHANNEL: "r.channel",
        Dimension.CUSTOMER_STAGE: "nullif(r.stage, '')",
        Dimension.CUSTOMER_RELATIONSHIP: "nullif(r.relationship, '')",
    },
    _DAYS: {
        Dimension.KIND: "r.kind",
        Dimension.CHANNEL: "r.channel",
        Dimension.DIRECTION: "r.direction",
        Dimension.AUTOMATED: "r.automated",
        Dimension.SOURCE: "r.source",
        Dimension.CAMPAIGN: "nullif(r.campaign, 0)",
    },
}
"""Rollups, the smallest first, and the expressions of the dimensions that each can be asked by."""
_OF_CUSTOMERS = {
    CustomerDimension.STAGE: Dimension.CUSTOMER_STAGE,
    CustomerDimension.RELATIONSHIP: Dimension.CUSTOMER_RELATIONSHIP,
}
_MOST_WAITING, _MOST_MOVED = 20_000, 2_000
"""More touchpoints and customers than these are not looked at one by one in passing."""


@dataclass(frozen=True, slots=True)
class Held:
    """A group-by that a rollup holds. ``days``: from which day on and before which one, since 1970-01-01."""

    rollup: str
    dimensions: tuple[Dimension, ...]
    calendar: Calendar | None
    touchpoints: TouchpointFilter
    customers: CustomerFilter | None
    days: Span

    @property
    def key(self) -> list[str]:
        """The expressions of a group's key: the bucket, then the dimensions."""
        columns = [_HELD[self.rollup][each] for each in self.dimensions]
        if self.calendar is None:
            return columns
        if self.rollup == _STAGES:
            return [buckets.of_month("r.month", self.calendar), *columns]
        return [buckets.number("r.day", self.calendar), *columns]

    def statement(self, names: Sequence[str], currency: str, condition: str) -> str:
        """The statement that gives for each group its key, by ``names``, and ``SUMS``; ``condition`` is one on the
        rows ``r`` of the rollup."""
        columns = [f"{column} AS {name}" for column, name in zip(self.key, names, strict=True)]
        sums = [f"CAST(coalesce(sum(r.{name}), 0) AS bigint) AS {name}" for name in SUMS]
        rows = f"SELECT {', '.join([*columns, *sums])} FROM ({_rows(self.rollup, currency)}) r WHERE {condition}"
        return rows + (f"{grouped(len(columns))} HAVING sum(r.touchpoints) > 0" if columns else "")

    def condition(self, query: Query) -> str:
        """The condition on the rows ``r`` of the rollup."""
        return " AND ".join(self._conditions(query)) or "1 = 1"

    def _conditions(self, query: Query) -> list[str]:
        wanted, days = self.touchpoints, self.days
        among = {
            "r.kind": wanted.kinds, "r.channel": wanted.channels, "r.direction": wanted.directions,
        }  # fmt: skip
        parts = []
        if self.customers is not None:
            among |= {"r.stage": self.customers.stages, "r.relationship": self.customers.relationships}
            parts.append("r.relationship <> ''")
        parts += [f"{column} {query.bind_list(held, 'text')}" for column, held in among.items() if held is not None]
        if wanted.automated is not None:
            parts.append(f"r.automated = {query.bind(wanted.automated, 'boolean')}")
        if wanted.sources is not None:
            sources = query.bind_list(wanted.sources, "text")
            parts.append(f"r.source IN (SELECT num FROM source WHERE id {sources})")
        if wanted.campaign is not None:
            campaign = query.bind(wanted.campaign, "text")
            parts.append(f"r.campaign = (SELECT num FROM campaign WHERE id = {campaign})")
        parts += [f"r.day >= {days.start}"] if days.start is not None else []
        return parts + ([f"r.day < {days.end}"] if days.end is not None else [])


def held(
    dimensions: tuple[Dimension, ...],
    calendar: Calendar | None,
    touchpoints: TouchpointFilter,
    customers: CustomerFilter | None,
    days: Span,
) -> Held | None:
    """The group-by as the smallest rollup holds it; None when none does.

    ``calendar`` cuts days of the hub's zone; ``days`` stands for the time asked for in ``touchpoints``.
    """
    touchpoints = replace(touchpoints, occurred=None)
    for rollup, columns in _HELD.items():
        asked = Held(rollup, dimensions, calendar, touchpoints, customers, days)
        if columns.keys() >= set(dimensions) and (_of_stages(asked) if rollup == _STAGES else _of_days(asked)):
            return asked
    return None


def held_of_customers(dimensions: tuple[CustomerDimension, ...], customers: CustomerFilter) -> Held | None:
    """Touchpoints by what their customers are; None when no rollup holds it."""
    if not _OF_CUSTOMERS.keys() >= set(dimensions):
        return None
    return held(tuple(_OF_CUSTOMERS[each] for each in dimensions), None, TouchpointFilter(), customers, Span())


def whole_days(span: Span, zone: ZoneInfo) -> Span | None:
    """A span of time (microseconds) as the days of a zone (since 1970-01-01); None when it cuts one."""
    ends = [None if at is None else day_begun(at, zone) for at in (span.start, span.end)]
    cuts = (span.start is not None and ends[0] is None) or (span.end is not None and ends[1] is None)
    return None if cuts else Span(*ends)


def _of_stages(asked: Held) -> bool:
    """Whether months of customers that are told apart by nothing else hold it."""
    who = asked.customers
    return (
        (asked.calendar is None or asked.calendar.months > 0)
        and asked.days == Span()
        and replace(asked.touchpoints, channels=None) == TouchpointFilter()
        and (who is None or replace(who, stages=None, relationships=None) == CustomerFilter())
    )


def _of_days(asked: Held) -> bool:
    narrowed = replace(
        asked.touchpoints, kinds=None, channels=None, directions=None, automated=None, sources=None, campaign=None
    )
    return asked.customers is None and narrowed == TouchpointFilter()


async def groups(snapshot: Snapshot, asked: Held, currency: str, most: int) -> Rows | None:
    """For each group, at most so many of them: its key and ``SUMS``, money in the hub's ``currency``.

    None while too much waits. Money in other currencies that waits is in no sum: that is ``waiting``.
    """
    if await snapshot.value(f"SELECT CASE WHEN {_MUCH} THEN 1 ELSE 0 END"):
        return None
    query = Query()
    names = [f"key{place}" for place in range(len(asked.key))]
    query.add(asked.statement(names, currency, asked.condition(query)))
    return await snapshot.query(query.add(f" LIMIT {query.bind(most, 'bigint')}"))


async def waiting(snapshot: Snapshot, asked: Held, currency: str, *, of: str = "") -> Rows:
    """What is in other currencies than the hub's and waits to be converted, as ``touchpoint_stats.amounts`` has it."""
    amount, code = ("t.cost", "t.cost_currency") if of else ("t.amount", "t.currency")
    own = [f"{column} AS {name}" for name, column in KEYS[asked.rollup].items()]
    priced = f"{code} AS code, {days.of_text('t.occurred_on')} AS priced_on, {amount} AS amount"
    query = Query()
    columns = [*asked.key, "r.code", "r.priced_on", "r.amount"]
    query.add(f"SELECT {', '.join(columns)}, CAST(sum(r.amount) AS bigint) FROM (SELECT {', '.join(own)}, {priced}")
    query.add(f"{_waiting(asked.rollup)} AND {amount} IS NOT NULL AND {code} <> {query.bind(currency, 'text')}) r")
    return await snapshot.query(query.add(f" WHERE {asked.condition(query)}{grouped(len(columns))}"))


_MUCH = (
    f"((SELECT count(*) FROM (SELECT 1 FROM uncounted LIMIT {_MOST_WAITING + 1}) n) > {_MOST_WAITING} OR "
    f"(SELECT count(*) FROM (SELECT 1 FROM moved_account LIMIT {_MOST_MOVED + 1}) n) > {_MOST_MOVED})"
)


def unready(currency: str) -> str:
    """The condition under which one statement cannot tell: too much waits, or something that is to be converted."""
    foreign = f"(t.currency <> '{currency}' OR t.cost_currency <> '{currency}')"
    return f"({_MUCH} OR EXISTS (SELECT 1{_waiting('')} AND {foreign}))"


def _waiting(rollup: str) -> str:
    """From the touchpoints ``t`` that are not counted, with whatever the rollup needs."""
    joined = ACCOUNT if rollup == _STAGES else ""
    # A cross join, because SQLite takes its tables in this order: what waits is little.
    return f" FROM uncounted u CROSS JOIN touchpoint t{joined} WHERE t.num = u.touchpoint AND t.retracted_at IS NULL"


def _rows(rollup: str, currency: str) -> str:
    """The rows of a rollup and, as rows like them, what is to be added: touchpoints and customers that wait."""
    key = list(KEYS[rollup])
    own = [f"{column} AS {name}" for name, column in KEYS[rollup].items()]
    worth = [
        f"CASE WHEN t.{code} = '{currency}' THEN t.{name} ELSE 0 END AS {name}"
        for name, code in (("amount", "currency"), ("cost", "cost_currency"))
    ]
    new = f"SELECT {', '.join([*own, '1 AS touchpoints', *worth, '0 AS missing'])}{_waiting(rollup)}"
    parts = [f"SELECT {', '.join([*key, *SUMS])} FROM {rollup}", new]
    if rollup == _STAGES:
        parts.append(f"SELECT {', '.join([*key, *SUMS])} FROM ({moved()}) m")
    return " UNION ALL ".join(parts)
