"""Group-bys over touchpoints from rollups: without looking at the touchpoints themselves (ADR 0018)."""

from __future__ import annotations

from collections.abc import Collection

from hub.analysis.group_bys import MEASURES, MOST_GROUPS, Clocks, OfTouchpoints, TouchpointFigures, few, summed
from hub.settings import Company
from hub.store import rollups
from hub.store.filters import Span
from hub.store.reader import Snapshot
from hub.store.rollups import Held
from hub.store.touchpoint_stats import TouchpointGrouping

_ROLLED_UP = MEASURES - {"customers"}
"""Distinct customers cannot be added up."""


def held(
    grouping: TouchpointGrouping, clocks: Clocks, currency: str, company: Company, measures: Collection[str]
) -> Held | None:
    """The group-by as a rollup holds it; None when none does."""
    away = clocks.calendar is not None and clocks.zone != clocks.home
    span = rollups.whole_days(grouping.touchpoints.occurred or Span(), clocks.home)
    if away or span is None or currency != company.currency or not _ROLLED_UP.issuperset(measures):
        return None
    return rollups.held(grouping.dimensions, clocks.calendar, grouping.touchpoints, grouping.customers, span)


async def rolled_up(snapshot: Snapshot, asked: Held, currency: str, measures: Collection[str]) -> OfTouchpoints | None:
    """The same from a rollup; None where the touchpoints themselves have to be looked at: too much is not counted yet,
    or what has no rate is to be told."""
    rows = await rollups.groups(snapshot, asked, currency, MOST_GROUPS + 1)
    if rows is None or ("not_converted" in measures and any(missing for *_, missing in rows)):
        return None
    few(rows)
    width = len(asked.key)
    groups = {
        (key := tuple(row[:width])): TouchpointFigures(key, row[width], 0, *row[width + 1 : width + 3]) for row in rows
    }
    lacking: dict[str, int] = {}
    if not {"amount", "not_converted"}.isdisjoint(measures):
        foreign = await rollups.waiting(snapshot, asked, currency)
        for key, amount in (await summed(snapshot, foreign, currency, lacking)).items():
            groups[key].amount += amount
    if not {"cost", "not_converted"}.isdisjoint(measures):
        foreign = await rollups.waiting(snapshot, asked, currency, of="cost_")
        for key, amount in (await summed(snapshot, foreign, currency, lacking)).items():
            groups[key].cost += amount
    return None if lacking and "not_converted" in measures else OfTouchpoints(list(groups.values()), ())
