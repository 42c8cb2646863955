"""Setting the lifecycle rules, and what people decide about the stage of customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.entries import MOST_CUSTOMERS, described_by
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.queries.lifecycle import foreseen
from hub.api.scalars import DateTime
from hub.api.types.customers import Customer
from hub.api.types.lifecycle_rules import LifecycleRulesPreview
from hub.clock import moment, now
from hub.errors import InputWrong, NotFound
from hub.ingest.outcomes import Description, Written
from hub.journey.timeline import StageDecision
from hub.values import Stage


@input_type
class ApplyLifecycleRulesInput:
    """Lifecycle rules to set."""

    rules: str = described("The whole set as TOML.")
    reason: str = described("Why.")
    dry_run: bool = optional("Only say what would change.", default=False)


@object_type
class ApplyLifecycleRulesPayload:
    """Answer to applyLifecycleRules."""

    preview: LifecycleRulesPreview | None = described("What would change; null unless it was a dry run.")
    receipt: Receipt | None = described("How far the write has come; null in a dry run.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@input_type
class DecideStageInput:
    """The stage of customers as a person decides it, whatever the rules say."""

    customers: list[strawberry.ID] = described("Which customers.")
    stage: Stage | None = optional("The stage; left out, what was decided before ends.")
    until: DateTime | None = optional("When the rules count again; never by itself when it is left out.")
    reason: str = described("Why.")


@object_type
class DecideStagePayload:
    """Answer to decideStage."""

    customers: list[Customer] | None = described("The customers as they are now. Needs the scope read.")
    receipt: Receipt | None = described("How far the write has come.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class LifecycleMutations:
    """Rules and decisions of stages."""

    @mutation
    async def apply_lifecycle_rules(
        self,
        info: Info,
        input: Annotated[ApplyLifecycleRulesInput, argument("Which.")],  # noqa: A002
    ) -> ApplyLifecycleRulesPayload:
        """Set lifecycle rules. Everybody is folded by them again, in the background; the former ones undo it."""
        if input.dry_run:
            preview, errors = await tried(foreseen(info, input.rules))
            return ApplyLifecycleRulesPayload(preview=preview, receipt=None, user_errors=errors)
        by = info.context.principal.name
        number, errors = await tried(info.context.hub.lifecycle_rules.apply(input.rules, reason=input.reason, by=by))
        got = await receipt(info, number or 0)
        return ApplyLifecycleRulesPayload(preview=None, receipt=got, user_errors=errors)

    @mutation
    async def decide_stage(
        self,
        info: Info,
        input: Annotated[DecideStageInput, argument("What was decided.")],  # noqa: A002
    ) -> DecideStagePayload:
        """Say which stage customers have, for a time or until it is taken back; the latest word stands."""
        done, errors = await tried(_decide(info, input))
        if done is None:
            return DecideStagePayload(customers=None, receipt=None, user_errors=errors)
        got = await receipt(info, done.sequence)
        return DecideStagePayload(customers=await described_by(info, done.ids), receipt=got, user_errors=[])


async def _decide(info: Info, given: DecideStageInput) -> Written:
    if not 0 < len(given.customers) <= MOST_CUSTOMERS:
        raise InputWrong(f"Decide about 1 to {MOST_CUSTOMERS} customers at once.", path="customers")
    if not given.reason.strip():
        raise InputWrong("Say why: the reason is shown with the stage.", path="reason")
    until = None if given.until is None else moment(given.until)
    if until is not None and until <= now():
        raise InputWrong("A decision ends in the future.", path="until")
    if until is not None and given.stage is None:
        raise InputWrong("A decision that is taken back has no end.", path="until")
    by = info.context.principal.name
    decision = StageDecision(given.stage, until, by, given.reason.strip())
    described_ = Description(decision=decision, reason=decision.reason)
    return await info.context.hub.describe(await _known(info, given.customers), (), described_, by)


async def _known(info: Info, ids: Sequence[strawberry.ID]) -> list[str]:
    rows = await info.context.load.customer_by_id.load_many(list(dict.fromkeys(ids)))
    found = [row.id for row in rows if row is not None]
    if len(found) < len(rows):
        place = next(place for place, row in enumerate(rows) if row is None)
        raise NotFound("There is no such customer.", path=f"customers.{place}")
    return list(dict.fromkeys(found))
