"""Group-bys: ad-hoc questions over touchpoints and customers."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from hub.analysis import group_bys, rollups
from hub.analysis.group_bys import Clocks, CustomerFigures, Key, OfCustomers, OfTouchpoints, TouchpointFigures
from hub.api.connections import once
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.queries.journeys import Customers, reckoned
from hub.api.ranking import least, ranked
from hub.api.saved_filters import listed
from hub.api.scalars import Currency, DateTime, TimeZone
from hub.api.selected import names_below
from hub.api.types import amounts
from hub.api.types.customer_stats import CustomerStats, CustomerStatsRow
from hub.api.types.enums import OrderDirection
from hub.api.types.filters import CustomerFilter, TouchpointFilter, touchpoint_filter
from hub.api.types.group_bys import Asked, CustomersHaving, CustomerStatsOrder, Having, TouchpointStatsOrder
from hub.api.types.touchpoint_stats import TouchpointStats, TouchpointStatsRow
from hub.errors import InputWrong
from hub.journey.buckets import Calendar, TimeBucket
from hub.journey.choices import CustomerDimension, CustomerTime, TouchpointDimension
from hub.store.customer_stats import CustomerGrouping
from hub.store.reader import Snapshot
from hub.store.touchpoint_stats import TouchpointGrouping

MOST_ROWS = 10_000
First = Annotated[int, argument("At most so many groups.")]
Shown = Annotated[Currency | None, argument("The currency of all amounts; the hub's unless given.")]
Direction = Annotated[OrderDirection, argument("Largest or smallest first.")]
Every = Annotated[TimeBucket | None, argument("And by the time in which they happened.")]
Zone = Annotated[TimeZone | None, argument("Whose days and hours count; the hub's unless given.")]
_CAPITAL = re.compile("[A-Z]")
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
        property: Annotated[str | None, argument("The property that PROPERTY is.")] = None,  # noqa: A002
        every: Every = None,
        time_zone: Zone = None,
        filter: Annotated[TouchpointFilter | None, argument("Only such touchpoints.")] = None,  # noqa: A002
        customers: Annotated[CustomerFilter | None, argument("Only those of such customers.")] = None,
        having: Annotated[Having | None, argument("Only groups that come to so much.")] = None,
        order_by: Annotated[
            TouchpointStatsOrder, argument("Which groups come first.")
        ] = TouchpointStatsOrder.TOUCHPOINTS,
        direction: Direction = OrderDirection.DESC,
        currency: Shown = None,
        first: First = 1000,
    ) -> TouchpointStats:
        """Group-by over touchpoints: how many, of how many customers, worth how much."""
        _bounded(info, group_by, first)
        clocks = _clocks(info, every, time_zone)
        dimensions = tuple(dict.fromkeys(group_by or ()))
        among = None if customers is None else await listed(info, customers)
        grouping = TouchpointGrouping(
            dimensions,
            None,
            "",
            touchpoint_filter(info, filter),
            among,
            of_property=_property(info, dimensions, property),
        )
        shown_in = str(currency or info.context.hub.company.currency)
        given = (dimensions, property, every, time_zone, filter, customers, shown_in)
        at_least = least(having, shown_in, "amount", "cost")
        measures = group_bys.MEASURES & _measures(info, {order_by.value.lower(), *at_least})

        async def measure() -> Mapping[Key, Decimal | None]:
            return await reckoned(info, "quantities", given, lambda at: group_bys.quantities(at, grouping, clocks))

        found = await _of_touchpoints(info, grouping, clocks, shown_in, measures, given)
        quantities = once(measure)
        known = await quantities() if order_by is TouchpointStatsOrder.QUANTITY or "quantity" in at_least else {}

        def sizes(group: TouchpointFigures) -> Mapping[str, Any]:
            return {**_sizes(group), "quantity": known.get(group.key)}

        kept = ranked(found.groups, sizes, at_least, order_by.value, direction, clocks.calendar)
        asked = Asked(dimensions, shown_in, clocks.calendar)
        return TouchpointStats(
            rows=[TouchpointStatsRow(row=group, asked=asked, quantities=quantities) for group in kept[:first]],
            truncated=len(kept) > first,
            not_converted=[amounts.sure(lacking, code) for code, lacking in found.lacking],
            computed_at=DateTime(info.context.now()),
        )

    @field
    async def customer_stats(
        self,
        info: Info,
        group_by: Annotated[list[CustomerDimension] | None, argument("By what; all together unless given.")] = None,
        every: Annotated[TimeBucket | None, argument("And by a time of theirs.")] = None,
        on: Annotated[CustomerTime, argument("Which time counts for `every`.")] = CustomerTime.FIRST_TOUCH,
        time_zone: Zone = None,
        filter: Customers = None,  # noqa: A002
        having: Annotated[CustomersHaving | None, argument("Only groups that come to so much.")] = None,
        order_by: Annotated[CustomerStatsOrder, argument("Which groups come first.")] = CustomerStatsOrder.CUSTOMERS,
        direction: Direction = OrderDirection.DESC,
        currency: Shown = None,
        first: First = 1000,
    ) -> CustomerStats:
        """Group-by over customers: how many, what they have bought, what they cost."""
        _bounded(info, group_by, first)
        company = info.context.hub.company
        shown_in = str(currency or company.currency)
        clocks = replace(_clocks(info, every, time_zone), on=on)
        dimensions = tuple(dict.fromkeys(group_by or ()))
        grouping = CustomerGrouping(dimensions, await listed(info, filter))

        at_least = least(having, shown_in, "revenue", "cost_to_serve")
        measures = group_bys.OF_CUSTOMERS & _measures(info, {order_by.value.lower(), *at_least})

        async def reckon(snapshot: Snapshot) -> OfCustomers:
            return await group_bys.of_customers(snapshot, grouping, clocks, shown_in, company, measures)

        given = (dimensions, every, on, time_zone, filter, shown_in, sorted(measures))
        found = await reckoned(info, "customerStats", given, reckon)
        kept = ranked(found.groups, _sizes, at_least, order_by.value, direction, clocks.calendar)
        asked = Asked(dimensions, shown_in, clocks.calendar)
        return CustomerStats(
            rows=[CustomerStatsRow(row=group, asked=asked) for group in kept[:first]],
            truncated=len(kept) > first,
            total_customers=found.total.customers,
            total_revenue=amounts.sure(found.total.revenue, shown_in),
            not_converted=[amounts.sure(lacking, code) for code, lacking in found.lacking],
            computed_at=DateTime(info.context.now()),
        )


def _bounded(info: Info, dimensions: list[Any] | None, first: int) -> None:
    if not 0 < first <= MOST_ROWS:
        raise InputWrong(f"first must be between 1 and {MOST_ROWS}.", path="first")
    if _OF_CONTACTS & set(dimensions or ()):
        info.context.principal.demand_contacts("Grouping by cities")


async def _of_touchpoints(
    info: Info, grouping: TouchpointGrouping, clocks: Clocks, currency: str, measures: frozenset[str], given: object
) -> OfTouchpoints:
    """From a rollup where one holds it, else by an analysis; ``given``: all arguments that decide the groups."""
    held = rollups.held(grouping, clocks, currency, info.context.hub.company, measures)
    if held is not None:
        found = await rollups.rolled_up(await info.context.snapshot(), held, currency, measures)
        if found is not None:
            return found

    async def reckon(snapshot: Snapshot) -> OfTouchpoints:
        return await group_bys.of_touchpoints(snapshot, grouping, clocks, currency, measures)

    return await reckoned(info, "touchpointStats", (given, sorted(measures)), reckon)


def _measures(info: Info, compared: Collection[str]) -> frozenset[str]:
    """What is asked for of groups, and what they are ``compared`` by."""
    return frozenset(compared).union(_CAPITAL.sub(r"_\g<0>", name).lower() for name in names_below(info))


def _property(info: Info, dimensions: Collection[TouchpointDimension], named: str | None) -> str:
    """The property to group by. Raises ``InputWrong`` when there is none though it was asked for."""
    if (named is None) is (TouchpointDimension.PROPERTY in dimensions):
        raise InputWrong("Give PROPERTY and property together.", path="property")
    if named is not None:
        info.context.principal.demand_contacts("Grouping by a property")
    return named or ""


def _clocks(info: Info, every: TimeBucket | None, zone: TimeZone | None) -> Clocks:
    company = info.context.hub.company
    calendar = every and Calendar(every, company.week_starts_on, company.fiscal_year_starts_in_month)
    return Clocks(ZoneInfo(company.time_zone), ZoneInfo(zone or company.time_zone), calendar or None)


def _sizes(group: TouchpointFigures | CustomerFigures) -> Mapping[str, Any]:
    """The measures of a group by the names that having and orders know them by."""
    if isinstance(group, TouchpointFigures):
        return {
            "touchpoints": group.touchpoints, "customers": group.customers, "amount": group.amount, "cost": group.cost,
        }  # fmt: skip
    return {
        "customers": group.customers, "buyers": group.buyers, "purchases": group.purchases, "revenue": group.revenue,
        "average_revenue": group.average, "cost_to_serve": group.cost,
    }  # fmt: skip
