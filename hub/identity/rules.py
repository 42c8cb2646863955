"""What may join: caps over what an identifier's claims carry, and the limits of a customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.identity.names import script
from hub.identity.normalise import UNIQUE


@dataclass(frozen=True, slots=True)
class Rules:
    """The numbers of the identity rule. Sources and measured effect: docs/identity.md."""

    version: str = "1"
    most_stronger: int = 20
    """An identifier seen with more distinct values of one stronger kind in one namespace joins nobody."""
    most_names: int = 20
    """An identifier seen with more names joins nobody."""
    most_phone_names: int = 1
    """A phone seen with more names in one script joins nobody; another script is not another name."""
    most_identifiers: int = 1000
    """A customer has at most so many identifiers."""


Node = tuple[int, str, str, str]
"""An identifier inside the rule: (rank, kind, namespace, value). Tuples sort strongest first."""


def group(node: Node) -> tuple[str, str] | None:
    """The (kind, namespace) of which a customer has one value at most; None when it may have many."""
    return (node[1], node[2]) if node[1] in UNIQUE else None


def cap(node: Node, names: Iterable[str], companions: Iterable[Node], rules: Rules) -> str | None:
    """Why the identifier is switched off for joining, or None.

    ``names``: the distinct name keys of its claims; ``companions``: the distinct other identifiers of its claims.
    Both are sets over standing claims, so the answer depends on no order.
    """
    by_script: dict[str, int] = {}
    for name in names:
        if name:
            by_script[script(name)] = by_script.get(script(name), 0) + 1
    most = max(by_script.values(), default=0)
    if most > (rules.most_phone_names if node[1] == "phone" else rules.most_names):
        return "SEVERAL_NAMES"
    stronger: dict[tuple[str, str], int] = {}
    for other in companions:
        if other[0] < node[0]:
            stronger[other[1], other[2]] = stronger.get((other[1], other[2]), 0) + 1
    return "MANY_STRONGER" if max(stronger.values(), default=0) > rules.most_stronger else None
