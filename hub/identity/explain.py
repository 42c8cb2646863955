"""Why two customers are two: the way between them, what keeps them apart, and what is only nearly the same."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hub.identity.rules import Node, group

K = int
"""The row number of a claim."""


class Apart(StrEnum):
    """The first thing that keeps two customers apart."""

    ONE = "ONE"
    SIDES = "SIDES"
    DECISION = "DECISION"
    UNIQUE = "UNIQUE"
    SIZE = "SIZE"
    SHARED = "SHARED"
    CHAIN = "CHAIN"
    ALIKE = "ALIKE"
    NOTHING = "NOTHING"


@dataclass(frozen=True, slots=True)
class Resemblance:
    """Two values that are nearly the same, by ``kind`` (``name``, ``phone``, ``email``, ``handle``)."""

    kind: str
    a: str
    b: str


_WORDS = {
    "email": "e-mail address", "phone": "phone", "social": "social account", "handle": "handle", "vat": "VAT number",
    "contact": "contact number", "user": "log-in", "group": "account", "cookie": "cookie",
    "name+phone": "name and phone", "name+street+postcode": "name and postal address",
    "name+birthday": "name and birth date",
}  # fmt: skip
_OFF = {
    "VALUE": "is a placeholder or blocked",
    "ROLE": "is a mailbox that several people read",
    "INVALID": "is not a possible value",
    "KIND": "is of a kind that the rules let join nobody",
    "SEVERAL_NAMES": "is seen with {count} names, and {limit} at most may be",
    "MANY_STRONGER": "is seen with {count} stronger values, and {limit} at most may be",
}
FIRST_ALIKE = 20
_LEAST_DIGITS = 7


def way(carried: Mapping[K, Iterable[Node]], start: Sequence[K], goal: Collection[K]) -> list[tuple[K, Node | None]]:
    """The shortest way from a claim of ``start`` to one of ``goal`` through what both carry; empty when there is none.

    Each step is a claim and what it shares with the next one; None with the last.
    """
    holders: dict[Node, list[K]] = {}
    for claim, nodes in carried.items():
        for node in nodes:
            holders.setdefault(node, []).append(claim)
    came: dict[K, tuple[K, Node] | None] = dict.fromkeys(start)
    ahead = deque(start)
    used: set[Node] = set()
    while ahead:
        claim = ahead.popleft()
        if claim in goal:
            return _back(came, claim)
        for node in sorted(set(carried[claim]) - used):
            used.add(node)
            for other in holders[node]:
                if other not in came:
                    came[other] = claim, node
                    ahead.append(other)
    return []


def _back(came: Mapping[K, tuple[K, Node] | None], last: K) -> list[tuple[K, Node | None]]:
    steps: list[tuple[K, Node | None]] = [(last, None)]
    while (before := came[steps[-1][0]]) is not None:
        steps.append(before)
    return steps[::-1]


def conflicts(a: Iterable[Node], b: Iterable[Node]) -> list[tuple[str, str, list[Node], list[Node]]]:
    """(kind, namespace, of one, of the other): where both have values of a unique kind, and none in common."""
    mine, theirs = _unique(a), _unique(b)
    return [
        (*unique, sorted(mine[unique]), sorted(theirs[unique]))
        for unique in sorted(mine.keys() & theirs.keys())
        if not mine[unique] & theirs[unique]
    ]


def _unique(nodes: Iterable[Node]) -> dict[tuple[str, str], set[Node]]:
    found: dict[tuple[str, str], set[Node]] = {}
    for node in nodes:
        if unique := group(node):
            found.setdefault(unique, set()).add(node)
    return found


def alike(
    names: tuple[Collection[str], Collection[str]], identifiers: tuple[Collection[Node], Collection[Node]]
) -> list[Resemblance]:
    """What two customers have nearly in common: the same name, an address or number of which only the form differs."""
    found = [Resemblance("name", name, name) for name in sorted({*names[0]} & {*names[1]} - {""})]
    for kind, form in _FORMS.items():
        forms: dict[str, list[str]] = {}
        for node in sorted(identifiers[0]):
            if node[1] == kind and (key := form(node[3])):
                forms.setdefault(key, []).append(node[3])
        for node in sorted(identifiers[1]):
            if node[1] == kind:
                found += [Resemblance(kind, a, node[3]) for a in forms.get(form(node[3]), ()) if a != node[3]]
    return found[:FIRST_ALIKE]


def _local_part(address: str) -> str:
    local = re.sub(r"[^\w]|_", "", address.partition("@")[0])
    return local if len(local) > 3 else ""


def _last_digits(number: str) -> str:
    plain = re.sub(r"\D", "", number)
    return plain[-_LEAST_DIGITS:] if len(plain) >= _LEAST_DIGITS else ""


_FORMS: Mapping[str, Callable[[str], str]] = {
    "email": _local_part,
    "phone": _last_digits,
    "handle": lambda value: value,
}


def sentence(why: Apart, kind: str = "", off: str = "", count: int = 0, limit: int = 0) -> str:
    """The reason in one plain sentence, without any value. ``kind``, ``off``: of what both have, and why it is off."""
    word = _WORDS.get(kind, kind)
    match why:
        case Apart.ONE:
            return "They are one customer."
        case Apart.SIDES:
            return "One is a person and the other an organisation; these never join."
        case Apart.DECISION:
            return "Somebody decided that they are not the same."
        case Apart.UNIQUE:
            return f"Each has a {word} of its own, of which a customer has one only."
        case Apart.SIZE:
            return f"Together they would have more than {limit:,} identifiers."
        case Apart.SHARED:
            return f"Both have the same {word}, but it {_OFF[off].format(count=count, limit=limit)}."
        case Apart.CHAIN:
            return "They hang together only through others, and a link on the way was refused."
        case Apart.ALIKE:
            return f"They have nothing in common that joins; a {word} that is nearly the same does not."
        case Apart.NOTHING:
            return "They have nothing in common."
