"""Why these touchpoints are one customer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import strawberry

from hub.api.connections import After, Before, CountedConnection, First, Last, counted, cursors
from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.neighbourhood import MOST_CLAIMS, Neighbourhood, neighbourhood
from hub.api.scalars import DateTime
from hub.api.types.customers import Customer
from hub.api.types.identifiers import Identifier
from hub.api.types.node import Node
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.identity import resolve
from hub.identity.rules import Node as Inner
from hub.store.decisions import StoredDecision
from hub.store.identifiers import StoredClaim
from hub.store.pages import Order, part

C = TypeVar("C", bound=CountedConnection[Any])

_ORDER = Order("CANONICAL", "position", "position")


async def touchpoint_by_id(info: Info, identity: str) -> Touchpoint | None:
    """A touchpoint, by its id."""
    row = await info.context.load.touchpoint_by_id.load(identity)
    return touchpoint(row) if row else None


@object_type
class IdentityClaim(Node):
    """A set of identifiers with which touchpoints name a customer."""

    row: strawberry.Private[StoredClaim]
    touchpoints: int = column("How many touchpoints name their customer so.")
    first_at: DateTime = column("When the first of them happened.")

    @field
    async def identifiers(self, info: Info) -> list[Identifier]:
        """The identifiers, strongest first."""
        return [Identifier(row=row) for row in await info.context.load.claim_identifiers.load(self.row.num)]

    @field
    async def first(self, info: Info) -> Touchpoint | None:
        """The first of the touchpoints."""
        return await touchpoint_by_id(info, self.row.first_key)


@object_type
class IdentityClaimConnection(CountedConnection[IdentityClaim]):
    """A page of claims, the first seen first."""


@dataclass(frozen=True, slots=True)
class Tie:
    """An edge with its public id: both ends, each an identifier or the touchpoint that a decision names."""

    id: str
    edge: resolve.Edge


@object_type
class IdentityLink(Node):
    """Two identifiers that were seen together; such links hold a customer together."""

    row: strawberry.Private[Tie]
    a: Identifier | None = described("One of the two; null when it stands for a touchpoint that a decision names.")
    b: Identifier | None = described("The other.")

    @field
    async def touchpoint(self, info: Info) -> Touchpoint | None:
        """The first touchpoint that carries both."""
        return await touchpoint_by_id(info, self.row.edge.first_key)


@object_type
class IdentityLinkConnection(CountedConnection[IdentityLink]):
    """A page of links, the strongest first."""


@object_type
class RefusedLink(Node):
    """A link that was not followed, and why."""

    row: strawberry.Private[Tie]
    link: IdentityLink = described("The link.")
    reason: str = described(
        "UNIQUE (two values of a kind of which a customer has one), DECISION (a person said no) or SIZE."
    )


@object_type
class RefusedLinkConnection(CountedConnection[RefusedLink]):
    """A page of links that were not followed, the strongest first."""


@object_type
class LinkDecision(Node):
    """A person's word that two touchpoints are of the same customer, or are not."""

    row: strawberry.Private[StoredDecision]
    operation: strawberry.ID = column("The operation it belongs to; undoLinkDecision takes it back.")
    kind: str = column("SAME or NOT_SAME.")
    decided_by: str = column("Who said so.")
    reason: str = column("Why.")
    decided_at: DateTime = column("When.")
    contradicted: bool = described("Whether a newer decision says otherwise, so that this one has no effect.")

    @field
    async def a(self, info: Info) -> Touchpoint | None:
        """One touchpoint."""
        return await touchpoint_by_id(info, self.row.a)

    @field
    async def b(self, info: Info) -> Touchpoint | None:
        """The other touchpoint."""
        return await touchpoint_by_id(info, self.row.b)


@object_type
class LinkDecisionConnection(CountedConnection[LinkDecision]):
    """A page of decisions, the newest first."""


@object_type
class IdentityExplanation:
    """Why these touchpoints are one customer."""

    near: strawberry.Private[Neighbourhood]
    customer: Customer = described("The customer.")
    truncated: bool = described(
        f"Whether only the first {MOST_CLAIMS:,} claims of those that hang together with it were looked at."
    )

    @field
    def claims(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> IdentityClaimConnection:
        """With what touchpoints name the customer."""
        found = [IdentityClaim(row=self.near.claims[number]) for number in self._own]
        return _page(info, IdentityClaimConnection, "claims", found, (first, after, last, before))

    @field
    def links(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> IdentityLinkConnection:
        """What holds the customer together: a tree, without detours."""
        mine = self._nodes
        found = [link(self.near, edge) for edge in self.near.partition.joined if edge.a in mine and edge.b in mine]
        return _page(info, IdentityLinkConnection, "links", found, (first, after, last, before))

    @field
    def refused(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> RefusedLinkConnection:
        """What would join the customer to another, and why it does not."""
        mine = self._nodes
        found = refusals(self.near, lambda edge: edge.a in mine or edge.b in mine)
        return _page(info, RefusedLinkConnection, "refused", found, (first, after, last, before))

    @field
    def decisions(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> LinkDecisionConnection:
        """What people decided about the customer, and about others who hang together with it."""
        found = said(self.near, self.near.said)
        return _page(info, LinkDecisionConnection, "decisions", found, (first, after, last, before))

    @property
    def _own(self) -> list[int]:
        return self.near.of(self.customer.row.num)

    @property
    def _nodes(self) -> set[Inner]:
        return {node for number in self._own for node in self.near.nodes(number)}


async def explain(info: Info, customer: Customer) -> IdentityExplanation:
    """Resolve the customer's neighbourhood again, and keep what was followed and what was not."""
    near = await neighbourhood(info, customer.row.kind, [customer.row.num])
    return IdentityExplanation(near=near, customer=customer, truncated=near.truncated)


def link(near: Neighbourhood, edge: resolve.Edge) -> IdentityLink:
    """An edge with its identifiers."""
    a, b = (Identifier(row=near.known[node]) if node in near.known else None for node in (edge.a, edge.b))
    return IdentityLink(row=_tie("lnk", near, edge), a=a, b=b)


def refusals(near: Neighbourhood, wanted: Callable[[resolve.Edge], bool] = lambda _: True) -> list[RefusedLink]:
    """Edges that were not followed, and why."""
    return [
        RefusedLink(row=_tie("rfl", near, each.edge), link=link(near, each.edge), reason=each.reason)
        for each in near.partition.refused
        if wanted(each.edge)
    ]


def _tie(prefix: str, near: Neighbourhood, edge: resolve.Edge) -> Tie:
    ends = (near.known[node].id if node in near.known else node[3] for node in (edge.a, edge.b))
    return Tie("_".join((prefix, *ends)), edge)


def said(near: Neighbourhood, decisions: Sequence[StoredDecision]) -> list[LinkDecision]:
    """Decisions, and whether newer ones contradict them."""
    inert = {each.number for each in near.partition.inert}
    return [LinkDecision(row=each, contradicted=each.number in inert) for each in decisions]


def _page(
    info: Info,
    connection: type[C],
    name: str,
    found: Sequence[Any],
    asked: tuple[int | None, str | None, int | None, str | None],
) -> C:
    sealed = cursors(info, f"IdentityExplanation.{name}", _ORDER)
    page = part(found, sealed.window(*asked))

    async def count() -> int:
        return len(found)

    return connection(entries=page.rows, page=page, cursors=sealed, count=counted(count, limited=False))
