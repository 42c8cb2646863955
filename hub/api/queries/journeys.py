"""Reads about the journeys of many customers: attribution, cohorts, funnels."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

from hub.api.context import Info
from hub.api.graph import argument, field, object_type
from hub.api.saved_filters import listed
from hub.api.scalars import Duration
from hub.api.types import attribution as shown_attribution
from hub.api.types import cohorts as shown_cohorts
from hub.api.types import funnel as shown_funnel
from hub.api.types.attribution import Attribution
from hub.api.types.cohorts import CohortTable
from hub.api.types.filters import (
    CustomerFilter,
    TimeRange,
    TouchpointFilter,
    span,
    touchpoint_filter,
)
from hub.api.types.funnel import FunnelStep
from hub.clock import micros, moment
from hub.errors import InputWrong
from hub.journey.choices import AttributionDimension, AttributionModel, CohortPeriod, CohortStart
from hub.store import filters
from hub.store.reader import Snapshot

T = TypeVar("T")

Customers = Annotated[CustomerFilter | None, argument("Only such; those whose relationship is CUSTOMER unless asked.")]

MOST_STEPS = 10
MOST_PERIODS = 120
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

        given = (model, by, within, lookback, half_life, first_only, conversion, touches, filter)
        limits = span(within, info.context.now()) or filters.Span()
        present = info.context.now()
        asked = analysis.Asked(
            model=model,
            dimension=by,
            start=limits.start,
            end=present + 1 if limits.end is None else limits.end,
            lookback=length(lookback, "lookback", present),
            half_life=length(half_life, "halfLife", present) / 86_400_000_000,
            first_only=first_only,
            customers=await listed(info, filter),
            touches=touchpoint_filter(info, touches),
            converting=None if conversion is None else touchpoint_filter(info, conversion),
        )

        async def reckon(snapshot: Snapshot) -> tuple[analysis.Attributed, int]:
            return await analysis.attribution(snapshot, asked), present

        found, at = await reckoned(info, "attribution", given, reckon)
        currency = info.context.hub.company.currency if conversion is None else None
        return await shown_attribution.attribution(info, found, by, currency, at)

    @field
    async def cohorts(
        self,
        info: Info,
        by: Annotated[CohortStart, argument("What puts a customer into a cohort.")] = CohortStart.FIRST_PURCHASE,
        period: Annotated[CohortPeriod, argument("How long the periods are.")] = CohortPeriod.MONTH,
        periods: Annotated[int, argument("At most so many periods after a cohort's own.")] = 12,
        within: Annotated[TimeRange | None, argument("Only customers who began then.")] = None,
        filter: Customers = None,  # noqa: A002
    ) -> CohortTable:
        """Customers by when they began, and how many of them bought in each month or quarter since."""
        from hub.analysis import cohorts as analysis  # numpy, which a start should not pay for

        if not 0 <= periods <= MOST_PERIODS:
            raise InputWrong(f"Ask for 0 to {MOST_PERIODS} periods.", path="periods")
        company = info.context.hub.company
        asked = analysis.Asked(
            start=by,
            period=period,
            fiscal_start=company.fiscal_year_starts_in_month,
            began=span(within, info.context.now()) or filters.Span(),
            most=periods,
            customers=await listed(info, filter),
        )
        present = info.context.now()

        async def reckon(snapshot: Snapshot) -> tuple[analysis.Found, int]:
            return await analysis.cohorts(snapshot, asked), present

        found, at = await reckoned(info, "cohorts", (by, period, periods, within, filter), reckon)
        return shown_cohorts.cohorts(found, company.currency, at)

    @field
    async def funnel(
        self,
        info: Info,
        steps: Annotated[list[TouchpointFilter] | None, argument("The steps; the stages unless given.")] = None,
        within: Annotated[Duration | None, argument("All steps at most so long after the first.")] = None,
        filter: Customers = None,  # noqa: A002
    ) -> list[FunnelStep]:
        """Customers who did these steps in this order, one after another; without steps, who came to each stage."""
        from hub.analysis import funnel as analysis  # numpy, which a start should not pay for

        customers = await listed(info, filter)
        if not steps:
            if within is not None:
                raise InputWrong("The funnel of the stages has no span.", path="within")
            stages = await reckoned(info, "stages", filter, lambda snapshot: analysis.of_stages(snapshot, customers))
            return shown_funnel.of_stages(stages)
        if len(steps) > MOST_STEPS:
            raise InputWrong(f"A funnel has at most {MOST_STEPS} steps.", path="steps")
        wanted = [touchpoint_filter(info, step) for step in steps]
        soon = None if within is None else length(within, "within", info.context.now())

        async def reckon(snapshot: Snapshot) -> list[analysis.Step]:
            return await analysis.of_steps(snapshot, wanted, soon, customers)

        found = await reckoned(info, "funnel", (steps, within, filter), reckon)
        names = [", ".join(step.kinds or ()) or str(place) for place, step in enumerate(steps, 1)]
        return shown_funnel.of_steps(found, names)


async def reckoned(info: Info, name: str, given: object, reckon: Callable[[Snapshot], Awaitable[T]]) -> T:
    """What an analysis comes to. Raises ``RetryLater`` when it takes long: it goes on, and who asks again is told.

    ``given``: all arguments as the client wrote them.
    """
    context = info.context
    snapshot = await context.snapshot()
    if context.moment is not None or context.processed is None:
        return await reckon(snapshot)
    found, processed = await context.hub.reckonings.get(f"{name} {given!r}", context.processed, reckon)
    context.processed = min(context.processed, processed)
    return found


def length(duration: Duration, path: str, present: int) -> int:
    """Microseconds of a duration, back from a time (microseconds). Raises ``InputWrong`` when there are none."""
    found = present - micros(duration.added_to(moment(present), -1))
    if found <= 0:
        raise InputWrong("That duration is nothing.", path=path)
    return found
