"""The path of a customer through channels and stages, as one statement folds it: ``hub.journey.path`` word for word."""

from __future__ import annotations

from collections.abc import Mapping

from hub.reads.specs import All, Other, Spec, Value
from hub.reads.tables import CUSTOMER, TOUCHPOINT
from hub.reads.tree import Table
from hub.store.touchpoints import MOST_MOMENTS

_DAY = 86_400_000_000
_READ = "SELECT t.id, t.channel, t.direction, t.automated, t.occurred_at AS at FROM touchpoint t WHERE"
_TIMELINE = (
    f"({_READ} {{kind}} <> 'ORGANISATION' AND t.customer = {{num}} AND t.retracted_at IS NULL UNION ALL "
    f"{_READ} {{kind}} = 'ORGANISATION' AND t.organisation = {{num}} AND t.retracted_at IS NULL)"
)
_STAGE = (
    "(SELECT h.after FROM stage_change h WHERE h.customer = {num} AND h.axis = 'STAGE' AND h.at <= t.at "
    "ORDER BY h.position DESC LIMIT 1)"
)
_STAGED = f"(SELECT t.id, t.channel, t.direction, t.at, {_STAGE} AS stage FROM {_TIMELINE} t WHERE NOT t.automated)"
# Touchpoints in a row have the same distance between their place among all and that among their like.
_RUNS = (
    "(SELECT s.*, row_number() OVER (ORDER BY s.at, s.id) AS place, row_number() OVER (ORDER BY s.at, s.id) - "
    f"row_number() OVER (PARTITION BY s.channel, s.stage ORDER BY s.at, s.id) AS run FROM {_STAGED} s)"
)
_STEPS = Table(
    "(SELECT r.channel, r.stage, min(r.place) AS place, min(r.at) AS began, max(r.at) AS ended, count(*) AS touched, "
    "sum(CASE WHEN r.direction = 'INBOUND' THEN 1 ELSE 0 END) AS inbound, "
    "sum(CASE WHEN r.direction = 'OUTBOUND' THEN 1 ELSE 0 END) AS outbound "
    f"FROM {_RUNS} r GROUP BY r.channel, r.stage, r.run) y",
    "y",
)
_CHANNELS = Table(
    "(SELECT r.channel, min(r.place) AS place, min(r.at) AS first_at, max(r.at) AS last_at, count(*) AS touched "
    f"FROM {_RUNS} r GROUP BY r.channel) y",
    "y",
)
_FIRST = f"FROM {_TIMELINE} t WHERE NOT t.automated ORDER BY t.at, t.id LIMIT 1"
_REACHED = Table(
    "(SELECT h.after AS stage, h.at, h.position, (SELECT t.at " + _FIRST + ") AS since FROM stage_change h "
    "WHERE h.customer = {num} AND h.axis = 'STAGE' AND h.after IS NOT NULL AND NOT EXISTS "
    "(SELECT 1 FROM stage_change b WHERE b.customer = h.customer AND b.axis = h.axis AND b.after = h.after "
    "AND b.position < h.position)) y",
    "y",
)
_BOUGHT = "(SELECT min(p.at) FROM purchase p WHERE p.customer = {num})"

FIELDS: Mapping[str, Spec] = {
    # Of longer timelines the ordinary way looks at the beginning.
    "Customer.journey": Other(CUSTOMER, "num", "num", required=True, where=f"c.touchpoints <= {MOST_MOMENTS}"),
    "Journey.steps": All(_STEPS, "", "y.place"),
    "Journey.channels": All(_CHANNELS, "", "y.place"),
    "Journey.reached": All(_REACHED, "", "y.position", where="y.since IS NOT NULL"),
    "Journey.firstTouch": Other(TOUCHPOINT, "", "", where=f"t.id = (SELECT t.id {_FIRST})"),
    "Journey.firstPurchaseAt": Value(_BOUGHT),
    "Journey.touchesBeforePurchase": Value(
        f"CASE WHEN {_BOUGHT} IS NOT NULL THEN (SELECT count(*) FROM {_TIMELINE} t "
        f"WHERE NOT t.automated AND t.at < {_BOUGHT}) END"
    ),
    "Journey.automated": Value(f"(SELECT count(*) FROM {_TIMELINE} t WHERE t.automated)"),
    "JourneyStep.channel": Value("{channel}"),
    "JourneyStep.stage": Value("{stage}"),
    "JourneyStep.began": Value("{began}"),
    "JourneyStep.ended": Value("{ended}"),
    "JourneyStep.touchpoints": Value("{touched}"),
    "JourneyStep.inbound": Value("{inbound}"),
    "JourneyStep.outbound": Value("{outbound}"),
    "ChannelUse.channel": Value("{channel}"),
    "ChannelUse.firstAt": Value("{first_at}"),
    "ChannelUse.lastAt": Value("{last_at}"),
    "ChannelUse.touchpoints": Value("{touched}"),
    "StageReached.stage": Value("{stage}"),
    "StageReached.at": Value("{at}"),
    "StageReached.days": Value(f"CASE WHEN {{at}} < {{since}} THEN 0 ELSE ({{at}} - {{since}}) / {_DAY} END"),
}
"""By type and field."""
