"""From touchpoints to claims: the identifiers they carry, made canonical, numbered and counted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hub.identity.names import name_key
from hub.identity.normalise import COMBINED, Canonical, aliases, canonical, combinations, masked
from hub.identity.rules import Rules, blocked
from hub.store.session import Session
from hub.store.writing import identities
from hub.store.writing.identities import StoredClaim, StoredIdentifier
from hub.store.writing.numbers import Numbers
from hub.values import Touchpoint


@dataclass(slots=True)
class Naming:
    """With what a touchpoint names its subject: identifiers by id, and the name."""

    touchpoint: str
    at: int
    heard: int
    identifiers: Mapping[str, Canonical]
    name_key: str


@dataclass(slots=True)
class Claims:
    """The claims a batch touches. ``dirty`` ones make their components be resolved again."""

    identifiers: dict[int, StoredIdentifier] = field(default_factory=dict)
    """Those known of these claims, by row number; resolving identity adds the others."""
    fresh_identifiers: dict[int, tuple[object, ...]] = field(default_factory=dict)
    """Rows of identifiers that are new, as far as they are known before identity is resolved."""
    heard_before: int = 0
    """No claim that was written before was heard after this truth number."""
    by_touchpoint: dict[str, StoredClaim] = field(default_factory=dict)
    by_num: dict[int, StoredClaim] = field(default_factory=dict)
    fresh: set[int] = field(default_factory=set)
    dirty: set[int] = field(default_factory=set)
    changed: set[int] = field(default_factory=set)
    left: set[int] = field(default_factory=set)
    holders: set[int] = field(default_factory=set)
    """Customers who held or now hold touchpoints that were given another claim."""

    def identifier_rows(self) -> list[tuple[object, ...]]:
        """The rows of the new identifiers, resolved."""
        return [(*row, *self.identifiers[num].resolved) for num, row in self.fresh_identifiers.items()]


def naming(id_: str, at: int, heard: int, touchpoint: Touchpoint, source: str, region: str) -> Naming | None:
    """How a touchpoint names its subject; None when it carries no identifier at all.

    Name and address are enough; but what is about another touchpoint follows that one, whatever it tells.
    """
    held: dict[str, Canonical] = {}
    for given in touchpoint.identifiers:
        made = canonical(given, source, region)
        if made is not None:
            held.setdefault(made.id, made)
    if not held and touchpoint.anchor is not None:
        return None
    stated = aliases(held.values()) if touchpoint.alias else []
    held |= {made.id: made for made in (*combinations(held.values(), touchpoint.traits), *stated)}
    if not held:
        return None
    return Naming(id_, at, heard, held, name_key(str(touchpoint.traits.get("name") or "")))


def number_identifiers(
    session: Session, numbers: Numbers, namings: Sequence[Naming], rules: Rules
) -> tuple[dict[str, StoredIdentifier], dict[int, tuple[object, ...]]]:
    """The identifiers of the namings by id, and the rows of those that are new."""
    seen: dict[str, tuple[Canonical, int, int]] = {}
    for each in namings:
        for id_, held in each.identifiers.items():
            shown, first, last = seen.get(id_, (held, each.at, each.at))
            seen[id_] = (shown, min(first, each.at), max(last, each.at))
    known = identities.identifiers_by_id(session, list(seen))
    rows: dict[int, tuple[object, ...]] = {}
    for id_, (held, first, last) in seen.items():
        if id_ in known:
            continue
        given = held.identifier
        num = numbers.next("identifier")
        node = (held.rank, given.kind, given.namespace, given.value)
        hidden = given.kind in COMBINED
        why = blocked(given.kind, given.value, rules)
        known[id_] = StoredIdentifier(num, id_, node, given.side, why is not None, None, None, hidden)
        rows[num] = (
            num, id_, given.kind, given.namespace, given.value, given.side, held.rank, given.display,
            masked(given.kind, given.display), hidden, why, first, last,
        )  # fmt: skip
    identities.see_identifiers(
        session,
        [
            (stored.num, min(first, stored.first_seen), max(last, stored.last_seen))
            for id_, (_, first, last) in seen.items()
            if (stored := known[id_]).num not in rows and (first < stored.first_seen or last > stored.last_seen)
        ],
    )
    return known, rows


def claim_digest(identifiers: Iterable[str], name: str, touchpoint: str | None) -> str:
    """What makes two claims the same: their identifiers, the name, and the touchpoint when a decision names it."""
    text = "\x1f".join([*sorted(identifiers), "\x1e", name, "\x1e", touchpoint or ""])
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def gather(
    session: Session,
    numbers: Numbers,
    namings: Sequence[Naming],
    identifiers: Mapping[str, StoredIdentifier],
    fresh_identifiers: dict[int, tuple[object, ...]],
    decided: set[str],
) -> Claims:
    """The claims of the namings, new ones numbered but not yet written.

    ``decided``: touchpoints that live decisions name.
    """
    digests: dict[str, tuple[str, Naming]] = {}
    for each in namings:
        named = each.touchpoint if each.touchpoint in decided else None
        digests[each.touchpoint] = (claim_digest(each.identifiers, each.name_key, named), each)
    # Whose identifiers are not all known is new itself.
    maybe = {
        digest
        for digest, each in digests.values()
        if not any(identifiers[id_].num in fresh_identifiers for id_ in each.identifiers)
    }
    known = identities.claims_by_digest(session, list(maybe))
    claims = Claims({each.num: each for each in identifiers.values()}, fresh_identifiers)
    for touchpoint, (digest, each) in digests.items():
        claim = known.get(digest)
        if claim is None:
            nums = tuple(sorted(identifiers[id_].num for id_ in each.identifiers))
            named = touchpoint if touchpoint in decided else None
            claim = StoredClaim(
                numbers.next("claim"), each.name_key, named, each.at, touchpoint, each.heard, touchpoint, 0,
                None, None, None, None, nums, digest,
            )  # fmt: skip
            known[digest] = claim
            claims.fresh.add(claim.num)
            claims.dirty.add(claim.num)
        claims.by_touchpoint[touchpoint] = claim
        claims.by_num[claim.num] = claim
    return claims


def count(claims: Claims, added: Iterable[Naming]) -> None:
    """Count touchpoints that are new in their claims. An earlier first time may change what joins."""
    for each in added:
        claim = claims.by_touchpoint[each.touchpoint]
        if claim.touchpoints == 0:  # whoever made the claim before has left it
            claim.first_at, claim.first_key = each.at, each.touchpoint
            claim.heard, claim.heard_id = each.heard, each.touchpoint
        claim.touchpoints += 1
        claims.changed.add(claim.num)
        if (each.at, each.touchpoint) < (claim.first_at, claim.first_key):
            claim.first_at, claim.first_key = each.at, each.touchpoint
            claims.dirty.add(claim.num)
        if (each.heard, each.touchpoint) < (claim.heard, claim.heard_id):
            claim.heard, claim.heard_id = each.heard, each.touchpoint
            claims.dirty.add(claim.num)


def recount(session: Session, claims: Claims) -> None:
    """Count again the claims that touchpoints have left; empty ones stay until identity is resolved."""
    missing = [num for num in claims.left if num not in claims.by_num]
    claims.by_num.update(identities.claims_by_num(session, missing))
    counted = identities.recount_claims(session, sorted(claims.left))
    for num in claims.left:
        claim = claims.by_num[num]
        if num in counted:
            claim.touchpoints, claim.first_at, claim.first_key, claim.heard, claim.heard_id = counted[num]
        else:
            claim.touchpoints = 0
        claims.changed.add(num)
        claims.dirty.add(num)
