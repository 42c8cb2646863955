"""Finding out why two customers are not one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.api.context import Info
from hub.api.neighbourhood import Neighbourhood, neighbourhood, node_of
from hub.api.types.customers import Customer
from hub.api.types.foreseen import FIRST
from hub.api.types.identifiers import Identifier
from hub.api.types.identity import RefusedLink, refusals, said
from hub.api.types.why_not import IdentityConflict, IdentityStep, Resemblance, SharedIdentifier, WhyNotMerged
from hub.identity import explain
from hub.identity.explain import Apart, sentence
from hub.identity.normalise import masked_name
from hub.identity.resolve import touchpoint_node
from hub.identity.rules import Node, most_names, most_stronger
from hub.store import identifiers
from hub.store.customers import StoredCustomer
from hub.store.decisions import StoredDecision
from hub.store.identifiers import StoredIdentifier

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two customers of one side with what is around them."""

    near: Neighbourhood
    a: int
    b: int

    @property
    def ends(self) -> tuple[list[int], list[int]]:
        """The claims of each."""
        return self.near.of(self.a), self.near.of(self.b)

    def held(self, number: int) -> dict[Node, StoredIdentifier]:
        """All identifiers of the claims of one, also those that do not join."""
        return {node_of(each): each for claim in self.near.of(number) for each in self.near.carried[claim]}


async def why_not(info: Info, a: StoredCustomer, b: StoredCustomer) -> WhyNotMerged:
    """The facts, and the first of them that keeps the two apart."""
    if a.num == b.num or a.kind != b.kind:
        why = Apart.ONE if a.num == b.num else Apart.SIDES
        return WhyNotMerged(
            a=Customer(row=a), b=Customer(row=b), reason=why, sentence=sentence(why), shared=[], conflicts=[],
            refused=[], decisions=[], chain=[], alike=[], truncated=False,
        )  # fmt: skip
    pair = _Pair(await neighbourhood(info, a.kind, [a.num, b.num]), a.num, b.num)
    mine, theirs = pair.held(a.num), pair.held(b.num)
    shared = [await _shared(info, pair, mine[node]) for node in sorted(mine.keys() & theirs.keys())[:FIRST]]
    refused = _refused(pair)
    chain = await _chain(info, pair)
    alike = _alike(pair, mine, theirs)
    kept_apart = _decided(pair)
    why, told = _first(pair, shared, [each.reason for each in refused], kept_apart, chain, alike)
    return WhyNotMerged(
        a=Customer(row=a), b=Customer(row=b), reason=why, sentence=told, shared=shared,
        conflicts=[
            IdentityConflict(
                kind=kind, namespace=namespace,
                a=[Identifier(row=mine[node]) for node in one], b=[Identifier(row=theirs[node]) for node in other],
            )
            for kind, namespace, one, other in _conflicts(mine, theirs)
        ],
        refused=refused[:FIRST], decisions=said(pair.near, kept_apart)[:FIRST], chain=chain, alike=alike,
        truncated=pair.near.truncated,
    )  # fmt: skip


def _first(
    pair: _Pair, shared: Sequence[SharedIdentifier], refused: Sequence[str], decided: Sequence[StoredDecision],
    chain: Sequence[object], alike: Sequence[Resemblance],
) -> tuple[Apart, str]:  # fmt: skip
    """The first thing that keeps the two apart, as a sentence too."""
    if "DECISION" in refused or any(each.kind == "NOT_SAME" for each in decided):
        return Apart.DECISION, sentence(Apart.DECISION)
    if "UNIQUE" in refused:
        conflicts = _conflicts(pair.held(pair.a), pair.held(pair.b))
        return Apart.UNIQUE, sentence(Apart.UNIQUE, kind=conflicts[0][0] if conflicts else "number")
    if "SIZE" in refused:
        return Apart.SIZE, sentence(Apart.SIZE, limit=pair.near.rules.most_identifiers)
    off = [each for each in shared if each.reason is not None]
    if off:
        why, kind = off[0], off[0].identifier.row.kind
        return Apart.SHARED, sentence(Apart.SHARED, kind, why.reason or "", why.count or 0, why.limit or 0)
    if chain:
        return Apart.CHAIN, sentence(Apart.CHAIN)
    if alike:
        return Apart.ALIKE, sentence(Apart.ALIKE, kind=alike[0].row.kind)
    return Apart.NOTHING, sentence(Apart.NOTHING)


async def _shared(info: Info, pair: _Pair, held: StoredIdentifier) -> SharedIdentifier:
    """An identifier of both, with what switched it off."""
    rules, contacts = pair.near.rules, info.context.principal.sees_contacts
    count = limit = None
    examples: list[str] = []
    snapshot = await info.context.snapshot()
    if held.blocked is None and held.capped == "SEVERAL_NAMES":
        names = await identifiers.names_beside(snapshot, held.num)
        count, limit = most_names(names), rules.most_phone_names if held.kind == "phone" else rules.most_names
        examples = [name if contacts else masked_name(name) for name in names[:_EXAMPLES]]
    elif held.blocked is None and held.capped == "MANY_STRONGER":
        stronger = await identifiers.stronger_beside(snapshot, held.num)
        count, limit = most_stronger(node_of(held), map(node_of, stronger)), rules.most_stronger
        examples = [each.value if contacts else each.masked for each in stronger[:_EXAMPLES]]
    return SharedIdentifier(
        identifier=Identifier(row=held), reason=held.blocked or held.capped, count=count, limit=limit, examples=examples
    )


def _refused(pair: _Pair) -> list[RefusedLink]:
    """Links between the two that were not followed."""
    near = pair.near
    return refusals(near, lambda edge: {near.owner(edge.a), near.owner(edge.b)} == {pair.a, pair.b})


def _decided(pair: _Pair) -> list[StoredDecision]:
    """Decisions between touchpoints of the two."""
    near = pair.near
    return [each for each in near.said if {near.whose(each.a), near.whose(each.b)} == {pair.a, pair.b}]


async def _chain(info: Info, pair: _Pair) -> list[IdentityStep]:
    """The shortest way between the two."""
    near = pair.near
    start, goal = pair.ends
    carried = {number: near.nodes(number) for number in near.claims}
    for each in near.said:
        if each.kind == "SAME" and each.a in near.named and each.b in near.named:
            # A decision ties two claims as an identifier does that both carry.
            for end in (each.a, each.b):
                carried[near.named[end]].append(touchpoint_node(f"decision {each.number}"))
    steps = []
    for number, node in explain.way(carried, start, set(goal)):
        owner = near.owners[number]
        row = await info.context.load.customer.load(owner) if owner is not None else None
        shared = near.known.get(node) if node else None
        steps.append(
            IdentityStep(
                claim=near.claims[number],
                customer=Customer(row=row) if row else None,
                identifier=Identifier(row=shared) if shared else None,
            )
        )
    return steps


def _conflicts(
    mine: dict[Node, StoredIdentifier], theirs: dict[Node, StoredIdentifier]
) -> list[tuple[str, str, list[Node], list[Node]]]:
    joining = [[node for node, held in side.items() if held.joins] for side in (mine, theirs)]
    return explain.conflicts(*joining)


def _alike(pair: _Pair, mine: dict[Node, StoredIdentifier], theirs: dict[Node, StoredIdentifier]) -> list[Resemblance]:
    names = [{pair.near.claims[number].name_key for number in end} for end in pair.ends]
    found = explain.alike((names[0], names[1]), (mine.keys(), theirs.keys()))
    return [Resemblance(row=each) for each in found]
