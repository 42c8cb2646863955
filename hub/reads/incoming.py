"""Where it is stored what came in: sources, their runs, and records."""

from __future__ import annotations

from collections.abc import Mapping

from hub.reads.specs import All, ById, Listed, Other, Spec, Value
from hub.reads.tables import PROBLEM, RUN, RUN_STREAM, SOURCE, SOURCE_CHANGE, TOUCHPOINT_OF_RECORD, UNREADABLE
from hub.reads.tree import Parent
from hub.store import records, sources

_OF_SOURCE = (Parent("source"),)
_DAYS, _SECONDS = "({every} / 86400)", "({every} % 86400)"
_EVERY = (
    f"CASE WHEN {{every}} IS NOT NULL THEN 'P' || CASE WHEN {_DAYS} > 0 THEN {_DAYS} || 'D' ELSE '' END || "
    f"CASE WHEN {_SECONDS} > 0 OR {_DAYS} = 0 THEN 'T' || {_SECONDS} || 'S' ELSE '' END END"
)


def _withdrawn(kind: str) -> str:
    """When something was taken out of the picture, unless it was put back."""
    return (
        "(SELECT CASE WHEN x.restore THEN NULL ELSE x.decided_at END FROM withdrawal x "
        f"WHERE x.kind = '{kind}' AND x.target = {{id}} ORDER BY x.number DESC LIMIT 1)"
    )


FIELDS: Mapping[str, Spec] = {
    "Query.source": ById("id", "src"),
    "Query.sources": Listed(SOURCE, "Query.sources", sources.ORDER, scopes=frozenset({"read", "manage"})),
    "Source.every": Value(_EVERY),
    "Source.state": Value(
        "coalesce((SELECT u.state FROM run u WHERE u.source = {num} ORDER BY u.num DESC LIMIT 1), 'NEW')"
    ),
    "Source.withdrawnAt": Value(_withdrawn("SOURCE")),
    "Source.nextRunAt": Value(
        f"CASE WHEN {{paused_at}} IS NULL AND {_withdrawn('SOURCE')} IS NULL "
        "THEN (SELECT x.next_at FROM lease x WHERE x.source = {num}) END"
    ),
    "Source.pulledBy": Value("(SELECT x.holder FROM lease x WHERE x.source = {num} AND x.until > {_now})"),
    "Source.runs": Listed(RUN, "Source.runs", sources.RUN_ORDER, _OF_SOURCE),
    "Source.changes": Listed(SOURCE_CHANGE, "Source.changes", sources.CHANGE_ORDER, _OF_SOURCE),
    "Source.unreadable": Listed(
        UNREADABLE, "Source.unreadable", records.UNREADABLE_ORDER, (Parent(condition="p.source = {num}"),)
    ),
    "SourceChange.fields": Value("{fields}", form="json"),
    "Run.source": Other(SOURCE, "num", "source"),
    "Run.unreadable": Value("(SELECT count(*) FROM problem p WHERE p.run = {num})"),
    "Run.withdrawnAt": Value(_withdrawn("RUN")),
    "Run.streams": All(RUN_STREAM, "k.run", "k.began_at, k.stream"),
    "Record.source": Other(SOURCE, "num", "source", required=True),
    "Record.versions": Value(
        "(SELECT count(*) FROM record q WHERE q.source = {source} AND q.stream = {stream} AND q.key = {key})"
    ),
    "Record.problem": Other(PROBLEM, "record", "number"),
    "Record.touchpoints": All(TOUCHPOINT_OF_RECORD, "x.record", "t.id", of="number"),
    "Record.run": Other(RUN, "num", "run"),
}
"""By type and field."""
