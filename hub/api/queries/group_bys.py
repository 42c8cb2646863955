"""Group-bys: ad-hoc questions over touchpoints and customers."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

from hub.analysis import group_bys
from hub.analysis.group_bys import Clocks, CustomerFigures, OfCustomers, OfTouchpoints, TouchpointFigures
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.queries.journeys import Customers, reckoned
from hub.api.saved_filters import listed
from hub.api.scalars import Currency, DateTime, TimeZone
from hub.api.types import amounts
from hub.api.types.filters import CustomerFilter, TouchpointFilter, touchpoint_filter
from hub.api.types.group_bys import (
    Asked,
    CustomerStats,
    CustomerStatsOrder,
    CustomerStatsRow,
    Having,
    TouchpointStats,
    TouchpointStatsOrder,
    TouchpointStatsRow,
)
from hub.errors import InputWrong
from hub.journey.buckets import Calendar, TimeBucket
from hub.journey.choices import CustomerDimension, TouchpointDimension
from hub.money import minor
from hub.store.customer_stats import CustomerGrouping
from hub.store.reader import Snapshot
from hub.store.touchpoint_stats import TouchpointGrouping
from hub.values import Money

MOST_ROWS = 10_000
First = Annotated[int, argument("At most so many groups.")]
_OF_CONTACTS = {TouchpointDimension.CUSTOMER_CITY, CustomerDimension.CITY}


@object_type
class GroupByQueries:
    """Group-bys: ad-hoc questions over touchpoints and customers."""

    @field
    async def touchpoint_stats(
        self,
        info: Info,
        group_by: Annotated[
            list[TouchpointDimension] | None, argument("By what; everything together unless given.")
        ] = None,
        every: Annotated[TimeBucket | None, argument("And by the time in which they happened.")] = None,
        time_zone: Annotated[TimeZone | None, argument("Whose days count for `every`; the hub's unless given.")] = None,
        filter: Annotated[TouchpointFilter | None, argument("Only such touchpoints.")] = None,  # noqa: A002
        customers: Annotated[CustomerFilter | None, argument("Only those of such customers.")] = None,
        having: Annotated[Having | None, argument("Only groups that come to so much.")] = None,
        order_by: Annotated[
            TouchpointStatsOrder, argument("Which groups come first.")
        ] = TouchpointStatsOrder.TOUCHPOINTS,
        currency: Annotated[Currency | None, argument("The currency of all amounts; the hub's unless given.")] = None,
        first: First = 1000,
    ) -> TouchpointStats:
        """Group-by over touchpoints: how many, of how many customers, worth how much."""
        _bounded(info, group_by, first)
        company = info.context.hub.company
        calendar = every and Calendar(every, company.week_starts_on, company.fiscal_year_starts_in_month)
        clocks = Clocks(ZoneInfo(company.time_zone), ZoneInfo(time_zone or company.time_zone), calendar or None)
        dimensions = tuple(dict.fromkeys(group_by or ()))
        among = None if customers is None else await listed(info, customers)
        grouping = TouchpointGrouping(dimensions, None, "", touchpoint_filter(info, filter), among)
        shown_in = str(currency or company.currency)
        given = (dimensions, every, time_zone, filter, customers, shown_in)

        async def reckon(snapshot: Snapshot) -> OfTouchpoints:
            return await group_bys.of_touchpoints(snapshot, grouping, clocks, shown_in)

        found = await reckoned(info, "touchpointStats", given, reckon)
        kept = [group for group in found.groups if _keeps(having, group, shown_in)]

        def rank(group: TouchpointFigures) -> tuple[Any, ...]:
            size: int = getattr(group, order_by.value.lower())
            return (group.key[0] if calendar else 0, -size, tuple(str(each) for each in group.key))

        asked = Asked(dimensions, shown_in, calendar or None)
        return TouchpointStats(
            rows=[TouchpointStatsRow(row=group, asked=asked) for group in sorted(kept, key=rank)[:first]],
            truncated=len(kept) > first,
            not_converted=[amounts.sure(lacking, code) for code, lacking in found.lacking],
            computed_at=DateTime(info.context.now()),
        )

    @field
    async def customer_stats(
        self,
        info: Info,
        group_by: Annotated[list[CustomerDimension] | None, argument("By what; all together unless given.")] = None,
        filter: Customers = None,  # noqa: A002
        order_by: Annotated[CustomerStatsOrder, argument("Which groups come first.")] = CustomerStatsOrder.CUSTOMERS,
        first: First = 1000,
    ) -> CustomerStats:
        """Group-by over customers: how many, and what they have bought."""
        _bounded(info, group_by, first)
        company = info.context.hub.company
        dimensions = tuple(dict.fromkeys(group_by or ()))
        grouping = CustomerGrouping(dimensions, {}, await listed(info, filter))
        clocks = Clocks(ZoneInfo(company.time_zone), ZoneInfo(company.time_zone))

        async def reckon(snapshot: Snapshot) -> OfCustomers:
            return await group_bys.of_customers(snapshot, grouping, clocks)

        found = await reckoned(info, "customerStats", (dimensions, filter), reckon)

        def rank(group: CustomerFigures) -> tuple[Any, ...]:
            size: int = getattr(group, order_by.value.lower())
            return (-size, tuple(str(each) for each in group.key))

        asked = Asked(dimensions, company.currency)
        return CustomerStats(
            rows=[CustomerStatsRow(row=group, asked=asked) for group in sorted(found.groups, key=rank)[:first]],
            truncated=len(found.groups) > first,
            total_customers=found.total.customers,
            total_revenue=amounts.sure(found.total.revenue, company.currency),
            not_converted=[amounts.sure(lacking, code) for code, lacking in found.lacking],
            computed_at=DateTime(info.context.now()),
        )


def _bounded(info: Info, dimensions: list[Any] | None, first: int) -> None:
    if not 0 < first <= MOST_ROWS:
        raise InputWrong(f"first must be between 1 and {MOST_ROWS}.", path="first")
    if _OF_CONTACTS & set(dimensions or ()):
        info.context.principal.demand_contacts("Grouping by cities")


def _keeps(having: Having | None, group: TouchpointFigures, currency: str) -> bool:
    if having is None:
        return True
    least = None if having.amount_at_least is None else minor(Money(having.amount_at_least, currency))
    wanted = (having.touchpoints_at_least, having.customers_at_least, least)
    there = (group.touchpoints, group.customers, group.amount)
    return all(asked is None or has >= asked for asked, has in zip(wanted, there, strict=True))
