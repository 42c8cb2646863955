"""Making one of raw components of persons in which nothing can be refused, because a new claim stands between them.

What resolving them anew would come to, without what only a refusal needs: identifiers, edges and their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet

from hub.ingest.claims import Claims
from hub.ingest.resolution import Resolution
from hub.store.session import Session
from hub.store.writing import components, customers
from hub.store.writing.components import Label
from hub.store.writing.identities import StoredClaim
from hub.values import Side

Place = tuple[int, int]
"""A raw component and the customer who has all of it."""


def unite(
    session: Session, claims: Claims, unions: Sequence[AbstractSet[Label]], held: Mapping[Label, list[StoredClaim]],
    resolution: Resolution,
) -> dict[Label, Place]:  # fmt: skip
    """Give all claims (``held``) and identifiers of each union of components one component and one customer.

    The answer is where each of the components is now.
    """
    before = {label: held[label][0].customer for union in unions for label in union}
    resolution.old_ids |= customers.ids(session, [num for num in before.values() if num is not None])
    places: dict[Label, Place] = {}
    for union in unions:
        of = [claim for label in union for claim in held[label]]
        place = min(num for _, num in union), _stand(of, resolution)
        _move(of, place, resolution)
        places |= dict.fromkeys(union, place)
    for identifier in claims.identifiers.values():
        if identifier.component is not None and (at := places.get((identifier.side, identifier.component))):
            identifier.component, identifier.customer = at
    rows = [(label[1], before[label], *place) for label, place in places.items()]
    components.place_persons(session, [(num, now) for num, was, _, now in rows if was != now])
    components.join_persons(session, [(num, at) for num, _, at, _ in rows if num != at])
    return places


def _stand(held: Sequence[StoredClaim], resolution: Resolution) -> int:
    """The customer most of it was stands, by the id of whoever was heard of first."""
    weights: dict[int, int] = {}
    for claim in held:
        if claim.customer is not None:
            weights[claim.customer] = weights.get(claim.customer, 0) + claim.touchpoints
    customer = min(weights, key=lambda num: (-weights[num], num))
    resolution.stand(customer, Side.PERSON, held, weights)
    resolution.gone |= weights.keys() - {customer}
    return customer


def _move(held: Sequence[StoredClaim], place: Place, resolution: Resolution) -> None:
    component, customer = place
    for claim in held:
        if claim.customer != customer:
            resolution.moved.append(claim)
            resolution.touched |= {num for num in (claim.customer, customer) if num is not None}
        claim.person_component, claim.customer = component, customer
