"""Claims that wait: what is new in a component so large that resolving it would hold up everybody.

Such a claim is given to the customer of its strongest identifier for the time being, and its component is marked as
dirty. When nothing else is to be done the processor resolves dirty components from all that is in them, so that at rest
everybody is where any other order would have brought them.
"""

from __future__ import annotations

from hub.ingest.attach import new_groups
from hub.ingest.claims import Claims
from hub.ingest.components import Components
from hub.ingest.resolution import Resolution
from hub.store.session import Session
from hub.store.writing import dirty_components, identities
from hub.store.writing.components import Label
from hub.store.writing.identities import StoredClaim
from hub.values import Side

OVERSIZE = 2000
"""Identifiers of a component that is resolved later: Kruskal over 10,000 takes 50 ms, and loading them far more."""


def defer(
    session: Session, claims: Claims, dirty: set[int], resolution: Resolution, oversize: int, known: Components
) -> set[int]:
    """Put off what can wait; the answer is the dirty claims that do."""
    candidates = [each for each in new_groups(claims, dirty, resolution) if each.labels]
    sizes = identities.component_sizes(session, sorted({label for each in candidates for _, label in each.labels}))
    waiting: set[int] = set()
    marked: set[Label] = set()
    for each in candidates:
        if max(sizes.get(label, 0) for label in each.labels) <= oversize:
            continue
        for side in Side:
            # On a side where it meets nobody, the group is a component of its own, which waits as well.
            label = min((label for at, label in each.labels if at is side), default=each.claims[0].num)
            lent = [_lend(claim, side, label, claims) for claim in each.claims]
            if any(lent):
                marked.add((side, label))
        waiting |= {claim.num for claim in each.claims}
        marked |= each.labels
    dirty_components.mark(session, marked)
    known.drop(marked)
    return waiting


def _lend(claim: StoredClaim, side: Side, label: int, claims: Claims) -> bool:
    """Give a claim to the customer of its strongest identifier that has one, until its component is resolved.

    Whether it names anybody on this side at all.
    """
    held = sorted(
        (each for num in claim.identifiers if (each := claims.identifiers[num]).joins and each.side is side),
        key=lambda each: each.node,
    )
    if not held:
        return False
    known = next((each for each in held if each.customer is not None), None)
    owner: int | None = None
    if known is not None and known.component is not None:
        # All claims of a customer are in one component: who resolves another would take the customer for gone.
        owner, label = known.customer, known.component
    if side is Side.PERSON:
        claim.person_component, claim.customer = label, owner
    else:
        claim.organisation_component, claim.organisation = label, owner
        if claim.person_component is None:
            claim.customer = owner
    for each in held:
        if each.component is None:
            each.component = label
    return True
