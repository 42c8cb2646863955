"""Why these touchpoints are one customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import strawberry

from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import DateTime
from hub.api.types.customers import Customer
from hub.api.types.identifiers import Identifier
from hub.api.types.touchpoints import Touchpoint, touchpoint
from hub.identity import resolve
from hub.identity.rules import Node, Rules
from hub.store import decisions, identifiers
from hub.store.decisions import StoredDecision
from hub.store.identifiers import StoredClaim, StoredIdentifier

MOST_CLAIMS = 1000


async def _touchpoint(info: Info, identity: str) -> Touchpoint | None:
    row = await info.context.load.touchpoint_by_id.load(identity)
    return touchpoint(row) if row else None


@object_type
class IdentityClaim:
    """A set of identifiers with which touchpoints name a customer."""

    row: strawberry.Private[StoredClaim]
    touchpoints: int = column("How many touchpoints name their customer so.")
    first_at: DateTime = column("When the first of them happened.")

    @field
    async def identifiers(self, info: Info) -> list[Identifier]:
        """The identifiers, strongest first."""
        return [Identifier(row=row) for row in await info.context.load.claim_identifiers.load(self.row.num)]


@object_type
class IdentityLink:
    """Two identifiers that were seen together; such links hold a customer together."""

    edge: strawberry.Private[resolve.Edge]
    a: Identifier | None = described("One of the two; null when it stands for a touchpoint that a decision names.")
    b: Identifier | None = described("The other.")

    @field
    async def touchpoint(self, info: Info) -> Touchpoint | None:
        """The first touchpoint that carries both."""
        return await _touchpoint(info, self.edge.first_key)


@object_type
class RefusedLink:
    """A link that was not followed, and why."""

    link: IdentityLink = described("The link.")
    reason: str = described(
        "UNIQUE (two values of a kind of which a customer has one), DECISION (a person said no) or SIZE."
    )


@object_type
class LinkDecision:
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
        return await _touchpoint(info, self.row.a)

    @field
    async def b(self, info: Info) -> Touchpoint | None:
        """The other touchpoint."""
        return await _touchpoint(info, self.row.b)


@object_type
class IdentityExplanation:
    """Why these touchpoints are one customer."""

    customer: Customer = described("The customer.")
    claims: list[IdentityClaim] = described("With what touchpoints name the customer.")
    links: list[IdentityLink] = described("What holds the customer together: a tree, without detours.")
    refused: list[RefusedLink] = described("What would join the customer to another, and why it does not.")
    decisions: list[LinkDecision] = described("What people decided, newest first.")
    truncated: bool = described(f"Whether only the first {MOST_CLAIMS} claims were looked at.")


async def explain(info: Info, customer: Customer) -> IdentityExplanation:
    """Resolve the customer's neighbourhood again, and keep what was followed and what was not."""
    snapshot = await info.context.snapshot()
    side = customer.row.kind
    near = await identifiers.component(
        snapshot, customer.row.num, organisation=customer.subject.organisation, limit=MOST_CLAIMS
    )
    held = await info.context.load.claim_identifiers.load_many([claim.num for claim in near])
    carried = {claim.num: [each for each in many if each.side == side] for claim, many in zip(near, held, strict=True)}
    named = [claim.touchpoint for claim in near if claim.touchpoint is not None]
    said = [each for each in await decisions.about(snapshot, named) if each.side == side] if named else []
    partition = resolve.resolve(
        [_claim(claim, carried[claim.num]) for claim in near],
        [resolve.Decision(each.number, each.kind == "SAME", each.a, each.b) for each in said],
        Rules(),
    )
    known = {_node(each): each for many in carried.values() for each in many}
    own = {
        claim.num
        for claim in near
        if (claim.organisation if customer.subject.organisation else claim.customer) == customer.row.num
    }
    mine = {_node(each) for number in own for each in carried[number]}
    mine |= {resolve.touchpoint_node(claim.touchpoint) for claim in near if claim.num in own and claim.touchpoint}
    inert = {each.number for each in partition.inert}
    return IdentityExplanation(
        customer=customer,
        claims=[IdentityClaim(row=claim) for claim in near if claim.num in own],
        links=[_link(edge, known) for edge in _touching(partition.joined, mine)],
        refused=[
            RefusedLink(link=_link(refusal.edge, known), reason=refusal.reason)
            for refusal in partition.refused
            if refusal.edge.a in mine or refusal.edge.b in mine
        ],
        decisions=[LinkDecision(row=each, contradicted=each.number in inert) for each in said],
        truncated=len(near) == MOST_CLAIMS,
    )


def _touching(edges: Iterable[resolve.Edge], nodes: set[Node]) -> Iterable[resolve.Edge]:
    return (edge for edge in edges if edge.a in nodes and edge.b in nodes)


def _node(row: StoredIdentifier) -> Node:
    return (row.rank, row.kind, row.namespace, row.value)


def _claim(claim: StoredClaim, held: list[StoredIdentifier]) -> resolve.Claim:
    nodes = tuple(_node(each) for each in held if each.joins)
    return resolve.Claim(claim.num, nodes, claim.first_at, claim.first_key, claim.touchpoint)


def _link(edge: resolve.Edge, known: Mapping[Node, StoredIdentifier]) -> IdentityLink:
    a, b = (Identifier(row=known[node]) if node in known else None for node in (edge.a, edge.b))
    return IdentityLink(edge=edge, a=a, b=b)
