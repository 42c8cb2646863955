"""Reads about the whole portfolio."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from hub import clock
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.saved_filters import listed
from hub.api.scalars import Currency
from hub.api.types.filters import CustomerFilter, TimeRange, span
from hub.api.types.portfolio import Portfolio
from hub.store.filters import Span


@object_type
class PortfolioQueries:
    """Reads about the whole portfolio."""

    @field
    async def portfolio(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002
            CustomerFilter | None, argument("Of such customers; those whose relationship is CUSTOMER unless asked.")
        ] = None,
        within: Annotated[
            TimeRange | None, argument("Bought then. Recency counts back from its end.")
        ] = None,
    ) -> Portfolio:
        """What customers come to together: revenue, classes, scores, churn."""
        from hub.analysis import portfolio as analysis  # numpy, which a start should not pay for

        company = info.context.hub.company
        wanted = await listed(info, filter)
        days, today = days_of(span(within), ZoneInfo(company.time_zone))
        asked = analysis.Asked(customers=wanted, days=days, today=today)
        return Portfolio(
            held=analysis.Portfolio(await info.context.snapshot(), asked), currency=Currency(company.currency)
        )


def days_of(wanted: Span | None, zone: ZoneInfo) -> tuple[Span, int]:
    """The days of a span in the hub's zone, each of them whole; and the day on which it ends, today at the latest."""
    today = clock.day(clock.now(), zone)
    if wanted is None:
        return Span(None, None), today
    start = None if wanted.start is None else clock.day(clock.moment(wanted.start), zone)
    if wanted.end is None:
        return Span(start, None), today
    end = clock.day(clock.moment(wanted.end), zone)
    last = clock.day(clock.moment(wanted.end - 1), zone)
    return Span(start, last + 1), min(end, today)
