"""Resolving identity for what a batch touched: caps, components, the partition, and who becomes which customer."""

from __future__ import annotations

from collections.abc import Iterable, KeysView, Mapping
from dataclasses import dataclass

from hub.identity.resolve import Claim, Decision, Partition, components, resolve, uncontested
from hub.identity.rules import Node, Rules, cap
from hub.ids import naming_touchpoint
from hub.ingest.attach import attach
from hub.ingest.claims import Claims
from hub.ingest.components import Components
from hub.ingest.defer import defer
from hub.ingest.resolution import Resolution
from hub.store.session import Session
from hub.store.writing import dirty_components, identities
from hub.store.writing.components import Label
from hub.store.writing.customers import ids as customer_ids
from hub.store.writing.identities import StoredClaim, StoredIdentifier
from hub.store.writing.numbers import Numbers
from hub.values import Side


@dataclass(slots=True)
class _Work:
    """Everything loaded for one resolution."""

    session: Session
    numbers: Numbers
    rules: Rules
    claims: dict[int, StoredClaim]
    identifiers: dict[int, StoredIdentifier]
    decisions: Mapping[Side, list[Decision]]
    unwritten: KeysView[int]
    """Identifiers that are written later."""


def identify(
    session: Session, numbers: Numbers, claims: Claims, rules: Rules, oversize: int, known: Components
) -> Resolution:
    """Resolve the components of the dirty claims and write claims, identifiers and touchpoints' customers.

    New claims that meet a component of more than ``oversize`` identifiers wait. ``known``: components met before.
    """
    resolution = Resolution()
    identities.count_claims(session, [claims.by_num[num] for num in sorted(claims.changed - claims.fresh)])
    if claims.dirty:
        missing = {held for claim in claims.by_num.values() for held in claim.identifiers} - claims.identifiers.keys()
        claims.identifiers |= identities.identifiers_by_num(session, missing)
        dirty = _cap(session, claims, rules, resolution)
        dirty -= attach(session, numbers, claims, dirty, rules, resolution, oversize, known)
        dirty -= defer(session, claims, dirty, resolution, oversize, known)
        if dirty:
            _resolve(session, numbers, claims, dirty, rules, resolution, known)
        resolution.tell()
        old_ids = resolution.old_ids
        resolution.emptied = [num for num in claims.left if claims.by_num[num].touchpoints == 0]
        resolution.renamed = {
            each.num: each for each in resolution.standing.values() if old_ids.get(each.num) != each.id
        }
        resolution.named = {each.naming for each in resolution.standing.values()} - {
            naming_touchpoint(id_) for id_ in old_ids.values()
        }
    identities.insert_identifiers(session, claims.identifier_rows())
    identities.insert_claims(session, [claims.by_num[num] for num in sorted(claims.fresh)])
    if resolution.emptied:
        numbers.hold("claim")
        identities.delete_claims(session, resolution.emptied)
    return resolution


def _resolve(
    session: Session, numbers: Numbers, claims: Claims, dirty: set[int], rules: Rules, resolution: Resolution,
    known: Components,
) -> None:  # fmt: skip
    """Resolve the components of dirty claims from all that is in them."""
    work = _load(session, numbers, claims, dirty, rules)
    known.drop(_labels(work))
    for side in Side:
        dirty_components.clear(session, side, {_component(claim, side) or 0 for claim in work.claims.values()})
    before = {claim.num: (claim.customer, claim.organisation) for claim in work.claims.values()}
    labels = {claim.num: (claim.person_component, claim.organisation_component) for claim in work.claims.values()}
    people: dict[int, int] = {}
    firms: dict[int, int] = {}
    for side, given in zip(Side, (people, firms), strict=True):
        _resolve_side(work, side, given, resolution)
    _settle(work, people, firms, before, resolution, claims.fresh - claims.left)
    moved = {claim.num for claim in resolution.moved}
    relabelled = [
        claim
        for claim in work.claims.values()
        if claim.num in moved or (claim.person_component, claim.organisation_component) != labels[claim.num]
    ]
    identities.label_claims(session, [claim for claim in relabelled if claim.num not in claims.fresh])
    known.drop(_labels(work))


def _cap(session: Session, claims: Claims, rules: Rules, resolution: Resolution) -> set[int]:
    """Switch identifiers off or on whose claims have changed; whoever carries one of them is dirty too."""
    dirty, identifiers = set(claims.dirty), claims.identifiers
    judged = sorted(_judged(claims))
    names, companions = _carried(session, claims, judged, rules)
    changes: list[tuple[str | None, int]] = []
    for num in judged:
        held = identifiers[num]
        verdict = cap(held.node, names.get(num, ()), companions.get(num, ()), rules)
        if verdict != held.capped:
            held.capped = verdict
            changes.append((verdict, num))
    if changes:
        identities.cap_identifiers(session, [change for change in changes if change[1] not in claims.fresh_identifiers])
        resolution.switched = {num for _, num in changes}
        resolution.carriers = set(identities.claims_carrying(session, sorted(resolution.switched)))
        dirty |= resolution.carriers
    return dirty


def _labels(work: _Work) -> set[Label]:
    """The components that the loaded claims are in at the moment."""
    held = (work.identifiers[num] for claim in work.claims.values() for num in claim.identifiers)
    return {(each.side, each.component) for each in held if each.component is not None}


def _judged(claims: Claims) -> set[int]:
    """Identifiers that may be switched off or on: those that a new claim tells a name of, or something stronger."""
    found: set[int] = set()
    for num in claims.dirty:
        claim = claims.by_num[num]
        told = num not in claims.fresh or claim.name_key != ""
        held = [each for at in claim.identifiers if not (each := claims.identifiers[at]).blocked]
        strongest = min((each.node[0] for each in held), default=0)
        for each in held:
            if not each.hidden and (told or each.capped or each.node[0] > strongest):
                found.add(each.num)
    return found


def _carried(
    session: Session, claims: Claims, judged: Iterable[int], rules: Rules
) -> tuple[dict[int, set[str]], dict[int, set[Node]]]:
    """The names and the stronger identifiers in the standing claims of identifiers: those written, and the new ones.

    Of what can exceed no cap, because its claims carry so few identifiers in all, only the new ones.
    """
    written = [num for num in judged if num not in claims.fresh_identifiers]
    fresh = [claims.by_num[num] for num in claims.fresh if claims.by_num[num].touchpoints > 0]
    crowds = identities.crowds_of(session, written)
    for claim in fresh:
        for num in claim.identifiers:
            crowds[num] = crowds.get(num, 0) + len(claim.identifiers)
    least = min(rules.most_stronger, rules.most_names)
    crowded = [num for num in written if claims.identifiers[num].capped or crowds.get(num, 0) > least]
    phones = [num for num in written if claims.identifiers[num].node[1] == "phone"]
    names = identities.names_of(session, sorted({*crowded, *phones}))
    companions = identities.companions_of(session, crowded)
    for claim in fresh:
        held = [claims.identifiers[num] for num in claim.identifiers]
        for each in held:
            names.setdefault(each.num, set()).add(claim.name_key)
            stronger = [other.node for other in held if other.node[0] < each.node[0] and not other.blocked]
            companions.setdefault(each.num, set()).update(stronger)
    return names, companions


def _load(
    session: Session,
    numbers: Numbers,
    claims: Claims,
    dirty: set[int],
    rules: Rules,
) -> _Work:
    """All claims of every component that the dirty claims touch, through identifiers and decisions."""
    identifiers = claims.identifiers
    loaded = {num: claims.by_num[num] for num in dirty if num in claims.by_num}
    loaded.update(identities.claims_by_num(session, dirty - loaded.keys()))
    decisions: dict[int, tuple[Side, Decision]] = {}
    reached: dict[Side, set[int]] = {side: set() for side in Side}
    frontier = dict(loaded)
    while frontier:
        missing = {held for claim in frontier.values() for held in claim.identifiers} - identifiers.keys()
        identifiers.update(identities.identifiers_by_num(session, missing))
        found: dict[int, StoredClaim] = {}
        unwritten = [claims.by_num[num] for num in claims.fresh if num not in loaded]
        for side in Side:
            near = _components_near(frontier.values(), identifiers, side) - reached[side]
            reached[side] |= near
            if near:
                found.update(identities.claims_of_components(session, side, near))
                found.update({claim.num: claim for claim in unwritten if _component(claim, side) in near})
        named = [claim.touchpoint for claim in frontier.values() if claim.touchpoint is not None]
        if named:
            for side, decision in identities.live_decisions(session, named):
                decisions[decision.number] = side, decision
            others = {end for _, decision in decisions.values() for end in (decision.a, decision.b)}
            others -= {claim.touchpoint for claim in loaded.values() if claim.touchpoint}
            found.update(identities.claims_named(session, sorted(others)))
        frontier = {num: claims.by_num.get(num, claim) for num, claim in found.items() if num not in loaded}
        loaded.update(frontier)
    by_side = {side: [decision for about, decision in decisions.values() if about is side] for side in Side}
    return _Work(session, numbers, rules, loaded, identifiers, by_side, claims.fresh_identifiers.keys())


def _component(claim: StoredClaim, side: Side) -> int | None:
    return claim.person_component if side is Side.PERSON else claim.organisation_component


def _components_near(
    claims: Iterable[StoredClaim], identifiers: Mapping[int, StoredIdentifier], side: Side
) -> set[int]:
    near: set[int] = set()
    for claim in claims:
        own = _component(claim, side)
        if own is not None:
            near.add(own)
        for held in claim.identifiers:
            identifier = identifiers[held]
            if identifier.side is side and identifier.joins and identifier.component is not None:
                near.add(identifier.component)
    return near


def _resolve_side(work: _Work, side: Side, given: dict[int, int], resolution: Resolution) -> None:
    """Partition one side; ``given`` receives the customer of each claim."""
    nodes = {num: held for num, held in work.identifiers.items() if held.side is side and held.joins}
    said = {end for decision in work.decisions[side] for end in (decision.a, decision.b)}
    pure = [_pure(claim, nodes, said) for claim in work.claims.values() if claim.touchpoints > 0]
    pure = [claim for claim in pure if claim.nodes or claim.touchpoint is not None]
    old = _old_customers(work, side, resolution)
    placed: dict[Node, tuple[int, int | None]] = {}
    component_of: dict[int, int] = {}
    for component in components(pure, work.decisions[side]):
        label = min(int(claim.key) for claim in component)  # type: ignore[call-overload]
        partition = _partition(component, work, side)
        customers = _assign(work, side, partition, old, resolution)
        for place, part in enumerate(partition.parts):
            for key in part:
                given[int(key)] = customers[place]  # type: ignore[call-overload]
        for key, place in partition.followers.items():
            given[int(key)] = customers[place]  # type: ignore[call-overload]
        for claim in component:
            if int(claim.key) in given:  # type: ignore[call-overload]
                component_of[int(claim.key)] = label  # type: ignore[call-overload]
            for node in claim.nodes:
                holder = partition.holders.get(node)
                placed[node] = (label, None if holder is None else customers[holder])
    for stored in work.claims.values():
        if side is Side.PERSON:
            stored.person_component = component_of.get(stored.num)
        else:
            stored.organisation_component = component_of.get(stored.num)
    resolution.seen |= _place(work, side, placed)
    resolution.gone |= {num for num in old.values() if num is not None} - resolution.standing.keys()


def _pure(claim: StoredClaim, nodes: Mapping[int, StoredIdentifier], said: set[str]) -> Claim:
    """The claim of one side: a decision about the other (``said`` has not its touchpoint) changes nothing here."""
    held = tuple(sorted(nodes[num].node for num in claim.identifiers if num in nodes))
    named = claim.touchpoint if claim.touchpoint in said else None
    return Claim(claim.num, held, claim.first_at, claim.first_key, named)


def _partition(component: list[Claim], work: _Work, side: Side) -> Partition:
    if uncontested(component, work.rules):
        return Partition([[claim.key for claim in component]], {node: 0 for claim in component for node in claim.nodes})
    return resolve(component, work.decisions[side], work.rules)


def _old_customers(work: _Work, side: Side, resolution: Resolution) -> dict[int, int | None]:
    """Whose each claim was before; what ids those customers had is noted."""
    old = {num: claim.person if side is Side.PERSON else claim.organisation for num, claim in work.claims.items()}
    wanted = {num for num in old.values() if num is not None} - resolution.old_ids.keys()
    resolution.old_ids |= customer_ids(work.session, list(wanted))
    return old


def _assign(
    work: _Work, side: Side, partition: Partition, old: Mapping[int, int | None], resolution: Resolution
) -> list[int]:
    """Row numbers for the parts: each takes over the customer most of it was, so that the smaller side moves."""
    weights: list[dict[int, int]] = []
    for part in partition.parts:
        weight: dict[int, int] = {}
        for key in part:
            before = old.get(int(key))  # type: ignore[call-overload]
            if before is not None:
                weight[before] = weight.get(before, 0) + work.claims[int(key)].touchpoints  # type: ignore[call-overload]
        weights.append(weight)
    bids = sorted(
        ((-touchpoints, num, place) for place, weight in enumerate(weights) for num, touchpoints in weight.items())
    )
    taken: dict[int, int] = {}
    for _, num, place in bids:
        if place not in taken and num not in taken.values() and num not in resolution.standing:
            taken[place] = num
    customers = [taken[place] if place in taken else work.numbers.next("customer") for place in range(len(weights))]
    resolution.fresh |= {num for place, num in enumerate(customers) if place not in taken}
    for place, part in enumerate(partition.parts):
        held = [work.claims[int(key)] for key in part]  # type: ignore[call-overload]
        resolution.stand(customers[place], side, held, weights[place])
    return customers


def _place(work: _Work, side: Side, placed: Mapping[Node, tuple[int, int | None]]) -> set[int]:
    """Write where identifiers belong now; the answer is the customers who lost or gained one."""
    rows = []
    seen: set[int | None] = set()
    for num in {held for claim in work.claims.values() for held in claim.identifiers}:
        identifier = work.identifiers[num]
        if identifier.side is side:
            component, customer = placed.get(identifier.node, (None, None)) if identifier.joins else (None, None)
            if (component, customer) != (identifier.component, identifier.customer):
                rows.append((identifier.num, component, customer))
                if customer != identifier.customer:
                    seen |= {customer, identifier.customer}
                identifier.component, identifier.customer = component, customer
    identities.place_identifiers(work.session, [row for row in rows if row[0] not in work.unwritten])
    return {num for num in seen if num is not None}


def _settle(
    work: _Work, people: Mapping[int, int], firms: Mapping[int, int],
    before: Mapping[int, tuple[int | None, int | None]], resolution: Resolution, unwritten: set[int],
) -> None:  # fmt: skip
    """A claim's customer is the person it names, else the organisation. ``unwritten``: no touchpoint has them yet."""
    for claim in work.claims.values():
        claim.organisation = firms.get(claim.num)
        claim.customer = people.get(claim.num, claim.organisation)
        if (claim.customer, claim.organisation) != before[claim.num]:
            resolution.moved.append(claim)
            if before[claim.num] == (None, None):
                resolution.found.add(claim.num)
            if claim.num not in unwritten:
                resolution.touched |= _of(*before[claim.num], claim.customer, claim.organisation)
        if claim.num in resolution.carriers:
            resolution.seen |= _of(claim.customer, claim.organisation)


def _of(*nums: int | None) -> set[int]:
    return {num for num in nums if num is not None}
