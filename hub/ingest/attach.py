"""Claims that need none of the others: new ones that meet one uncontested component at most, or each other.

Whether anything could be refused is a question of a component's identifiers alone. Where it cannot, the whole component
is one part, so that a new claim takes its customer without any of its claims being loaded: a touchpoint costs the same
however many its customer has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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

Label = tuple[Side, int]
"""A component of one side."""


@dataclass(slots=True)
class Group:
    """Claims that hang together through identifiers that join, and the components they meet."""

    claims: list[StoredClaim] = field(default_factory=list)
    identifiers: set[int] = field(default_factory=set)
    labels: set[Label] = field(default_factory=set)

    def met(self) -> Iterator[object]:
        """What another claim may have in common with these."""
        yield from self.identifiers
        yield from self.labels

    def with_(self, other: Group) -> Group:
        """Both together."""
        small, large = sorted((self, other), key=lambda each: len(each.claims))
        large.claims += small.claims
        large.identifiers |= small.identifiers
        large.labels |= small.labels
        return large


def attach(
    session: Session, numbers: Numbers, claims: Claims, dirty: set[int], rules: Rules, resolution: Resolution
) -> set[int]:
    """Settle what can be settled so; the answer is the dirty claims that are done."""
    candidates = new_groups(claims, dirty, resolution)
    labels = {label for each in candidates for label in each.labels}
    components = _components(session, labels)
    decided = _decided(session, labels)
    done: set[int] = set()
    for each in candidates:
        # Both sides or none: who must be loaded for one side is loaded for both.
        parts = _parts(each, claims)
        if each.labels & decided or not all(_uncontested(part, claims, components, rules) for _, part in parts):
            continue
        for side, part in parts:
            _settle(part, side, claims, components, numbers, resolution)
        done |= {claim.num for claim in each.claims}
    return done


def new_groups(claims: Claims, dirty: set[int], resolution: Resolution) -> list[Group]:
    """The dirty claims that hang together, where nothing that was there before has changed."""
    given = [claims.by_num[num] for num in sorted(dirty & claims.by_num.keys())]
    return [
        each
        for each in _groups(given, claims, list(Side))
        if all(_alone(claim, claims) for claim in each.claims) and not each.identifiers & resolution.switched
    ]


def _alone(claim: StoredClaim, claims: Claims) -> bool:
    """Whether only its own touchpoints, all of this batch and heard after every other, are with the claim."""
    return (
        claim.num in claims.fresh
        and claim.num not in claims.left
        and claim.touchpoint is None
        and claim.touchpoints > 0
        and claim.heard > claims.heard_before
    )


def _parts(each: Group, claims: Claims) -> list[tuple[Side, Group]]:
    """The claims of a group that hang together on each side."""
    if all(claims.identifiers[num].side is Side.PERSON for num in each.identifiers):
        return [(Side.PERSON, each)] if each.identifiers else []
    return [(side, part) for side in Side for part in _groups(each.claims, claims, (side,)) if part.identifiers]


def _groups(given: Sequence[StoredClaim], claims: Claims, sides: Sequence[Side]) -> list[Group]:
    """The claims that hang together through identifiers of these sides; those without any stand alone."""
    group_of: dict[object, Group] = {}
    found: dict[int, Group] = {}
    for claim in given:
        held = [each for num in claim.identifiers if (each := claims.identifiers[num]).joins and each.side in sides]
        labels = {(each.side, each.component) for each in held if each.component is not None}
        mine = Group([claim], {each.num for each in held}, labels)
        for other in {id(met): met for key in mine.met() if (met := group_of.get(key)) is not None}.values():
            mine = mine.with_(other)
            found.pop(id(other))
        found[id(mine)] = mine
        group_of.update(dict.fromkeys(mine.met(), mine))
    return list(found.values())


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
        for side in Side
        for label in identities.components_decided(session, side, sorted(label for at, label in labels if at is side))
    }


def _uncontested(
    part: Group, claims: Claims, components: Mapping[Label, Sequence[StoredIdentifier]], rules: Rules
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
    part: Group, side: Side, claims: Claims, components: Mapping[Label, Sequence[StoredIdentifier]], numbers: Numbers,
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
