"""Group-bys that a rollup holds (ADR 0018): what they are asked for, as a tree over the statement that adds it up."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from hub.journey.buckets import Calendar, TimeBucket
from hub.journey.choices import TouchpointDimension
from hub.money import minor
from hub.reads.specs import Grouped, Here, Other, Spec, Value
from hub.reads.tables import CAMPAIGN, SOURCE
from hub.reads.tree import Leaf, Many, Node, Object, One, Table, Unsupported
from hub.settings import Company
from hub.store import buckets, rollups
from hub.store.filters import CustomerFilter, Span, TouchpointFilter
from hub.store.rollups import Held
from hub.store.sql import Query
from hub.values import Money, Relationship

MOST_ROWS = 10_000
_MOST_GROUPS = 80_000
"""As many as a rollup may have: with all that may wait beside it, groups are still few enough for an answer."""
_NOT_HELD = (
    "utmSource utmMedium identified property hour weekday quantityUnit productCategory agentName customerKind "
    "customerStanding customerCountry customerCity customerLanguage customerAbcClass customerAcquisitionChannel "
    "customerFirstTouchMonth customerFirstPurchaseMonth"
).split()
_NAMES = {
    TouchpointDimension.KIND: "kind",
    TouchpointDimension.CHANNEL: "channel",
    TouchpointDimension.DIRECTION: "direction",
    TouchpointDimension.AUTOMATED: "automated",
    TouchpointDimension.SOURCE: "source",
    TouchpointDimension.CAMPAIGN: "campaign",
    TouchpointDimension.CUSTOMER_STAGE: "customer_stage",
    TouchpointDimension.CUSTOMER_RELATIONSHIP: "customer_relationship",
}
_TYPES = {"automated": "boolean", "source": "bigint", "campaign": "bigint"}
_LACKING = {"amount": "0", "currency": "{_currency}"}
"""In place of a list that is empty, or told by the ordinary way."""

FIELDS: Mapping[str, Spec] = {
    "Query.touchpointStats": Grouped(),
    "TouchpointStats.rows": Here(),
    "TouchpointStats.truncated": Value("{truncated}"),
    "TouchpointStats.notConverted": Here(_LACKING),
    "TouchpointStats.computedAt": Value("{_now}"),
    "TouchpointStatsRow.key": Here(),
    "TouchpointStatsRow.touchpoints": Value("{touchpoints}"),
    "TouchpointStatsRow.amount": Here({"amount": "{amount}", "currency": "{_currency}"}),
    "TouchpointStatsRow.cost": Here({"amount": "{cost}", "currency": "{_currency}"}),
    "TouchpointKey.period": Value("{period}", form="day"),
    "TouchpointKey.kind": Value("{kind}"),
    "TouchpointKey.channel": Value("{channel}"),
    "TouchpointKey.direction": Value("{direction}"),
    "TouchpointKey.automated": Value("{automated}"),
    "TouchpointKey.source": Other(SOURCE, "num", "source"),
    "TouchpointKey.campaign": Other(CAMPAIGN, "num", "campaign"),
    "TouchpointKey.customerStage": Value("{customer_stage}"),
    "TouchpointKey.customerRelationship": Value("{customer_relationship}"),
    **{f"TouchpointKey.{name}": Value("") for name in _NOT_HELD},
}
"""By type and field. A dimension that was not asked for is null."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A group-by, and which of its groups in what order."""

    held: Held
    condition: str
    first: int
    order: str
    having: str


def planned(
    arguments: Mapping[str, Any], company: Company, names: Mapping[str, str], members: tuple[tuple[str, Node], ...]
) -> Node:
    """The tree of a group-by. ``members`` are those of the answer, by response keys, whose fields ``names`` says.

    Raises ``Unsupported``.
    """
    asked = _asked(arguments, company)
    groups = _groups(asked, company.currency)
    unready = rollups.unready(company.currency)
    if asked.held.rollup == "touchpoint_rollup":
        unready += f" OR (SELECT count(*) FROM {asked.held.rollup}) > {_MOST_GROUPS}"
    lacking = f"EXISTS (SELECT 1 FROM {asked.held.rollup} WHERE missing <> 0)"

    def told(field: str, node: Node) -> Node:
        match field:
            case "rows":
                return Many(Table(f"({groups}) g", "g"), "g.one", "one", asked.order, "", node, most=asked.first)
            case "truncated":
                more = f"(SELECT count(*) FROM ({groups}) g) > {asked.first}"
                return Leaf("json", f"CASE WHEN {more} THEN 'true' ELSE 'false' END", required=True)
            case "notConverted":
                return Leaf("json", f"CASE WHEN NOT {lacking} THEN '[]' END", required=True)
        return node

    here = Object(tuple((key, told(names[key], node)) for key, node in members))
    return One(Table("(SELECT 1 AS one) o", "o"), f"NOT ({unready})", here, required=True)


def _asked(arguments: Mapping[str, Any], company: Company) -> _Asked:
    """Raises ``Unsupported`` for what no rollup holds."""
    given = {name: value for name, value in arguments.items() if value is not None}
    zone, currency = given.get("timeZone", company.time_zone), given.get("currency", company.currency)
    first, order_by = given["first"], _text(given["orderBy"])
    held = rollups.held(
        tuple(dict.fromkeys(TouchpointDimension(_text(each)) for each in given.get("groupBy", ()))),
        _calendar(given.get("every"), company),
        TouchpointFilter(**_filter(given.get("filter", {}), _OF_TOUCHPOINTS)),
        _customers(given["customers"]) if "customers" in given else None,
        _days(given.get("filter", {}).get("occurred") or {}, company),
    )
    if (
        "property" in given
        or str(zone) != company.time_zone
        or str(currency) != company.currency
        or not 0 < first <= MOST_ROWS
        or order_by not in ("TOUCHPOINTS", "AMOUNT", "COST")
        or held is None
    ):
        raise Unsupported
    size = f"g.{order_by.lower()}{'' if _text(given['direction']) == 'ASC' else ' DESC'}"
    bucket = ["g.bucket"] if held.calendar else []
    order = ", ".join([*bucket, size, *(_ranked(each) for each in held.dimensions)])
    return _Asked(held, held.condition(_Literal()), first, order, _having(given.get("having") or {}, company.currency))


_OF_TOUCHPOINTS = ("kinds", "channels", "directions", "automated", "sources", "campaign")
_OF_CUSTOMERS = ("stages", "relationships")
_MOST_VALUES = 50
_PLAIN = re.compile(r"[\w.:-]*", re.ASCII)
"""What may stand in a statement as it is."""


def _filter(given: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """What a filter says, but for times. Raises ``Unsupported`` where it says more than ``known``."""
    said = {name: value for name, value in given.items() if value is not None and name != "occurred"}
    if not said.keys() <= set(known):
        raise Unsupported
    lists = {name: tuple(map(_text, value)) for name, value in said.items() if isinstance(value, list)}
    return {name: value if isinstance(value, bool) else _text(value) for name, value in said.items()} | lists


def _days(given: Mapping[str, Any], company: Company) -> Span:
    """Raises ``Unsupported`` where a day is cut, and for a time that is not the same at every moment."""
    said = {name: value for name, value in given.items() if value is not None}
    if not said.keys() <= {"from", "until"}:
        raise Unsupported
    found = rollups.whole_days(Span(said.get("from"), said.get("until")), ZoneInfo(company.time_zone))
    if found is None:
        raise Unsupported
    return found


def _customers(given: Mapping[str, Any]) -> CustomerFilter:
    """Those whose relationship is CUSTOMER unless the filter says otherwise."""
    return CustomerFilter(**({"relationships": (Relationship.CUSTOMER.value,)} | _filter(given, _OF_CUSTOMERS)))


class _Literal(Query):
    """Values written into the statement, which is one for each of them. Raises ``Unsupported`` for unusual text."""

    def bind(self, value: Any, cast: str = "") -> str:
        if isinstance(value, bool):
            return "TRUE" if value else "FALSE"
        if cast != "text" or not _PLAIN.fullmatch(value):
            raise Unsupported
        return f"'{value}'"

    def bind_list(self, values: Sequence[Any], cast: str) -> str:
        if len(values) > _MOST_VALUES:
            raise Unsupported
        return f"IN ({', '.join(self.bind(each, cast) for each in values) or 'NULL'})"


def _text(value: object) -> str:
    return str(getattr(value, "value", value))


def _calendar(every: object, company: Company) -> Calendar | None:
    if every is None:
        return None
    return Calendar(TimeBucket(_text(every)), company.week_starts_on, company.fiscal_year_starts_in_month)


def _ranked(dimension: TouchpointDimension) -> str:
    """A dimension as groups of the same size are told apart by it: as text in Python."""
    column = f"g.{_NAMES[dimension]}"
    if dimension is TouchpointDimension.AUTOMATED:
        return column
    if dimension in (TouchpointDimension.SOURCE, TouchpointDimension.CAMPAIGN):
        column = f"CAST({column} AS text)"
    return f"coalesce({column}, 'None')"


def _having(given: Mapping[str, Any], currency: str) -> str:
    """The condition on groups. Raises ``Unsupported`` for what rollups do not hold."""
    parts = []
    for name, least in given.items():
        measure = name.removesuffix("AtLeast")
        if least is None:
            continue
        if measure == "touchpoints":
            parts.append(f"k.touchpoints >= {int(least)}")
        elif measure in ("amount", "cost"):
            parts.append(f"k.{measure} >= {minor(Money(least, currency))}")
        else:
            raise Unsupported
    return " AND ".join(parts) or "1 = 1"


def _groups(asked: _Asked, currency: str) -> str:
    """The statement that gives the groups, with a null for each dimension that was not asked for."""
    held = asked.held
    names = [*(["bucket"] if held.calendar else []), *(_NAMES[each] for each in held.dimensions)]
    period = buckets.starts_on("k.bucket", held.calendar) if held.calendar else "CAST(NULL AS bigint)"
    others = [f"CAST(NULL AS {_TYPES.get(name, 'text')}) AS {name}" for name in _NAMES.values() if name not in names]
    columns = ", ".join([*(f"k.{name}" for name in names), *others, f"{period} AS period"])
    return (
        f"SELECT 1 AS one, {columns}, k.touchpoints, k.amount, k.cost"
        f" FROM ({held.statement(names, currency, asked.condition)}) k WHERE {asked.having}"
    )
