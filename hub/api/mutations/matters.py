"""What people decide about deals, cases and follow-ups."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.entries import MoneyInput, demand_key
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.scalars import DateTime
from hub.api.types.matters import Matter
from hub.clock import moment
from hub.ingest.outcomes import MatterChange, Written
from hub.values import MatterKind, MatterOutcome, Money


@input_type
class ChangeMatterInput:
    """Open, change or close a deal, case or follow-up. What is left out stays as it is."""

    key: strawberry.ID = described("Made up by the client: the same key is stored once.")
    matter: strawberry.ID | None = optional("Which matter; left out to open one.")
    customer: strawberry.ID | None = optional("Whose a new matter is.")
    touchpoint: strawberry.ID | None = optional("The touchpoint a new matter comes from; it goes wherever that goes.")
    kind: MatterKind | None = optional("The kind of a new matter.")
    title: str | None = optional("What it is about, in one line.")
    pipeline: str | None = optional("The pipeline it moves along.")
    state: str | None = optional("Where it stands, in your own words.")
    outcome: MatterOutcome | None = optional("How it ended; this closes it.")
    open: bool | None = optional("False closes it without an outcome; true opens it again.")
    amount: MoneyInput | None = optional("What it is worth.")
    owner: strawberry.ID | None = optional("Who looks after it: a user's id, reference or e-mail address.")
    due_at: DateTime | None = optional("When it is due.")
    text: str | None = optional("Why, or what was said.")
    dry_run: bool = optional("Only show what the matter would be, or what is wrong with it.", default=False)


@object_type
class ChangeMatterPayload:
    """Answer to changeMatter."""

    matter: Matter | None = described(
        "The matter as it is now; in a dry run as it would be, with the touchpoints it has. Needs the scope read."
    )
    receipt: Receipt | None = described("How far the write has come; null in a dry run.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class MatterMutations:
    """What people decide about matters."""

    @mutation
    async def change_matter(
        self,
        info: Info,
        input: Annotated[ChangeMatterInput, argument("What was decided.")],  # noqa: A002
    ) -> ChangeMatterPayload:
        """Open, change or close a deal, case, follow-up or contract."""
        if input.dry_run:
            seen, errors = await tried(_foreseen(info, input))
            return ChangeMatterPayload(matter=seen, receipt=None, user_errors=errors)
        done, errors = await tried(_written(info, input))
        if done is None:
            return ChangeMatterPayload(matter=None, receipt=None, user_errors=errors)
        got = await receipt(info, done.sequence)
        row = await info.context.load.matter_by_id.load(done.ids[0])
        return ChangeMatterPayload(matter=Matter(row=row) if row else None, receipt=got, user_errors=[])


async def _written(info: Info, given: ChangeMatterInput) -> Written:
    return await info.context.hub.change_matter(_change(info, given))


async def _foreseen(info: Info, given: ChangeMatterInput) -> Matter:
    seen = await info.context.hub.preview_matter(_change(info, given))
    # What is asked of its history is that of the matter as it would be.
    info.context.load.matter_changes.prime(seen.row.num, seen.changes, force=True)
    return Matter(row=seen.row)


def _change(info: Info, given: ChangeMatterInput) -> MatterChange:
    demand_key(given.key)
    return MatterChange(
        key=given.key,
        matter=given.matter,
        customer=given.customer,
        touchpoint=given.touchpoint,
        kind=given.kind,
        title=given.title,
        pipeline=given.pipeline,
        state=given.state,
        outcome=given.outcome,
        open=given.open,
        amount=None if given.amount is None else Money(given.amount.amount, given.amount.currency),
        owner=given.owner,
        due=None if given.due_at is None else moment(given.due_at),
        text=given.text,
        by=info.context.principal.name,
    )
