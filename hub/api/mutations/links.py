"""Who is one customer, by a person's word: merge, split, undo."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.graph import argument, described, input_type, mutation, object_type, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.types.customers import Customer
from hub.api.types.foreseen import CustomerChange, MovedTouchpoint
from hub.ingest.outcomes import LinkChange


@input_type
class MergeCustomersInput:
    """Customers that are one."""

    customers: list[strawberry.ID] = described("Two or more.")
    reason: str = described("How you know.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@input_type
class SplitCustomerInput:
    """Touchpoints that are of somebody else."""

    customer: strawberry.ID = described("The customer.")
    touchpoints: list[strawberry.ID] = described("Which of their touchpoints are not theirs.")
    reason: str = described("How you know.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@input_type
class UndoLinkDecisionInput:
    """A merge or split to take back."""

    operation: strawberry.ID = described("What the merge or split answered as operation.")
    reason: str = described("Why.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@object_type
class LinkPayload:
    """Answer to decisions: mergeCustomers, splitCustomer, undoLinkDecision, acceptSuggestion, refuseSuggestion."""

    operation: strawberry.ID | None = described("What undoLinkDecision takes back; null in a dry run.")
    customers: list[Customer] | None = described("The customers that stand after it. Needs the scope read.")
    moved: int = described("How many touchpoints change customer.")
    moves: list[MovedTouchpoint] = described("The first 100 of them, with from and to.")
    changes: list[CustomerChange] = described("How each customer changes.")
    receipt: Receipt | None = described("How far the write has come; null in a dry run.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@object_type
class LinkMutations:
    """Who is one customer."""

    @mutation
    async def merge_customers(
        self,
        info: Info,
        input: Annotated[MergeCustomersInput, argument("Who.")],  # noqa: A002
    ) -> LinkPayload:
        """Say that customers are one. It can be undone at any time."""
        hub, who = info.context.hub, info.context.principal.name
        customers = [str(each) for each in input.customers]
        return await linked(info, hub.corrections.merge(customers, reason=input.reason, by=who, dry_run=input.dry_run))

    @mutation
    async def split_customer(
        self,
        info: Info,
        input: Annotated[SplitCustomerInput, argument("What.")],  # noqa: A002
    ) -> LinkPayload:
        """Say that touchpoints are of somebody else. It can be undone at any time."""
        hub, who = info.context.hub, info.context.principal.name
        touchpoints = [str(each) for each in input.touchpoints]
        split = hub.corrections.split(input.customer, touchpoints, reason=input.reason, by=who, dry_run=input.dry_run)
        return await linked(info, split)

    @mutation
    async def undo_link_decision(
        self,
        info: Info,
        input: Annotated[UndoLinkDecisionInput, argument("Which.")],  # noqa: A002
    ) -> LinkPayload:
        """Take a merge or split back."""
        hub, who = info.context.hub, info.context.principal.name
        return await linked(
            info, hub.corrections.undo(input.operation, reason=input.reason, by=who, dry_run=input.dry_run)
        )


async def linked(info: Info, write: Awaitable[LinkChange]) -> LinkPayload:
    """Carry out, or rehearse, a decision, and answer with what it changes."""
    done, errors = await tried(write)
    if done is None:
        return LinkPayload(
            operation=None, customers=None, moved=0, moves=[], changes=[], receipt=None, user_errors=errors
        )
    got = await receipt(info, done.sequence)
    rows = await info.context.load.customer_by_id.load_many(list(done.customers))
    return LinkPayload(
        operation=None if done.operation is None else strawberry.ID(done.operation),
        customers=[Customer(row=row) for row in rows if row],
        moved=done.moved,
        moves=[MovedTouchpoint(row=each) for each in done.moves],
        changes=[CustomerChange(row=each) for each in done.changes],
        receipt=got,
        user_errors=[],
    )
