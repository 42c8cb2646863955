"""Raw components: what hangs together through identifiers that join, whatever is refused in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.identity.normalise import UNIQUE
from hub.store.session import Session
from hub.store.writing.identities import CLAIM, StoredClaim, stored_claim
from hub.values import Side

Label = tuple[Side, int]
"""A raw component of one side."""


@dataclass(frozen=True, slots=True)
class Component:
    """What tells whether anything could be refused in a raw component.

    ``owner`` has all its identifiers; None when several have them, or nobody has some of them. ``unique``: the (kind,
    namespace) of each identifier of which a customer has one value at most.
    """

    owner: int | None
    size: int
    unique: tuple[tuple[str, str], ...]


def components(session: Session, labels: Iterable[Label]) -> dict[Label, Component]:
    """Raw components; those of both sides may have one number."""
    held: dict[Label, list[tuple[int | None, str, str]]] = {label: [] for label in labels}
    for side, component, *rest in session.among(
        "SELECT side, component, customer, kind, namespace FROM identifier WHERE component = ANY($1::bigint[])",
        sorted({num for _, num in held}),
    ):
        held.get((Side(side), component), []).append(tuple(rest))
    found = {}
    for label, rows in held.items():
        owners = {owner for owner, _, _ in rows}
        unique = tuple((kind, namespace) for _, kind, namespace in rows if kind in UNIQUE)
        found[label] = Component(owners.pop() if len(owners) == 1 else None, len(rows), unique)
    return found


def of_claims(session: Session, claims: Iterable[int]) -> set[int]:
    """The raw components of persons that claims are in."""
    rows = session.among(
        "SELECT DISTINCT person_component FROM claim WHERE num = ANY($1::bigint[]) AND person_component IS NOT NULL",
        claims,
    )
    return {component for (component,) in rows}


def claims_of_persons(session: Session, components: Iterable[int]) -> list[StoredClaim]:
    """The claims of raw components of persons, without their identifiers."""
    rows = session.among(f"SELECT {CLAIM} FROM claim WHERE person_component = ANY($1::bigint[])", components)
    return [stored_claim(row) for row in rows]


def place_persons(session: Session, rows: Sequence[tuple[int, int]]) -> None:
    """Give all claims and identifiers of raw components of persons to customers: (component, customer)."""
    session.many("UPDATE claim SET customer = $2 WHERE person_component = $1", rows)
    session.many("UPDATE identifier SET customer = $2 WHERE component = $1 AND side = 'PERSON'", rows)


def join_persons(session: Session, rows: Sequence[tuple[int, int]]) -> None:
    """Let all claims and identifiers of raw components of persons be in others: (component, the other)."""
    session.many("UPDATE claim SET person_component = $2 WHERE person_component = $1", rows)
    session.many("UPDATE identifier SET component = $2 WHERE component = $1 AND side = 'PERSON'", rows)
