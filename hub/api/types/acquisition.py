"""What it costs to win customers, as clients see it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import strawberry

from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money
from hub.api.types.enums import shown
from hub.api.types.reference import Campaign
from hub.journey.choices import AcquisitionDimension, ValueBasis
from hub.values import Channel

if TYPE_CHECKING:
    from hub.analysis.acquisition import Acquired, Found, Result
else:
    Acquired = Result = object  # strawberry looks these names up

shown(
    AcquisitionDimension,
    "By what customers are told apart: by the first touch that counts.",
    CHANNEL="By its channel.",
    CAMPAIGN="By its campaign.",
    SOURCE="By its utm_source.",
)
shown(
    ValueBasis,
    "What a customer's value is.",
    PREDICTED="What is expected of the next twelve months, as the last scoring run found it.",
    PAST="What they have bought so far.",
)


@object_type
class AcquisitionKey:
    """Where customers came from; null in the dimension that was asked for means that it is not known."""

    channel: Channel | None = described("The channel.")
    campaign: Campaign | None = described("The campaign. Needs the scope read.")
    source: str | None = described("The utm_source.")


@object_type
class AcquisitionRow:
    """Customers who came from one place."""

    row: strawberry.Private[Acquired]
    key: AcquisitionKey = described("From where.")
    customers: int = column("How many first bought in the span.")
    revenue: Money = described("What they have bought until today.")
    spend: Money | None = described("What was spent there in the span; null where nothing is told.")
    cost_per_customer: Money | None = described("Spend divided by customers (CAC).")
    value: Money | None = described("What one of them is worth on average (CLV).")
    value_basis: ValueBasis = column("What that value is.", attribute="basis")
    value_to_cost: float | None = column("Value divided by cost per customer (CLV:CAC).")


@object_type
class Acquisitions:
    """What it costs to win customers; docs/portfolio.md has the formulas."""

    rows: list[AcquisitionRow] = described("The most customers first.")
    not_converted: list[Money] = described("Spend in currencies without a rate, which is in no figure.")


@object_type
class CampaignResult:
    """What a campaign came to."""

    row: strawberry.Private[Result]
    spend: Money | None = described("What it cost; null where nothing is told.")
    touchpoints: int = column("How many touchpoints name it.")
    customers: int = column("How many customers these touched.")
    answers: int = column("How many of the touchpoints were the customers' own doing.")
    answered: int = column("How many customers did so.")
    redemptions: int = column("How many coupons were redeemed.")
    redeemed: int = column("How many customers did so.")
    acquired: int = column("How many of those who bought were first touched by it.")
    first_touch_revenue: Money = described("What these bought: the revenue it gets when the first touch gets all.")
    touched_revenue: Money = described(
        "What customers bought after it first touched them. Campaigns share customers, so that this adds up to more"
        " than the revenue."
    )

    @field
    async def campaign(self, info: Info) -> Campaign | None:
        """The campaign. Needs the scope read."""
        return await reference.campaign_of(info, self.row.campaign)


async def acquisitions(info: Info, found: Found, by: AcquisitionDimension, currency: str) -> Acquisitions:
    """What clients see of it."""
    keys = await asyncio.gather(*(_key(info, each.key, by) for each in found.rows))  # campaigns as one read
    return Acquisitions(
        rows=[
            AcquisitionRow(
                row=each,
                key=key,
                revenue=amounts.sure(each.revenue, currency),
                spend=amounts.shown(each.spend, currency),
                cost_per_customer=amounts.shown(each.cost_per_customer, currency),
                value=amounts.shown(each.value, currency),
            )
            for each, key in zip(found.rows, keys, strict=True)
        ],
        not_converted=[amounts.sure(minor, code) for code, minor in found.unconverted],
    )


async def _key(info: Info, key: str | int | None, by: AcquisitionDimension) -> AcquisitionKey:
    campaign = await reference.campaign_of(info, key) if isinstance(key, int) else None
    channel = Channel(str(key)) if key is not None and by is AcquisitionDimension.CHANNEL else None
    source = str(key) if key is not None and by is AcquisitionDimension.SOURCE else None
    return AcquisitionKey(channel=channel, campaign=campaign, source=source)


def campaign_result(row: Result, currency: str) -> CampaignResult:
    """What clients see of a campaign's result."""
    return CampaignResult(
        row=row,
        spend=amounts.shown(row.spend, currency),
        first_touch_revenue=amounts.sure(row.first_touch_revenue, currency),
        touched_revenue=amounts.sure(row.touched_revenue, currency),
    )
