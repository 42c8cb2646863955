"""What the touches of customers get for what they led to."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hub.api.context import Info
from hub.api.graph import described, object_type
from hub.api.scalars import DateTime
from hub.api.types import amounts
from hub.api.types.amounts import Money
from hub.api.types.reference import Campaign, campaign_of
from hub.journey.choices import AttributionDimension
from hub.values import Channel

if TYPE_CHECKING:
    from hub.analysis.attribution import Attributed


@object_type
class AttributionKey:
    """What gets the credit; all but the dimension asked for are null."""

    channel: Channel | None = described("The channel.")
    campaign: Campaign | None = described("The campaign.")
    utm_source: str | None = described("The utm_source.")


@object_type
class AttributionRow:
    """What one channel, campaign or utm_source gets."""

    key: AttributionKey = described("Which.")
    conversions: float = described("Its conversions, parts of them too; all rows sum up to those that were touched.")
    amount: Money | None = described("Its part of the amount; all rows sum up exactly. Null unless purchases convert.")
    share: float = described("Its part of the conversions that were touched, 0 to 1.")
    removal_effect: float | None = described("The part of conversions lost without it, 0 to 1; of the Markov model.")


@object_type
class Attribution:
    """How conversions are shared among the touches before them; docs/attribution.md has the formulas."""

    rows: list[AttributionRow] = described("The most credited first.")
    conversions: int = described("All conversions.")
    amount: Money | None = described("What they brought. Null unless purchases convert.")
    untouched: int = described("Conversions without a touch within the lookback: they came directly.")
    untouched_amount: Money | None = described("What those brought. Null unless purchases convert.")
    paths: int = described("Paths counted: one for each conversion, and one for each customer who has not converted.")
    not_converted: list[Money] = described("What was bought in currencies without a rate, and is in no amount.")
    computed_at: DateTime = described("When this was reckoned.")


async def attribution(
    info: Info, found: Attributed, dimension: AttributionDimension, currency: str | None, at: int
) -> Attribution:
    """What clients see of it. ``currency``: the reporting currency, where conversions have amounts."""
    from hub.journey.attribution import apportioned  # numpy, which a start should not pay for

    credit = found.credits
    total, total_amount = credit.total - credit.untouched, credit.total_amount - credit.untouched_amount

    # Rounded, so that the noise of floating point decides no order.
    def rank(place: int) -> tuple[float, str]:
        return -round(float(credit.conversions[place]), 9), str(found.keys[place])

    order = sorted(range(len(found.keys)), key=rank)
    parts = apportioned([credit.amounts[place] for place in order], total_amount)

    async def row(place: int, minor: int) -> AttributionRow:
        conversions = float(credit.conversions[place])
        return AttributionRow(
            key=await _key(info, found.keys[place], dimension),
            conversions=conversions,
            amount=amounts.shown(minor, currency),
            share=conversions / total if total else 0.0,
            removal_effect=None if credit.effects is None else float(credit.effects[place]),
        )

    return Attribution(
        rows=await asyncio.gather(*map(row, order, parts)),  # campaigns as one read
        conversions=credit.total,
        amount=amounts.shown(credit.total_amount, currency),
        untouched=credit.untouched,
        untouched_amount=amounts.shown(credit.untouched_amount, currency),
        paths=credit.paths,
        not_converted=[amounts.sure(minor, code) for code, minor in found.unconverted],
        computed_at=DateTime(at),
    )


async def _key(info: Info, key: str | int, dimension: AttributionDimension) -> AttributionKey:
    return AttributionKey(
        channel=Channel(str(key)) if dimension is AttributionDimension.CHANNEL else None,
        campaign=await campaign_of(info, int(key)) if dimension is AttributionDimension.CAMPAIGN else None,
        utm_source=str(key) if dimension is AttributionDimension.UTM_SOURCE else None,
    )
