"""Claims that need none of the others: new ones that meet uncontested components, or each other.

Whether anything could be refused is a question of a component's identifiers alone. Where it cannot, the whole component
is one part, so that a new claim takes its customer without any of its claims being loaded: a touchpoint costs the same
however many its customer has. Components of persons between which it stands are one from now on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hub.identity.rules import Rules, group
from hub.ingest.claims import Claims
from hub.ingest.components import Components
from hub.ingest.resolution import Resolution
from hub.ingest.unite import Place, unite
from hub.store.session import Session
from hub.store.writing import decisions, dirty_components, identities
from hub.store.writing.components import Component, Label, claims_of_persons, of_claims
from hub.store.writing.identities import StoredClaim
from hub.store.writing.numbers import Numbers
from hub.values import Side


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
    session: Session, numbers: Numbers, claims: Claims, dirty: set[int], rules: Rules, resolution: Resolution,
    oversize: int, components: Components,
) -> set[int]:  # fmt: skip
    """Settle what can be settled so; the answer is the dirty claims that are done.

    Components of more than ``oversize`` identifiers are not made one.
    """
    candidates = new_groups(claims, dirty, resolution)
    labels = {label for each in candidates for label in each.labels}
    met = components.of(session, labels)
    decided = _decided(session, labels)
    held = _unitable(session, candidates, claims, met, oversize)
    free = held.keys() - _resolved(session, claims, dirty, resolution) if held else set()
    done: set[int] = set()
    settled: list[tuple[Side, Group, Component]] = []
    for each in candidates:
        # Both sides or none: who must be loaded for one side is loaded for both.
        parts = [(side, part, _whole(part, claims, met, free, rules)) for side, part in _parts(each, claims)]
        if not each.labels & decided and all(whole is not None for *_, whole in parts):
            settled += [(side, part, whole) for side, part, whole in parts if whole is not None]
            done |= {claim.num for claim in each.claims}
    unions = [part.labels for _, part, _ in settled if len(part.labels) > 1]
    united = unite(session, claims, unions, held, resolution)
    components.drop(united)
    for side, part, whole in settled:
        label, customer = _place(part, side, met, united, numbers, resolution)
        _give(part, side, label, customer, claims)
        components.keep((side, label), replace(whole, owner=customer))
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


def _decided(session: Session, labels: set[Label]) -> set[Label]:
    """Components in which a decision names a touchpoint."""
    if not labels or not decisions.any_made(session):
        return set()
    return {
        (side, label)
        for side in Side
        for label in identities.components_decided(session, side, sorted(label for at, label in labels if at is side))
    }


def _unitable(
    session: Session, candidates: Sequence[Group], claims: Claims, met: Mapping[Label, Component], oversize: int
) -> dict[Label, list[StoredClaim]]:
    """The claims of those components between which new claims stand that name persons alone, and are not too large.

    Resolving goes from a person to the organisations named beside, and from there to other persons: it ends here.
    """
    persons = [each for each in candidates if all(claims.identifiers[n].side is Side.PERSON for n in each.identifiers)]
    between = {label for each in persons if len(each.labels) > 1 for label in each.labels}
    between = {label for label in between if met[label].owner is not None and met[label].size <= oversize}
    between -= dirty_components.among(session, between)
    held: dict[Label, list[StoredClaim]] = {}
    for stored in claims_of_persons(session, sorted(num for _, num in between)):
        if stored.person_component is not None:
            held.setdefault((Side.PERSON, stored.person_component), []).append(claims.by_num.get(stored.num, stored))
    return {label: of for label, of in held.items() if all(each.organisation_component is None for each in of)}


def _resolved(session: Session, claims: Claims, dirty: set[int], resolution: Resolution) -> set[Label]:
    """Components of persons that are resolved anew in any case, for the sake of a claim that was there before."""
    labels = {claims.by_num[num].person_component for num in dirty & claims.by_num.keys()}
    labels |= of_claims(session, resolution.carriers)
    return {(Side.PERSON, label) for label in labels if label is not None}


def _whole(
    part: Group, claims: Claims, met: Mapping[Label, Component], free: set[Label], rules: Rules
) -> Component | None:
    """What claims of one side are together with the one component that they meet, if any, or several ``free`` ones.

    None where something may be refused. Whose it is shows later.
    """
    if len(part.labels) > 1 and not part.labels <= free:
        return None
    within = [met[label] for label in part.labels]
    new = [held for num in part.identifiers if (held := claims.identifiers[num]).component is None]
    # Of a component with refusals several have the identifiers, or nobody has some of them.
    if any(each.owner is None for each in within) or any(held.num not in claims.fresh_identifiers for held in new):
        return None
    unique = [key for held in new if (key := group(held.node))]
    for each in within:
        unique += each.unique
    size = len(new) + sum(each.size for each in within)
    if size > rules.most_identifiers or len(unique) > len(set(unique)):
        return None
    return Component(None, size, tuple(unique))


def _place(
    part: Group, side: Side, met: Mapping[Label, Component], united: Mapping[Label, Place], numbers: Numbers,
    resolution: Resolution,
) -> Place:  # fmt: skip
    """The component and the customer of claims: those they meet, or new ones."""
    for label in part.labels:
        owner = met[label].owner
        return united[label] if len(part.labels) > 1 or owner is None else (label[1], owner)
    customer = numbers.next("customer")
    resolution.fresh.add(customer)
    resolution.stand(customer, side, part.claims)
    return min(claim.num for claim in part.claims), customer


def _give(part: Group, side: Side, label: int, customer: int, claims: Claims) -> None:
    """Say of claims and identifiers where they belong."""
    for num in part.identifiers:
        identifier = claims.identifiers[num]
        identifier.component, identifier.customer = label, customer
    for claim in part.claims:
        if side is Side.PERSON:
            claim.person_component, claim.customer = label, customer
        else:
            claim.organisation_component, claim.organisation = label, customer
            claim.customer = claim.customer if claim.person_component is not None else customer
