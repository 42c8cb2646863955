"""What may join: what is blocked, caps over what an identifier's claims carry, and the limits of a customer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hub.identity.names import fold, script
from hub.identity.normalise import UNIQUE, fault


@dataclass(frozen=True, slots=True)
class Rules:
    """The settings of the identity rule. Sources and measured effect: docs/identity.md."""

    version: str = "1"
    most_stronger: int = 20
    """An identifier seen with more distinct values of one stronger kind in one namespace joins nobody."""
    most_names: int = 20
    """An identifier seen with more names in one script joins nobody; another script is not another name."""
    most_phone_names: int = 1
    """The same for phones."""
    most_identifiers: int = 1000
    """A customer has at most so many identifiers."""
    blocked_values: frozenset[str] = frozenset()
    """Folded values that join nobody, beside the placeholders that every hub knows."""
    role_mailboxes: frozenset[str] = frozenset()
    """Local parts of mailboxes that several people read, beside those that every hub knows."""
    personal_mailboxes: frozenset[str] = frozenset()
    """Local parts among those that every hub knows that are one person's here."""
    never_join: frozenset[str] = frozenset()
    """Kinds of identifiers that join nobody."""


Node = tuple[int, str, str, str]
"""An identifier inside the rule: (rank, kind, namespace, value). Tuples sort strongest first."""


def group(node: Node) -> tuple[str, str] | None:
    """The (kind, namespace) of which a customer has one value at most; None when it may have many."""
    return (node[1], node[2]) if node[1] in UNIQUE else None


def blocked(kind: str, value: str, rules: Rules) -> str | None:
    """Why a canonical value never joins, or None: ``VALUE``, ``INVALID``, ``ROLE`` or ``KIND``."""
    if kind == "name+phone":
        # Whoever shares a blocked phone and a name is not recognised by them.
        phone = value.rpartition("|")[2]
        judged = _judged("phone", phone, rules)
    else:
        judged = _judged(kind, value, rules)
    return judged or ("KIND" if kind in rules.never_join else None)


def _judged(kind: str, value: str, rules: Rules) -> str | None:
    if rules.blocked_values and fold(value) in rules.blocked_values:
        return "VALUE"
    found = fault(kind, value)
    if kind == "email" and found in (None, "ROLE"):
        local = value.rpartition("@")[0]
        if local in rules.role_mailboxes:
            return "ROLE"
        if local in rules.personal_mailboxes:
            return None
    return found


def cap(node: Node, names: Iterable[str], companions: Iterable[Node], rules: Rules) -> str | None:
    """Why the identifier is switched off for joining, or None.

    ``names``: the distinct name keys of its claims; ``companions``: the distinct other identifiers of its claims.
    Both are sets over standing claims, so the answer depends on no order.
    """
    if most_names(names) > (rules.most_phone_names if node[1] == "phone" else rules.most_names):
        return "SEVERAL_NAMES"
    return "MANY_STRONGER" if most_stronger(node, companions) > rules.most_stronger else None


def most_names(names: Iterable[str]) -> int:
    """How many names there are in the script that has most of them."""
    by_script: dict[str, int] = {}
    for name in names:
        if name:
            by_script[script(name)] = by_script.get(script(name), 0) + 1
    return max(by_script.values(), default=0)


def most_stronger(node: Node, companions: Iterable[Node]) -> int:
    """How many values there are of the stronger kind and namespace that has most of them."""
    stronger: dict[tuple[str, str], int] = {}
    for other in companions:
        if other[0] < node[0]:
            stronger[other[1], other[2]] = stronger.get((other[1], other[2]), 0) + 1
    return max(stronger.values(), default=0)
