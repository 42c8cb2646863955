"""Claims that need none of the others: new ones that meet one uncontested component at most, or each other.

Whether anything could be refused is a question of a component's identifiers alone. Where it cannot, the whole component
is one part, so that a new claim takes its customer without any of its claims being loaded: a touchpoint costs the same
however many its customer has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hub.identity.rules import Rules, group
from hub.ids import customer_id
from hub.ingest.claims import Claims
from hub.ingest.resolution import Resolution, Standing
from hub.store.session import Session
from hub.store.writing import decisions, identities
from hub.store.writing.identities import StoredClaim, StoredIdentifier
from hub.store.writing.numbers import Numbers
from hub.values import Side

_SIDES = (Side.PERSON, Side.ORGANISATION)
Label = tuple[Side, int]
"""A component of one side."""


@dataclass(slots=True)
class _Group:
    """Claims that hang together through identifiers that join, and the components they meet."""

    claims: list[StoredClaim] = field(default_factory=list)
    identifiers: set[int] = field(default_factory=set)
    labels: set[Label] = field(default_factory=set)


def attach(
    session: Session, numbers: Numbers, claims: Claims, dirty: set[int], rules: Rules, resolution: Resolution
) -> set[int]:
    """Settle what can be settled so; the answer is the dirty claims that are done."""
    candidates = [
        each
        for each in _groups([claims.by_num[num] for num in sorted(dirty & claims.by_num.keys())], claims, _SIDES)
        if all(_alone(claim, claims) for claim in each.claims) and not each.identifiers & resolution.switched
    ]
    labels = {label for each in candidates for label in each.labels}
    components = _components(session, labels)
    decided = _decided(session, labels)
    done: set[int] = set()
    for each in candidates:
        # Both sides or none: who must be loaded for one side is loaded for both.
        parts = [(side, part) for side in _SIDES for part in _groups(each.claims, claims, (side,)) if part.identifiers]
        if each.labels & decided or not all(_uncontested(part, claims, components, rules) for _, part in parts):
            continue
        for side, part in parts:
            _settle(part, side, claims, components, numbers, resolution)
        done |= {claim.num for claim in each.claims}
    return done


def _alone(claim: StoredClaim, claims: Claims) -> bool:
    """Whether only its own touchpoints, all of this batch and heard after every other, are with the claim."""
    return (
        claim.num in claims.fresh
        and claim.num not in claims.left
        and claim.touchpoint is None
        and claim.touchpoints > 0
        and claim.heard > claims.heard_before
    )


def _groups(given: Sequence[StoredClaim], claims: Claims, sides: Sequence[Side]) -> list[_Group]:
    """The claims that hang together through identifiers of these sides; those without any stand alone."""
    parent: dict[object, object] = {}

    def find(key: object) -> object:
        while (above := parent.setdefault(key, key)) != key:
            parent[key] = parent[above]
            key = parent[key]
        return key

    carried = [
        [each for num in claim.identifiers if (each := claims.identifiers[num]).joins and each.side in sides]
        for claim in given
    ]
    for place, held in enumerate(carried):
        root = find(("claim", place))
        for identifier in held:
            parent[find(identifier.num)] = root
            if identifier.component is not None:
                parent[find((identifier.side, identifier.component))] = root
    groups: dict[object, _Group] = {}
    for place, (claim, held) in enumerate(zip(given, carried, strict=True)):
        part = groups.setdefault(find(("claim", place)), _Group())
        part.claims.append(claim)
        part.identifiers.update(identifier.num for identifier in held)
        part.labels.update((other.side, other.component) for other in held if other.component is not None)
    return list(groups.values())


def _components(session: Session, labels: set[Label]) -> dict[Label, list[StoredIdentifier]]:
    found: dict[Label, list[StoredIdentifier]] = {label: [] for label in labels}
    if labels:
        for identifier in identities.identifiers_of_components(session, sorted({label for _, label in labels})):
            if identifier.component is not None and (identifier.side, identifier.component) in found:
                found[identifier.side, identifier.component].append(identifier)
    return found


def _decided(session: Session, labels: set[Label]) -> set[Label]:
    """Components in which a decision names a touchpoint."""
    if not labels or not decisions.any_made(session):
        return set()
    return {
        (side, label)
        for side in _SIDES
        for label in identities.components_decided(session, side, sorted(label for at, label in labels if at is side))
    }


def _uncontested(
    part: _Group, claims: Claims, components: Mapping[Label, Sequence[StoredIdentifier]], rules: Rules
) -> bool:
    """Whether nothing can be refused where claims of one side meet one component, or none."""
    if len(part.labels) > 1:
        return False
    held = {num: claims.identifiers[num] for num in part.identifiers}
    for label in part.labels:
        held |= {other.num: other for other in components[label]}
    unique = [key for identifier in held.values() if (key := group(identifier.node))]
    # Of a component with refusals several have the identifiers, or nobody has some of them.
    owners = {identifier.customer for identifier in held.values() if identifier.num not in claims.fresh_identifiers}
    if len(owners) > 1 or None in owners:
        return False
    return len(held) <= rules.most_identifiers and len(unique) == len(set(unique))


def _settle(
    part: _Group, side: Side, claims: Claims, components: Mapping[Label, Sequence[StoredIdentifier]], numbers: Numbers,
    resolution: Resolution,
) -> None:  # fmt: skip
    """Give the claims to the component's customer, or to a new one."""
    label, customer = min(claim.num for claim in part.claims), None
    for _, label in part.labels:
        customer = components[side, label][0].customer
    if customer is None:
        customer = numbers.next("customer")
        first = min((claim.heard, claim.heard_id) for claim in part.claims)[1]
        resolution.fresh.add(customer)
        resolution.standing[customer] = Standing(customer, side, customer_id(first, side), first)
    for num in part.identifiers:
        identifier = claims.identifiers[num]
        identifier.component, identifier.customer = label, customer
    for claim in part.claims:
        if side is Side.PERSON:
            claim.person_component, claim.customer = label, customer
        else:
            claim.organisation_component, claim.organisation = label, customer
            claim.customer = claim.customer if claim.person_component is not None else customer
