"""The partition: a pure function of the set of standing claims and live decisions.

Kruskal over the edges of the claims in canonical order: an edge whose union would give a customer two values of a
unique kind, two sides of a "not the same", or too many identifiers is refused. The order holds no row number and no
arrival time, so any order of arrival gives the same customers (docs/identity.md has the argument and counter-examples).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.identity.normalise import aliased
from hub.identity.rules import Node, Rules, group

Key = Hashable
Group = tuple[str, str]
Marks = dict[Group, str]


@dataclass(slots=True)
class Claim:
    """A distinct set of joining identifiers of one side. ``touchpoint`` is set when a live decision names it.

    ``first_at`` (microseconds) and ``first_key`` (touchpoint id) are the least over the touchpoints that make it.
    """

    key: Key
    nodes: tuple[Node, ...]
    first_at: int
    first_key: str
    touchpoint: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's word about two touchpoints. ``same`` unites before all evidence, its contrary keeps apart."""

    number: int
    same: bool
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Edge:
    """Two identifiers seen together, first at ``first_at`` in the touchpoint ``first_key``."""

    a: Node
    b: Node
    first_at: int
    first_key: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An edge or decision that was not followed, and why (``UNIQUE``, ``DECISION``, ``SIZE``)."""

    edge: Edge
    reason: str


@dataclass(slots=True)
class Partition:
    """Claims by part; the edges that hold the parts together, the refused ones and the contradicted decisions."""

    parts: list[list[Key]]
    holders: dict[Node, int] = field(default_factory=dict)
    """Which part (place in ``parts``) holds an identifier."""
    joined: list[Edge] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    inert: list[Decision] = field(default_factory=list)
    followers: dict[Key, int] = field(default_factory=dict)
    """Claims without identifiers that a decision gives to a part. They are in none, and give no customer its id."""


def touchpoint_node(touchpoint: str) -> Node:
    """The node of a touchpoint that a live decision names: the centre of its own star."""
    return (0, "touchpoint", "", touchpoint)


def centre(claim: Claim) -> Node | None:
    """The node a claim hangs on: the touchpoint a decision names, else the strongest identifier."""
    if claim.touchpoint is not None:
        return touchpoint_node(claim.touchpoint)
    return min(claim.nodes, default=None)


def edges_of(claims: Iterable[Claim]) -> list[Edge]:
    """The distinct edges of the claims' stars in canonical order: weaker rank, stronger rank, first seen, values."""
    first: dict[tuple[Node, Node], tuple[int, str]] = {}
    for claim in claims:
        star = centre(claim)
        if star is None:
            continue
        seen = (claim.first_at, claim.first_key)
        for node in claim.nodes:
            if node != star:
                pair = (star, node) if star < node else (node, star)
                if pair not in first or seen < first[pair]:
                    first[pair] = seen
    edges = [Edge(a, b, at, by) for (a, b), (at, by) in first.items()]
    return sorted(edges, key=lambda edge: (edge.b[0], edge.a[0], edge.first_at, edge.first_key, edge.a, edge.b))


class _Forest:
    """Union-find in which each tree knows the one value it has of each unique group."""

    def __init__(self, rules: Rules, aliases: Mapping[tuple[Group, str], str]) -> None:
        self._rules = rules
        self._aliases = aliases
        self._parent: dict[Node, Node] = {}
        self._size: dict[Node, int] = {}
        self.marks: dict[Node, Marks] = {}

    def find(self, node: Node) -> Node:
        if node not in self._parent:
            self._parent[node] = node
            self._size[node] = 0 if node[1] == "touchpoint" else 1
            unique = group(node)
            self.marks[node] = {unique: self._aliases.get((unique, node[3]), node[3])} if unique else {}
        root = node
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def refusal(self, a: Node, b: Node) -> str | None:
        """Why the trees of two nodes may not become one."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return None
        small, large = sorted((self.marks[a], self.marks[b]), key=len)
        for unique, value in small.items():
            if large.get(unique, value) != value:
                return "DECISION" if unique[0] == "decision" else "UNIQUE"
        return "SIZE" if self._size[a] + self._size[b] > self._rules.most_identifiers else None

    def unite(self, a: Node, b: Node) -> None:
        a, b = self.find(a), self.find(b)
        if a == b:
            return
        if (self._size[a], len(self.marks[a])) < (self._size[b], len(self.marks[b])):
            a, b = b, a
        self._parent[b] = a
        self._size[a] += self._size.pop(b)
        self.marks[a].update(self.marks.pop(b))


def resolve(claims: Sequence[Claim], decisions: Sequence[Decision], rules: Rules) -> Partition:
    """The partition of the claims. Claims must already be without blocked and capped identifiers.

    Decisions whose touchpoints are not among the claims are passed over.
    """
    named = {claim.touchpoint for claim in claims if claim.touchpoint is not None}
    live = sorted((d for d in decisions if d.a in named and d.b in named), key=lambda d: -d.number)
    edges = edges_of(claims)
    aliases = stated = _stated(claims)
    if any(decision.same for decision in live):
        base = _Forest(rules, stated)
        accepted, _ = _decide(base, live, unite=False)
        _join(base, edges, Partition([]))
        decided = _aliases(base, [decision for decision in accepted if decision.same])
        aliases = decided | {key: decided.get((key[0], value), value) for key, value in stated.items()}
    forest = _Forest(rules, aliases)
    partition = Partition([])
    _, partition.inert = _decide(forest, live, unite=True)
    _join(forest, edges, partition)
    _collect(forest, claims, partition)
    return partition


def uncontested(claims: Sequence[Claim], rules: Rules) -> bool:
    """Whether nothing could be refused among claims that hang together, so that they are one part without more ado."""
    nodes = {node for claim in claims for node in claim.nodes}
    if len(nodes) > rules.most_identifiers or any(claim.touchpoint is not None for claim in claims):
        return False
    unique = [key for node in nodes if (key := group(node))]
    return len(unique) == len(set(unique))


def components(claims: Sequence[Claim], decisions: Iterable[Decision]) -> list[list[Claim]]:
    """Claims that hang together through shared identifiers or through decisions, however indirectly.

    Decisions whose touchpoints are not among the claims are passed over.
    """
    forest = _Forest(Rules(), {})
    for claim in claims:
        star = centre(claim)
        if star is not None:
            for node in claim.nodes:
                forest.unite(star, node)
    named = {claim.touchpoint for claim in claims}
    for decision in decisions:
        if decision.a in named and decision.b in named:
            forest.unite(touchpoint_node(decision.a), touchpoint_node(decision.b))
    found: dict[Node, list[Claim]] = {}
    for claim in claims:
        star = centre(claim)
        if star is not None:
            found.setdefault(forest.find(star), []).append(claim)
    return list(found.values())


def _decide(forest: _Forest, live: Sequence[Decision], *, unite: bool) -> tuple[list[Decision], list[Decision]]:
    """Newest first; one that contradicts a newer one is inert. Without ``unite`` sides are only kept apart."""
    checked = _Forest(Rules(), {})
    accepted: list[Decision] = []
    inert: list[Decision] = []
    for decision in live:
        a, b = touchpoint_node(decision.a), touchpoint_node(decision.b)
        contrary = checked.refusal(a, b) if decision.same else (checked.find(a) == checked.find(b))
        if contrary:
            inert.append(decision)
            continue
        accepted.append(decision)
        if decision.same:
            checked.unite(a, b)
            continue
        for each in (checked, forest):
            apart = ("decision", str(decision.number))
            each.marks[each.find(a)][apart] = "a"
            each.marks[each.find(b)][apart] = "b"
    if unite:
        for decision in accepted:
            if decision.same:
                forest.unite(touchpoint_node(decision.a), touchpoint_node(decision.b))
    return accepted, inert


def _join(forest: _Forest, edges: Iterable[Edge], partition: Partition) -> None:
    for edge in edges:
        if forest.find(edge.a) == forest.find(edge.b):
            continue
        if reason := forest.refusal(edge.a, edge.b):
            partition.refused.append(Refusal(edge, reason))
        else:
            forest.unite(edge.a, edge.b)
            partition.joined.append(edge)


def _stated(claims: Iterable[Claim]) -> dict[tuple[Group, str], str]:
    """Unique values that touchpoints state to be one: each maps to the least of its class."""
    classes: dict[tuple[Group, str], set[str]] = {}
    for node in {node for claim in claims for node in claim.nodes if node[1] == "alias"}:
        kind, a, b = aliased(node[3])
        _unite_values(classes, (kind, node[2]), a, b)
    return {key: min(values) for key, values in classes.items()}


def _unite_values(classes: dict[tuple[Group, str], set[str]], unique: Group, a: str, b: str) -> None:
    joined = classes.get((unique, a), {a}) | classes.get((unique, b), {b})
    for value in joined:
        classes[unique, value] = joined


def _aliases(base: _Forest, same: Iterable[Decision]) -> dict[tuple[Group, str], str]:
    """Unique values of the two sides of a "same" count as one value: each maps to the least of its class."""
    classes: dict[tuple[Group, str], set[str]] = {}
    for decision in same:
        a = base.marks[base.find(touchpoint_node(decision.a))]
        b = base.marks[base.find(touchpoint_node(decision.b))]
        for unique in a.keys() & b.keys():
            if unique[0] != "decision":
                _unite_values(classes, unique, a[unique], b[unique])
    return {key: min(values) for key, values in classes.items()}


def _collect(forest: _Forest, claims: Sequence[Claim], partition: Partition) -> None:
    places: dict[Node, int] = {}
    for claim in claims:
        star = centre(claim)
        if star is None or not claim.nodes:
            continue
        place = places.setdefault(forest.find(star), len(places))
        if place == len(partition.parts):
            partition.parts.append([])
        partition.parts[place].append(claim.key)
    for claim in claims:
        for node in claim.nodes:
            # An identifier whose every edge was refused hangs alone: it belongs to nobody.
            place_of = places.get(forest.find(node))
            if place_of is not None:
                partition.holders[node] = place_of
        if not claim.nodes and claim.touchpoint is not None:
            # Nobody's, unless a decision unites it with somebody who has an identifier.
            followed = places.get(forest.find(touchpoint_node(claim.touchpoint)))
            if followed is not None:
                partition.followers[claim.key] = followed
