"""Who is one customer, by a person's word: merge, split, undo."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Annotated

import strawberry

from hub.api.context import Info
from hub.api.errors import UserError, tried
from hub.api.fields import column, described, optional
from hub.api.mutations.receipt import Receipt, receipt
from hub.api.types import amounts
from hub.api.types.amounts import Money
from hub.api.types.customers import Customer
from hub.ingest import outcomes
from hub.ingest.outcomes import LinkChange


@strawberry.input(description="Customers that are one.")
class MergeCustomersInput:
    """Customers that are one."""

    customers: list[strawberry.ID] = strawberry.field(description="Two or more.")
    reason: str = strawberry.field(description="How you know.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@strawberry.input(description="Touchpoints that are of somebody else.")
class SplitCustomerInput:
    """Touchpoints that are of somebody else."""

    customer: strawberry.ID = strawberry.field(description="The customer.")
    touchpoints: list[strawberry.ID] = strawberry.field(description="Which of their touchpoints are not theirs.")
    reason: str = strawberry.field(description="How you know.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@strawberry.input(description="A merge or split to take back.")
class UndoLinkDecisionInput:
    """A merge or split to take back."""

    operation: strawberry.ID = strawberry.field(description="What the merge or split answered as operation.")
    reason: str = strawberry.field(description="Why.")
    dry_run: bool = optional("Only say what would happen.", default=False)


@strawberry.type(description="How one customer changes.")
class CustomerChange:
    """How one customer changes."""

    row: strawberry.Private[outcomes.CustomerChange]
    customer: strawberry.ID = column("The customer.")
    touchpoints_before: int = column("Touchpoints before.")
    touchpoints_after: int = column("Touchpoints after.")
    stage_before: str | None = column("The stage before.")
    stage_after: str | None = column("The stage after.")

    @strawberry.field(description="Revenue before.")
    def revenue_before(self) -> Money:
        """Revenue before."""
        return amounts.sure(self.row.revenue_before, self.row.currency)

    @strawberry.field(description="Revenue after.")
    def revenue_after(self) -> Money:
        """Revenue after."""
        return amounts.sure(self.row.revenue_after, self.row.currency)


@strawberry.type(description="Answer to mergeCustomers, splitCustomer and undoLinkDecision.")
class LinkPayload:
    """Answer to merge, split and undo."""

    operation: strawberry.ID | None = described("What undoLinkDecision takes back; null in a dry run.")
    customers: list[Customer] | None = described("The customers that stand after it. Needs the scope read.")
    moved: int = described("How many touchpoints change customer.")
    changes: list[CustomerChange] = described("How each customer changes.")
    receipt: Receipt | None = described("How far the write has come; null in a dry run.")
    user_errors: list[UserError] = described("What to change, when nothing was done.")


@strawberry.type
class LinkMutations:
    """Who is one customer."""

    @strawberry.mutation(description="Say that customers are one. It can be undone at any time.")
    async def merge_customers(
        self,
        info: Info,
        input: Annotated[MergeCustomersInput, strawberry.argument(description="Who.")],  # noqa: A002
    ) -> LinkPayload:
        """Merge customers."""
        hub, who = info.context.hub, info.context.principal.name
        customers = [str(each) for each in input.customers]
        return await _linked(info, hub.merge(customers, reason=input.reason, by=who, dry_run=input.dry_run))

    @strawberry.mutation(description="Say that touchpoints are of somebody else. It can be undone at any time.")
    async def split_customer(
        self,
        info: Info,
        input: Annotated[SplitCustomerInput, strawberry.argument(description="What.")],  # noqa: A002
    ) -> LinkPayload:
        """Split a customer."""
        hub, who = info.context.hub, info.context.principal.name
        touchpoints = [str(each) for each in input.touchpoints]
        split = hub.split(input.customer, touchpoints, reason=input.reason, by=who, dry_run=input.dry_run)
        return await _linked(info, split)

    @strawberry.mutation(description="Take a merge or split back.")
    async def undo_link_decision(
        self,
        info: Info,
        input: Annotated[UndoLinkDecisionInput, strawberry.argument(description="Which.")],  # noqa: A002
    ) -> LinkPayload:
        """Take a merge or split back."""
        hub, who = info.context.hub, info.context.principal.name
        return await _linked(info, hub.undo(input.operation, reason=input.reason, by=who, dry_run=input.dry_run))


async def _linked(info: Info, write: Awaitable[LinkChange]) -> LinkPayload:
    done, errors = await tried(write)
    if done is None:
        return LinkPayload(operation=None, customers=None, moved=0, changes=[], receipt=None, user_errors=errors)
    got = await receipt(info, done.sequence)
    rows = await info.context.load.customer_by_id.load_many(list(done.customers))
    return LinkPayload(
        operation=None if done.operation is None else strawberry.ID(done.operation),
        customers=[Customer(row=row) for row in rows if row],
        moved=done.moved,
        changes=[CustomerChange(row=each) for each in done.changes],
        receipt=got,
        user_errors=[],
    )
