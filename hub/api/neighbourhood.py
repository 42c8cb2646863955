"""The claims that could be of some customers, resolved again: what was followed, and what was not and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.api.context import Info
from hub.identity import resolve
from hub.identity.resolve import Partition
from hub.identity.rules import Node, Rules
from hub.store import decisions, identifiers, rule_sets
from hub.store.decisions import StoredDecision
from hub.store.identifiers import StoredClaim, StoredIdentifier

MOST_CLAIMS = 5000


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    """Claims of whole components by row number, the identifiers of one side that they carry, and how they resolve."""

    claims: Mapping[int, StoredClaim]
    carried: Mapping[int, Sequence[StoredIdentifier]]
    owners: Mapping[int, int | None]
    """The customer of each claim, of the side that is looked at."""
    known: Mapping[Node, StoredIdentifier]
    """The identifiers by what they are inside the rule."""
    named: Mapping[str, int]
    """The claims of touchpoints that decisions name."""
    said: Sequence[StoredDecision]
    partition: Partition
    rules: Rules
    truncated: bool

    def of(self, customer: int) -> list[int]:
        """The claims of a customer, the first seen first."""
        return [number for number, owner in self.owners.items() if owner == customer]

    def nodes(self, claim: int) -> list[Node]:
        """What joins a claim to others: its identifiers, and the touchpoint when a decision names it."""
        nodes = [node_of(each) for each in self.carried[claim] if each.joins]
        named = self.claims[claim].touchpoint
        return nodes if named is None else [*nodes, resolve.touchpoint_node(named)]

    def owner(self, node: Node) -> int | None:
        """The customer that holds a node."""
        if node in self.partition.holders:
            return self.owners[self.partition.parts[self.partition.holders[node]][0]]  # type: ignore[index]
        return self.whose(node[3]) if node[1] == "touchpoint" else None

    def whose(self, touchpoint: str) -> int | None:
        """The customer of a touchpoint that a decision names."""
        return self.owners[self.named[touchpoint]] if touchpoint in self.named else None


async def neighbourhood(info: Info, side: str, customers: Sequence[int]) -> Neighbourhood:
    """Load and resolve the components of some customers of one side; their own claims come first."""
    snapshot = await info.context.snapshot()
    organisation = side == "ORGANISATION"
    near = await identifiers.component(snapshot, customers, organisation=organisation, limit=MOST_CLAIMS + 1)
    kept = near[:MOST_CLAIMS]
    held = await info.context.load.claim_identifiers.load_many([claim.num for claim in kept])
    carried = {claim.num: [each for each in many if each.side == side] for claim, many in zip(kept, held, strict=True)}
    named = {claim.touchpoint: claim.num for claim in kept if claim.touchpoint is not None}
    said = [each for each in await decisions.about(snapshot, list(named)) if each.side == side] if named else []
    rules = await rule_sets.identity_rules(snapshot)
    partition = resolve.resolve(
        [_claim(claim, carried[claim.num]) for claim in kept],
        [resolve.Decision(each.number, each.kind == "SAME", each.a, each.b) for each in said],
        rules,
    )
    return Neighbourhood(
        claims={claim.num: claim for claim in kept},
        carried=carried,
        owners={claim.num: claim.organisation if organisation else claim.customer for claim in kept},
        known={node_of(each): each for many in carried.values() for each in many},
        named=named,
        said=said,
        partition=partition,
        rules=rules,
        truncated=len(near) > MOST_CLAIMS,
    )


def node_of(row: StoredIdentifier) -> Node:
    """An identifier inside the rule."""
    return (row.rank, row.kind, row.namespace, row.value)


def _claim(claim: StoredClaim, held: Iterable[StoredIdentifier]) -> resolve.Claim:
    nodes = tuple(node_of(each) for each in held if each.joins)
    return resolve.Claim(claim.num, nodes, claim.first_at, claim.first_key, claim.touchpoint)
