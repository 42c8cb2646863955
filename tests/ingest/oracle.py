"""Who is who by the rule as it is written (docs/identity.md), from touchpoints one by one, all of them at once.

Slow, plain, and without a word of ``hub.identity.resolve`` or of ``hub.ingest``: what it shares with the hub is how
identifiers are made canonical, and which of them are blocked.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.identity.normalise import aliased
from hub.identity.rules import Rules
from tests.ingest.builders import Bench

UNIQUE = ("contact", "user", "vat", "group")

Node = tuple[int, str, str, str]
"""(rank, kind, namespace, value); a touchpoint that a decision names is (0, "", "", id)."""

Value = tuple[str, str, str]
"""(kind, namespace, value) of a unique kind."""


@dataclass
class Seen:
    """A standing touchpoint with the identifiers of one side that join."""

    id: str
    at: int
    nodes: list[Node]


@dataclass
class Part:
    """A customer in the making: what it holds, and the value it has of each unique kind."""

    nodes: set[Node]
    unique: dict[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True)
class Word:
    """A live decision."""

    number: int
    same: bool
    a: str
    b: str


class Parts:
    """The parts of one side, and who may not be together."""

    def __init__(self, rules: Rules, one_value: Mapping[Value, str], apart: Iterable[Word]) -> None:
        self.rules = rules
        self.one_value = one_value
        self.apart = [(_named(word.a), _named(word.b)) for word in apart]
        self.of: dict[Node, Part] = {}

    def __getitem__(self, node: Node) -> Part:
        if node not in self.of:
            part = Part({node})
            if node[1] in UNIQUE:
                part.unique[node[1], node[2]] = self.one_value.get(node[1:], node[3])
            self.of[node] = part
        return self.of[node]

    def unite(self, one: Node, other: Node, *, by_decision: bool = False) -> None:
        a, b = self[one], self[other]
        if a is b or (not by_decision and self._refused(a, b)):
            return
        a.nodes |= b.nodes
        a.unique |= b.unique
        for node in b.nodes:
            self.of[node] = a

    def _refused(self, a: Part, b: Part) -> bool:
        if any(a.unique[kind] != b.unique[kind] for kind in a.unique.keys() & b.unique.keys()):
            return True
        if any((x in a.nodes and y in b.nodes) or (x in b.nodes and y in a.nodes) for x, y in self.apart):
            return True
        return sum(node[0] > 0 for node in a.nodes | b.nodes) > self.rules.most_identifiers


def who_is_who(bench: Bench, rules: Rules) -> set[tuple[str, frozenset[str]]]:
    """(side, touchpoints) of every customer, of those touchpoints that name theirs or whom a decision gave to it."""
    words: dict[str, list[Word]] = {"PERSON": [], "ORGANISATION": []}
    for number, side, same, a, b in _live(bench):
        words[side].append(Word(number, same, a, b))
    carried = _carried(bench, rules)
    found: set[tuple[str, frozenset[str]]] = set()
    for side, said in words.items():
        seen = [
            Seen(id_, at, sorted(node for node, about in nodes if about == side))
            for id_, (at, nodes) in carried.items()
        ]
        for members in _customers(seen, said, rules):
            found.add((side, frozenset(members)))
    return found


def as_stored(bench: Bench) -> set[tuple[str, frozenset[str]]]:
    """The same as the hub has it, followers left out."""
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    for id_, customer, kind, organisation in bench.projection.all(
        "SELECT t.id, c.id, c.kind, o.id FROM touchpoint t JOIN claim k ON k.num = t.claim "
        "LEFT JOIN customer c ON c.num = k.customer LEFT JOIN customer o ON o.num = k.organisation "
        "WHERE t.retracted_at IS NULL"
    ):
        if customer is not None:
            members[kind, customer].add(id_)
        if organisation is not None:
            members["ORGANISATION", organisation].add(id_)
    return {(kind, frozenset(held)) for (kind, _), held in members.items()}


# The rule -----------------------------------------------------------------------------------------------------


def _customers(seen: list[Seen], said: list[Word], rules: Rules) -> list[set[str]]:
    named = {end for word in said for end in (word.a, word.b)} & {each.id for each in seen}
    accepted = _accepted([word for word in said if {word.a, word.b} <= named])
    apart = [word for word in accepted if not word.same]
    same = [word for word in accepted if word.same]
    stated = _stated(seen)
    alone = _joined(Parts(rules, stated, apart), seen, named)
    decided = _one_value(alone, same)
    both = decided | {value: decided.get((*value[:2], least), least) for value, least in stated.items()}
    parts = Parts(rules, both, apart)
    for word in same:
        parts.unite(_named(word.a), _named(word.b), by_decision=True)
    _joined(parts, seen, named)
    members: dict[int, set[str]] = defaultdict(set)
    customers: set[int] = set()
    for each in seen:
        if each.nodes or each.id in named:
            part = parts[_centre(each, named)]
            members[id(part)].add(each.id)
            if each.nodes:
                customers.add(id(part))
    return [members[part] for part in customers]


def _joined(parts: Parts, seen: list[Seen], named: set[str]) -> Parts:
    """Every edge, the strongest and then the earliest first."""
    edges: dict[tuple[Node, Node], tuple[int, str]] = {}
    for each in seen:
        for node in each.nodes:
            pair = (min(_centre(each, named), node), max(_centre(each, named), node))
            if pair[0] != pair[1]:
                edges[pair] = min(edges.get(pair, (each.at, each.id)), (each.at, each.id))
    for pair in sorted(edges, key=lambda pair: (pair[1][0], pair[0][0], *edges[pair], pair)):
        parts.unite(*pair)
    return parts


def _accepted(said: list[Word]) -> list[Word]:
    """The newest first; one that contradicts those before it is passed over."""
    accepted: list[Word] = []
    for word in sorted(said, key=lambda word: -word.number):
        together = _together(accepted)
        if word.same:
            both = together(word.a) | together(word.b)
            contradicted = any(not other.same and {other.a, other.b} <= both for other in accepted)
        else:
            contradicted = word.b in together(word.a)
        if not contradicted:
            accepted.append(word)
    return accepted


def _together(accepted: Iterable[Word]) -> Any:
    same = [{word.a, word.b} for word in accepted if word.same]

    def of(touchpoint: str) -> set[str]:
        found = {touchpoint}
        while any(pair & found and not pair <= found for pair in same):
            found |= {end for pair in same if pair & found for end in pair}
        return found

    return of


def _one_value(alone: Parts, same: Iterable[Word]) -> dict[Value, str]:
    """The unique values that both sides of a "same" have without it are one."""
    pairs = []
    for word in same:
        a, b = alone[_named(word.a)], alone[_named(word.b)]
        pairs += [{(*kind, a.unique[kind]), (*kind, b.unique[kind])} for kind in a.unique.keys() & b.unique.keys()]
    return _classes(pairs)


def _stated(seen: Iterable[Seen]) -> dict[Value, str]:
    """The unique values that touchpoints say are one."""
    pairs = []
    for node in {node for each in seen for node in each.nodes if node[1] == "alias"}:
        kind, a, b = aliased(node[3])
        pairs.append({(kind, node[2], a), (kind, node[2], b)})
    return _classes(pairs)


def _classes(pairs: Iterable[set[Value]]) -> dict[Value, str]:
    """The least value of all that are one with it."""
    classes: list[set[Value]] = []
    for pair in pairs:
        apart = [each for each in classes if not each & pair]
        classes = [*apart, pair.union(*(each for each in classes if each & pair))]
    return {value: min(each)[2] for each in classes for value in each}


def _named(touchpoint: str) -> Node:
    return (0, "", "", touchpoint)


def _centre(each: Seen, named: set[str]) -> Node:
    return _named(each.id) if each.id in named else each.nodes[0]


# What the hub was told ----------------------------------------------------------------------------------------


def _live(bench: Bench) -> list[tuple[int, str, bool, str, str]]:
    withdrawn = {
        target: not restore
        for target, restore in bench.truth.all(
            "SELECT target, restore FROM withdrawal WHERE kind = 'DECISION' ORDER BY number"
        )
    }
    return [
        (number, side, kind == "SAME", a, b)
        for number, operation, side, kind, a, b in bench.truth.all(
            "SELECT number, operation, side, kind, a, b FROM decision"
        )
        if not withdrawn.get(operation)
    ]


def _carried(bench: Bench, rules: Rules) -> dict[str, tuple[int, set[tuple[Node, str]]]]:
    """(time, identifiers that join with their sides) of the standing touchpoints that carry any."""
    rows = bench.projection.all(
        "SELECT t.id, t.occurred_at, k.name_key, i.rank, i.kind, i.namespace, i.value, i.side, i.blocked, i.hidden "
        "FROM touchpoint t JOIN claim k ON k.num = t.claim JOIN claim_identifier ci ON ci.claim = k.num "
        "JOIN identifier i ON i.num = ci.identifier WHERE t.retracted_at IS NULL"
    )
    names: dict[tuple[Node, str], set[str]] = defaultdict(set)
    beside: dict[tuple[Node, str], set[Node]] = defaultdict(set)
    held: dict[str, set[tuple[Node, str]]] = defaultdict(set)
    joining: dict[str, set[tuple[Node, str]]] = defaultdict(set)
    made: set[Node] = set()
    for id_, _, name, rank, kind, namespace, value, side, blocked, hidden in rows:
        node = (rank, kind, namespace, value)
        held[id_].add((node, side))
        if name:
            names[node, side].add(name)
        if blocked is None:
            joining[id_].add((node, side))
        if hidden:
            made.add(node)
    for id_, nodes in held.items():
        for node, side in nodes:
            beside[node, side] |= {other for other, _ in joining[id_] if other[0] < node[0]}
    capped = {
        (node, side)
        for node, side in set().union(*held.values())
        if node not in made and _capped(node, names[node, side], beside[node, side], rules)
    }
    return {row[0]: (row[1], joining[row[0]] - capped) for row in rows}


def _capped(node: Node, names: Iterable[str], beside: Iterable[Node], rules: Rules) -> bool:
    scripts: dict[str, int] = defaultdict(int)
    for name in names:
        scripts[unicodedata.name(name[0]).split()[0]] += 1
    values: dict[tuple[str, str], int] = defaultdict(int)
    for other in beside:
        values[other[1], other[2]] += 1
    most = rules.most_phone_names if node[1] == "phone" else rules.most_names
    return max(scripts.values(), default=0) > most or max(values.values(), default=0) > rules.most_stronger
