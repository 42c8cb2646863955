"""Suggestions as they may be shown: of customers that stand, and that no person's word keeps apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store import lists
from hub.store import touchpoints as stored_touchpoints
from hub.store.decisions import LIVE
from hub.store.pages import Order, Page, Window
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.sql import Query
from hub.store.touchpoints import StoredTouchpoint
from hub.values import Side

MOST = 100
"""Suggestions of one customer, and touchpoints of one suggestion, that are shown at once."""


@dataclass(frozen=True, slots=True)
class StoredSuggestion:
    """Two customers by public id; ``b`` None: touchpoints of an identifier. ``weight``: millionths of a bit."""

    id: str
    side: str
    a: str
    b: str | None
    identifier: str | None
    reason: str
    weight: int
    levels: str
    found_at: int


_SOURCE = (
    "suggestion s JOIN customer a ON a.id = s.a LEFT JOIN customer b ON b.id = s.b"
    " LEFT JOIN identifier i ON i.id = s.identifier"
)
_SUGGESTIONS = lists.Listing(_SOURCE, Shape(StoredSuggestion, "s"), "s.id")
ORDER = Order("PROBABILITY", "s.weight", "s.id", descending=True)

_SAID = f"d.kind = 'NOT_SAME' AND d.side = s.side AND {LIVE}"
# A touchpoint that a live decision names has a claim of its own, which says so.
_APART = (
    "EXISTS (SELECT 1 FROM claim k JOIN decision d ON d.a = k.touchpoint OR d.b = k.touchpoint"
    " JOIN touchpoint o ON o.id = CASE WHEN d.a = k.touchpoint THEN d.b ELSE d.a END"
    " WHERE (k.customer = a.num OR k.organisation = a.num) AND k.touchpoint IS NOT NULL"
    f" AND b.num IN (o.customer, o.organisation) AND {_SAID})"
)
_NAMELESS = "claim_identifier x JOIN claim k ON k.num = x.claim JOIN touchpoint t ON t.claim = k.num"
# The sign keeps SQLite from walking through everything that is nobody's, and then from handing it out in a wrong order.
_NOBODYS = (
    "x.identifier = i.num AND i.capped IS NOT NULL AND k.name_key = '' AND +t.customer IS NULL"
    " AND t.retracted_at IS NULL AND NOT EXISTS (SELECT 1 FROM decision d JOIN touchpoint o"
    " ON o.id = CASE WHEN d.a = t.id THEN d.b ELSE d.a END"
    f" WHERE (d.a = t.id OR d.b = t.id) AND a.num IN (o.customer, o.organisation) AND {_SAID})"
)
_STANDING = (
    f"((b.num IS NOT NULL AND NOT {_APART}) OR (s.b IS NULL AND EXISTS (SELECT 1 FROM {_NAMELESS} WHERE {_NOBODYS})))"
)


@dataclass(frozen=True, slots=True)
class SuggestionFilter:
    """Which suggestions; ``least`` is a weight in millionths of a bit."""

    side: Side | None = None
    least: int | None = None


def _such(query: Query, wanted: SuggestionFilter) -> str:
    conditions = [_STANDING]
    if wanted.side is not None:
        conditions.append(f"s.side = {query.bind(wanted.side.value, 'text')}")
    if wanted.least is not None:
        conditions.append(f"s.weight >= {query.bind(wanted.least, 'bigint')}")
    return " AND ".join(conditions)


async def page(snapshot: Snapshot, wanted: SuggestionFilter, window: Window) -> Page[StoredSuggestion]:
    """A page of suggestions, most probable first."""
    return await lists.page_of(snapshot, _SUGGESTIONS, lambda query: _such(query, wanted), ORDER, window)


async def count(snapshot: Snapshot, wanted: SuggestionFilter) -> int:
    """How many suggestions; the count stops beyond ``COUNT_LIMIT``."""
    return await lists.count(snapshot, _SOURCE, lambda query: _such(query, wanted), limited=True)


async def by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredSuggestion]:
    """Suggestions by id, without those that do not stand any more."""
    rows = await snapshot.all(
        f"SELECT {_SUGGESTIONS.shape.columns} FROM {_SOURCE} WHERE s.id = ANY($1::text[]) AND {_STANDING}", list(ids)
    )
    return {each.id: each for each in _SUGGESTIONS.shape.all(rows)}


async def of_customers(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, list[StoredSuggestion]]:
    """Suggestions about customers by public id, most probable first, at most ``MOST`` of each."""
    rows = await snapshot.all(
        f"SELECT {_SUGGESTIONS.shape.columns} FROM {_SOURCE}"
        f" WHERE (s.a = ANY($1::text[]) OR s.b = ANY($1::text[])) AND {_STANDING} ORDER BY s.weight DESC, s.id DESC",
        list(ids),
    )
    found: dict[str, list[StoredSuggestion]] = {}
    for each in _SUGGESTIONS.shape.all(rows):
        for customer in (each.a, each.b):
            if customer is not None and len(held := found.setdefault(customer, [])) < MOST:
                held.append(each)
    return found


async def touchpoints(snapshot: Snapshot, suggestion: str, most: int) -> list[StoredTouchpoint]:
    """The nameless touchpoints that a suggestion is about, latest first."""
    shape = stored_touchpoints.TOUCHPOINTS.shape
    rows = await snapshot.all(
        f"SELECT {shape.columns} FROM {_SOURCE}, {_NAMELESS} WHERE s.id = $1::text AND s.b IS NULL AND {_NOBODYS}"
        f" ORDER BY t.occurred_at DESC, t.id DESC LIMIT {most}",
        suggestion,
    )
    return shape.all(rows)
