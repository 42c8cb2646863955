"""Reads about the journeys of many customers: attribution."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.scalars import Duration
from hub.api.types import attribution as shown
from hub.api.types.attribution import Attribution
from hub.api.types.filters import (
    CustomerFilter,
    TimeRange,
    TouchpointFilter,
    customer_filter,
    span,
    touchpoint_filter,
)
from hub.clock import micros, now
from hub.errors import InputWrong
from hub.journey.choices import AttributionDimension, AttributionModel
from hub.store import filters
from hub.values import Relationship

Customers = Annotated[CustomerFilter | None, argument("Only such; those whose relationship is CUSTOMER unless asked.")]

_LOOKBACK = Duration(0, 90 * 86_400)
_HALF_LIFE = Duration(0, 7 * 86_400)


@object_type
class JourneyQueries:
    """Reads about the journeys of many customers."""

    @field
    async def attribution(
        self,
        info: Info,
        model: Annotated[AttributionModel, argument("How conversions are shared.")],
        by: Annotated[AttributionDimension, argument("Among what.")] = AttributionDimension.CHANNEL,
        within: Annotated[TimeRange | None, argument("Only conversions of this time.")] = None,
        lookback: Annotated[Duration, argument("How old a touch may be at the conversion.")] = _LOOKBACK,
        half_life: Annotated[Duration, argument("Of time decay: by what a touch older weighs half.")] = _HALF_LIFE,
        first_only: Annotated[bool, argument("Only the first conversion of each customer.")] = False,
        conversion: Annotated[
            TouchpointFilter | None, argument("Which touchpoints are conversions; purchases that stand unless given.")
        ] = None,
        touches: Annotated[
            TouchpointFilter | None,
            argument("Only such touches. Automated ones, internal ones and papers count when asked for by name."),
        ] = None,
        filter: Customers = None,  # noqa: A002
    ) -> Attribution:
        """What channels, campaigns or utm_sources get for the conversions that they led to."""
        from hub.analysis import attribution as analysis  # numpy, which a start should not pay for

        limits = span(within) or filters.Span()
        present = micros(now())
        asked = analysis.Asked(
            model=model,
            dimension=by,
            start=limits.start,
            end=present + 1 if limits.end is None else limits.end,
            lookback=length(lookback, "lookback"),
            half_life=length(half_life, "halfLife") / 86_400_000_000,
            first_only=first_only,
            customers=ours(info, filter),
            touches=touchpoint_filter(info, touches),
            converting=None if conversion is None else touchpoint_filter(info, conversion),
        )
        found = await analysis.attribution(await info.context.snapshot(), asked)
        currency = info.context.hub.company.currency if conversion is None else None
        return await shown.attribution(info, found, by, currency, present)


def ours(info: Info, wanted: CustomerFilter | None) -> filters.CustomerFilter:
    """The filter, of those whose relationship is CUSTOMER unless it says otherwise."""
    found = customer_filter(info, wanted)
    return found if found.relationships is not None else replace(found, relationships=(Relationship.CUSTOMER,))


def length(duration: Duration, path: str) -> int:
    """Microseconds of a duration, back from now. Raises ``InputWrong`` when there are none."""
    present = now()
    found = micros(present) - micros(duration.added_to(present, -1))
    if found <= 0:
        raise InputWrong("That duration is nothing.", path=path)
    return found
