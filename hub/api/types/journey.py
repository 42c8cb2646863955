"""A customer's path through channels and stages."""

from __future__ import annotations

from datetime import datetime

import orjson
import strawberry

from hub.api.context import Info
from hub.api.graph import described, field, object_type
from hub.api.scalars import DateTime
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.clock import micros, moment
from hub.journey.path import journey
from hub.journey.reasons import Because, Change
from hub.journey.timeline import Moment
from hub.store import touchpoints
from hub.store.customers import StoredCustomer, StoredStageChange
from hub.store.touchpoints import StoredMoment, Subject
from hub.values import Channel, Direction, Stage, Standing


@object_type
class JourneyStep:
    """Touchpoints in a row by one channel and in one stage."""

    channel: Channel = described("The channel.")
    stage: Stage | None = described("The stage they were in; null before the first.")
    began: DateTime = described("The first of them.")
    ended: DateTime = described("The last of them.")
    touchpoints: int = described("How many.")
    inbound: int = described("How many of them came from the customer.")
    outbound: int = described("How many of them came from the company.")


@object_type
class ChannelUse:
    """How much a channel was used, and when."""

    channel: Channel = described("The channel.")
    first_at: DateTime = described("The first time.")
    last_at: DateTime = described("The last time.")
    touchpoints: int = described("How often.")


@object_type
class StageReached:
    """The first time a stage was reached."""

    stage: Stage = described("The stage.")
    at: DateTime = described("When.")
    days: int = described("Whole days of 24 hours since the first touch.")


@object_type
class Journey:
    """A customer's path. Automated touchpoints are no steps of it."""

    steps: list[JourneyStep] = described("The path, oldest first.")
    channels: list[ChannelUse] = described("The channels in the order they were first used.")
    reached: list[StageReached] = described("The stages in the order they were first reached.")
    touches_before_purchase: int | None = described("How many touches came before the first purchase that stands.")
    first_purchase_at: DateTime | None = described("When they first bought.")
    automated: int = described("How many automated touchpoints were passed over.")
    first_touch_id: strawberry.Private[str | None]

    @field
    async def first_touch(self, info: Info) -> Touchpoint | None:
        """The first touch that was not automated."""
        if self.first_touch_id is None:
            return None
        row = await info.context.load.touchpoint_by_id.load(self.first_touch_id)
        return touchpoint(row) if row else None


def _moment(row: StoredMoment, *, organisation: bool) -> Moment:
    return Moment(
        id=row.id,
        kind=row.kind,
        channel=Channel(row.channel),
        direction=Direction(row.direction),
        automated=bool(row.automated),
        at=moment(row.occurred_at),
        amount=row.amount,
        currency=row.currency,
        document=row.document,
        settles=row.settles,
        # Money counts once: with the organisation where there is one, else with the person.
        counted=bool(row.book_of_record) and (organisation or row.organisation is None),
    )


def _change(row: StoredStageChange) -> Change:
    kind = Stage if row.axis == "STAGE" else Standing
    because = Because(
        row.rule, row.rule_version, row.text, orjson.loads(row.facts), tuple(orjson.loads(row.touchpoints))
    )
    before, after = (None if each is None else kind(each) for each in (row.before, row.after))
    return Change("STAGE" if row.axis == "STAGE" else "STANDING", moment(row.at), before, after, because)


def _shown(at: datetime) -> DateTime:
    return DateTime(micros(at))


async def journey_of(info: Info, customer: StoredCustomer, subject: Subject) -> Journey:
    """The path of a customer, folded from the touchpoints and the stages they led to."""
    rows = await touchpoints.moments(await info.context.snapshot(), subject)
    changes = [_change(row) for row in await info.context.load.stage_changes.load(customer.num)]
    path = journey(
        (_moment(row, organisation=subject.organisation) for row in rows),
        changes,
        info.context.hub.company.revenue_basis,
    )
    bought = path.first_purchase_at
    return Journey(
        steps=[
            JourneyStep(
                channel=step.channel,
                stage=step.stage,
                began=_shown(step.began),
                ended=_shown(step.ended),
                touchpoints=step.touchpoints,
                inbound=step.inbound,
                outbound=step.outbound,
            )
            for step in path.steps
        ],
        channels=[
            ChannelUse(
                channel=use.channel,
                first_at=_shown(use.first_at),
                last_at=_shown(use.last_at),
                touchpoints=use.touchpoints,
            )
            for use in path.channels
        ],
        reached=[StageReached(stage=each.stage, at=_shown(each.at), days=each.days) for each in path.reached],
        touches_before_purchase=path.touches_before_purchase,
        first_purchase_at=None if bought is None else _shown(bought),
        automated=path.automated,
        first_touch_id=path.first_touch,
    )
