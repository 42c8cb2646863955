"""Figures of matters and pipelines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from hub.analysis import matter_stats
from hub.analysis.matter_stats import Figures, Medians
from hub.api.connections import once
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.ranking import least, ranked
from hub.api.scalars import DateTime
from hub.api.types import amounts
from hub.api.types.enums import OrderDirection
from hub.api.types.filters import MatterFilter, matter_filter
from hub.api.types.matter_enums import MatterDimension, MatterStatsOrder, MatterTime
from hub.api.types.matter_stats import Asked, MattersHaving, MatterStats, MatterStatsRow, Pipeline, PipelineState
from hub.errors import InputWrong
from hub.journey.buckets import Calendar, TimeBucket
from hub.store import filters
from hub.store.matter_stats import Grouping
from hub.values import MatterKind

MOST_GROUPS = 10_000


@object_type
class MatterStatsQueries:
    """Figures of matters and pipelines."""

    @field
    async def matter_stats(
        self,
        info: Info,
        group_by: Annotated[
            list[MatterDimension] | None, argument("By what; everything together unless given.")
        ] = None,
        every: Annotated[TimeBucket | None, argument("And by the time in which they were opened or closed.")] = None,
        on: Annotated[MatterTime, argument("Which time counts for `every`.")] = MatterTime.CLOSED,
        filter: Annotated[MatterFilter | None, argument("Only such.")] = None,  # noqa: A002
        having: Annotated[MattersHaving | None, argument("Only groups that come to so much.")] = None,
        order_by: Annotated[MatterStatsOrder, argument("Which groups come first.")] = MatterStatsOrder.MATTERS,
        direction: Annotated[OrderDirection, argument("Largest or smallest first.")] = OrderDirection.DESC,
        first: Annotated[int, argument("At most so many groups.")] = 1000,
    ) -> MatterStats:
        """Figures of deals, cases and other matters: counts, amounts, win rates, days to close."""
        if not 0 < first <= MOST_GROUPS:
            raise InputWrong(f"first must be between 1 and {MOST_GROUPS}.", path="first")
        company, snapshot = info.context.hub.company, await info.context.snapshot()
        calendar = every and Calendar(every, company.week_starts_on, company.fiscal_year_starts_in_month)
        dimensions = tuple(dict.fromkeys(each.value for each in group_by or ()))
        present = info.context.now()
        grouping, wanted = Grouping(dimensions, calendar or None, on.value), matter_filter(filter, present)
        found = await matter_stats.stats(snapshot, grouping, wanted, company.currency, present)

        at_least = least(having, company.currency, "amount", "won_amount", "open_amount", "outstanding")
        asked = _asked(info, grouping, wanted)
        groups = ranked(found.groups, _sizes, at_least, order_by.value, direction, grouping.calendar)
        return MatterStats(
            rows=[MatterStatsRow(row=group, asked=asked) for group in groups[:first]],
            truncated=len(groups) > first,
            not_converted=[amounts.sure(minor, code) for code, minor in found.not_converted],
            computed_at=DateTime(present),
        )

    @field
    async def pipeline(
        self,
        info: Info,
        name: Annotated[str | None, argument("Its name; all of them together unless given.")] = None,
        kind: Annotated[MatterKind, argument("The kind of matter.")] = MatterKind.DEAL,
        filter: Annotated[MatterFilter | None, argument("Only such matters.")] = None,  # noqa: A002
    ) -> Pipeline:
        """The way of matters from state to state: how many came how far, and how long it took."""
        snapshot, currency = await info.context.snapshot(), info.context.hub.company.currency
        present = info.context.now()
        wanted = matter_filter(filter, present)
        if wanted.kinds is not None or wanted.pipeline is not None:
            raise InputWrong("Give kind and pipeline as kind and name.", path="filter")
        wanted = _narrowed(wanted, kind, name)
        flow = await matter_stats.pipeline(snapshot, wanted, currency, present)
        return Pipeline(
            name=name,
            total=MatterStatsRow(row=flow.total, asked=_asked(info, Grouping(), wanted)),
            states=[PipelineState(row=each) for each in flow.states],
            not_converted=[amounts.sure(minor, code) for code, minor in flow.not_converted],
        )


def _sizes(group: Figures) -> Mapping[str, Any]:
    """The measures of a group by the names that having and orders know them by."""
    return {
        "matters": group.matters, "won": group.won, "overdue": group.overdue, "amount": group.amount,
        "won_amount": group.won_amount, "open_amount": group.open_amount, "outstanding": group.outstanding,
        "win_rate": group.win_rate,
    }  # fmt: skip


def _narrowed(wanted: filters.MatterFilter, kind: MatterKind, name: str | None) -> filters.MatterFilter:
    return replace(wanted, kinds=(kind.value,), pipeline=name)


def _asked(info: Info, grouping: Grouping, wanted: filters.MatterFilter) -> Asked:
    async def medians() -> Medians:
        return await matter_stats.medians(await info.context.snapshot(), grouping, wanted)

    return Asked(grouping, info.context.hub.company.currency, once(medians))
