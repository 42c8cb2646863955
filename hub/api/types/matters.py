"""Matters: deals, cases, orders, follow-ups."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from hub.api.connections import After, CountedConnection, First, counted, cursors
from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import JSON, DateTime, Exact, raw
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money, Quantity
from hub.api.types.node import Node
from hub.api.types.reference import Campaign, User
from hub.api.types.sources import Source, source_of
from hub.api.types.touchpoints import Touchpoint, TouchpointConnection, touchpoint
from hub.store import matters
from hub.store.matters import StoredMatter, StoredMatterChange
from hub.values import MatterKind, MatterOutcome

if TYPE_CHECKING:
    from hub.api.types.customers import Customer

DAY = 86_400_000_000
"""Microseconds."""

LazyCustomer = Annotated["Customer", strawberry.lazy("hub.api.types.customers")]


@object_type
class MatterChange:
    """A matter came into another state, or was opened, closed or opened again."""

    row: strawberry.Private[StoredMatterChange]
    at: DateTime = column("When.")
    before: str | None = column("The state before; null for the first.", name="from")
    after: str = column("The state from then on.", name="to")
    open: bool = column("Whether it was open from then on.")
    outcome: MatterOutcome | None = column("How it ended with this.")

    @field
    def days(self) -> float | None:
        """How long it stayed so, in days; whole ones where its source gave dates. Null for the state it is in."""
        return days(self.row.lasted)

    @field
    async def touchpoint(self, info: Info) -> Touchpoint | None:
        """The touchpoint that says so."""
        row = await info.context.load.touchpoint.load(self.row.touchpoint)
        return touchpoint(row) if row else None


@object_type
class MatterStateTime:
    """How long a matter was in one state, all its stays together."""

    state: str = described("The state, in its source's words.")
    stays: int = described("How often it came into it.")
    days: float = described("Days in it; until now for the state it is in, unless that is the end.")


@object_type
class Matter(Node):
    """A thing with a life of its own that touchpoints are about; its state is folded from them."""

    row: strawberry.Private[StoredMatter]
    kind: MatterKind = column("What it is.")
    reference: str = column("What its source calls it.")
    pipeline: str | None = column("The pipeline it moves along.")
    state: str = column("Where it stands, in its source's words.")
    outcome: MatterOutcome | None = column("How it ended.")
    open: bool = column("Whether it is still open.")
    opened_at: DateTime = column("When it began.")
    due_at: DateTime | None = column("When it is due.")
    closed_at: DateTime | None = column("When it ended.")
    state_since: DateTime | None = column("When it came into this state.")
    owner_name: str | None = column(
        "Who looks after it, as its source says: also where the hub knows no such user.", attribute="owner_named"
    )

    @field
    def title(self, info: Info) -> str | None:
        """The source's own words; null without the right to see contact data."""
        return self.row.title if info.context.principal.sees_contacts else None

    @field
    def amount(self) -> Money | None:
        """What it is worth."""
        return amounts.shown(self.row.amount, self.row.currency)

    @field
    def outstanding(self) -> Money | None:
        """What of it is still to be paid."""
        return amounts.shown(self.row.outstanding, self.row.currency)

    @field
    def overdue(self, info: Info) -> bool:
        """Whether it is open and past its due time."""
        return self.row.open and self.row.due_at is not None and self.row.due_at < info.context.now()

    @field
    def closed_after(self) -> float | None:
        """Days from its opening to its end: whole ones where its source gave dates. Null while it is open."""
        return days(self.row.closed_after)

    @field
    def days_open(self, info: Info) -> float:
        """Days from its opening to its end, or until now."""
        if self.row.closed_after is not None:
            return self.row.closed_after / DAY
        return max(0, info.context.now() - self.row.opened_at) / DAY

    @field
    def answered_after(self) -> float | None:
        """Of a case or conversation: days from what the customer said first to our first answer."""
        return days(self.row.answered_after)

    @field
    def balance(self) -> Quantity | None:
        """Of a loyalty account: what was earned less what was spent."""
        if self.row.balance is None:
            return None
        return Quantity(value=Exact(Decimal(self.row.balance)), unit=self.row.balance_unit or "")

    @field
    async def history(self, info: Info) -> list[MatterChange]:
        """The states it went through, the first one first."""
        return [MatterChange(row=row) for row in await info.context.load.matter_changes.load(self.row.num)]

    @field
    async def states(self, info: Info) -> list[MatterStateTime]:
        """How long it was in each state, in the order in which it first came into them."""
        return state_times(await info.context.load.matter_changes.load(self.row.num), info.context.now())

    @field
    async def owner(self, info: Info) -> User | None:
        """Who looks after it."""
        return await reference.user_of(info, self.row.owner)

    @field
    async def customer(self, info: Info) -> LazyCustomer | None:
        """Whose it is."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self.row.customer)

    @field
    async def organisation(self, info: Info) -> LazyCustomer | None:
        """The organisation it is for."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self.row.organisation)

    @field
    async def campaign(self, info: Info) -> Campaign | None:
        """The campaign that brought it."""
        return await reference.campaign_of(info, self.row.campaign)

    @field
    async def timeline(self, info: Info, first: First = None, after: After = None) -> TouchpointConnection:
        """The touchpoints about it, latest first."""
        sealed = cursors(info, "Matter.timeline", matters.TIMELINE_ORDER)
        window = sealed.window(first, after, None, None)
        page = await matters.timeline(await info.context.snapshot(), self.row.num, window)

        async def count() -> int:
            return await matters.timeline_count(await info.context.snapshot(), self.row.num)

        return TouchpointConnection(
            entries=[touchpoint(row) for row in page.rows],
            page=page,
            cursors=sealed,
            count=counted(count, limited=False),
        )

    @field
    def properties(self, info: Info) -> JSON | None:
        """What else its source says; null without the right to see contact data."""
        return raw(self.row.properties) if info.context.principal.sees_contacts else None

    @field
    async def source(self, info: Info) -> Source:
        """Where it came from."""
        return await source_of(info, self.row.source)


def days(span: int | None) -> float | None:
    """Microseconds as days."""
    return None if span is None else span / DAY


def state_times(changes: Sequence[StoredMatterChange], at: int) -> list[MatterStateTime]:
    """The stays in each state; one that has not ended lasts until ``at``, unless the matter is closed in it."""
    found: dict[str, MatterStateTime] = {}
    for change in changes:
        held = found.setdefault(change.after, MatterStateTime(state=change.after, stays=0, days=0.0))
        held.stays += 1
        lasted = change.lasted
        if lasted is None:
            lasted = max(0, at - change.at) if change.open else 0
        held.days += lasted / DAY
    return list(found.values())


@object_type
class MatterConnection(CountedConnection[Matter]):
    """A page of matters."""
