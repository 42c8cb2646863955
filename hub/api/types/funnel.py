"""Funnels as clients see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hub.api.graph import described, object_type
from hub.api.scalars import Duration
from hub.values import Stage

if TYPE_CHECKING:
    from hub.analysis.funnel import StageStep, Step


@object_type
class FunnelStep:
    """One step of a funnel. What is said of stays is null unless the steps are stages."""

    name: str = described("The stage, or the kinds that were asked for, else the number of the step.")
    customers: int = described("Who came so far. Of stages: who ever came to it or further.")
    conversion: float | None = described("The part of those at the step before who came on; null where nobody was.")
    overall: float | None = described("The part of those at the first step who came so far; null where nobody was.")
    median_time: Duration | None = described(
        "The median time since the step before; of stages, of those who did not skip that one."
    )
    stage: Stage | None = described("The stage.")
    entered: int | None = described("Who ever were in this stage itself.")
    still_there: int | None = described("Who are in it.")
    left: int | None = described("How often somebody left it, for a further one or back.")
    median_stay: Duration | None = described("The median time in it, of those times.")
    mean_stay: Duration | None = described("The mean time in it, of those times.")


def of_steps(found: Sequence[Step], names: Sequence[str]) -> list[FunnelStep]:
    """Steps that were asked for."""
    return [
        FunnelStep(
            name=name,
            customers=step.customers,
            conversion=_before(found, place),
            overall=_part(step, found[0]),
            median_time=_duration(step.median),
            stage=None,
            entered=None,
            still_there=None,
            left=None,
            median_stay=None,
            mean_stay=None,
        )
        for place, (step, name) in enumerate(zip(found, names, strict=True))
    ]


def of_stages(found: Sequence[StageStep]) -> list[FunnelStep]:
    """The stages."""
    return [
        FunnelStep(
            name=step.stage.value,
            customers=step.customers,
            conversion=_before(found, place),
            overall=_part(step, found[0]),
            median_time=_duration(step.median),
            stage=step.stage,
            entered=step.entered,
            still_there=step.still,
            left=step.left,
            median_stay=_duration(step.median_stay),
            mean_stay=_duration(step.mean_stay),
        )
        for place, step in enumerate(found)
    ]


def _before(found: Sequence[Step], place: int) -> float | None:
    return _part(found[place], found[place - 1]) if place else None


def _part(step: Step, whole: Step) -> float | None:
    return step.customers / whole.customers if whole.customers else None


def _duration(micros: float | None) -> Duration | None:
    return None if micros is None else Duration(0, round(micros / 1_000_000))
