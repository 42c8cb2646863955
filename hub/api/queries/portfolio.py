"""Reads about the whole portfolio."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from hub import clock
from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.saved_filters import listed
from hub.api.scalars import Currency
from hub.api.types.acquisition import Acquisitions, CampaignResult, acquisitions, campaign_result
from hub.api.types.filters import CustomerFilter, TimeRange, span
from hub.api.types.portfolio import Portfolio
from hub.errors import InputWrong
from hub.journey.choices import AcquisitionDimension
from hub.store.filters import Span

MOST_CAMPAIGNS = 500


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
        within: Annotated[TimeRange | None, argument("Bought then. Recency counts back from its end.")] = None,
    ) -> Portfolio:
        """What customers come to together: revenue, classes, scores, churn."""
        from hub.analysis import portfolio as analysis  # numpy, which a start should not pay for

        company = info.context.hub.company
        wanted = await listed(info, filter)
        days, today = days_of(span(within, info.context.now()), ZoneInfo(company.time_zone), info.context.now())
        asked = analysis.Asked(customers=wanted, days=days, today=today)
        return Portfolio(
            held=analysis.Portfolio(await info.context.snapshot(), asked), currency=Currency(company.currency)
        )

    @field
    async def acquisition(
        self,
        info: Info,
        by: Annotated[AcquisitionDimension, argument("By what.")] = AcquisitionDimension.CHANNEL,
        acquired: Annotated[TimeRange | None, argument("Who first bought then; spend of that time.")] = None,
        filter: Annotated[  # noqa: A002
            CustomerFilter | None, argument("Of such customers; those whose relationship is CUSTOMER unless asked.")
        ] = None,
    ) -> Acquisitions:
        """What it cost to win customers, and what they are worth."""
        from hub.analysis import acquisition as analysis

        company, wanted = info.context.hub.company, span(acquired, info.context.now()) or Span()
        days, _ = days_of(wanted, ZoneInfo(company.time_zone), info.context.now())
        asked = analysis.Asked(
            by=by, customers=await listed(info, filter), span=wanted, days=days, currency=company.currency
        )
        found = await analysis.acquired(await info.context.snapshot(), asked)
        return await acquisitions(info, found, by, company.currency)

    @field
    async def campaigns(
        self,
        info: Info,
        within: Annotated[TimeRange | None, argument("Touchpoints, purchases and spend of this time.")] = None,
        first: Annotated[int, argument("At most so many.")] = 100,
    ) -> list[CampaignResult]:
        """What campaigns came to: those that touched most customers first."""
        from hub.analysis import acquisition as analysis

        if not 0 <= first <= MOST_CAMPAIGNS:
            raise InputWrong(f"Ask for 0 to {MOST_CAMPAIGNS} campaigns.", path="first")
        company, wanted = info.context.hub.company, span(within, info.context.now()) or Span()
        days, _ = days_of(wanted, ZoneInfo(company.time_zone), info.context.now())
        found = await analysis.campaigns(await info.context.snapshot(), wanted, days, company.currency)
        return [campaign_result(each, company.currency) for each in found[:first]]


def days_of(wanted: Span | None, zone: ZoneInfo, now: int) -> tuple[Span, int]:
    """The days of a span in the hub's zone, each of them whole; and the day on which it ends, today at the latest."""
    today = clock.day(clock.moment(now), zone)
    if wanted is None:
        return Span(None, None), today
    start = None if wanted.start is None else clock.day(clock.moment(wanted.start), zone)
    if wanted.end is None:
        return Span(start, None), today
    end = clock.day(clock.moment(wanted.end), zone)
    last = clock.day(clock.moment(wanted.end - 1), zone)
    return Span(start, last + 1), min(end, today)
