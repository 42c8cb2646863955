"""Writing touchpoints: new, changed and retracted ones, with everything that hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

from hub.identity.rules import Rules
from hub.ingest import about, claims, reference
from hub.ingest.claims import Claims, Naming
from hub.ingest.mapping import Draft
from hub.ingest.rows import Place, line_rows, moment_row, participant_rows, touchpoint_row
from hub.settings import Company
from hub.store.session import Session
from hub.store.writing import decisions, identities, matters, touchpoints
from hub.store.writing.identities import StoredClaim
from hub.store.writing.numbers import Numbers
from hub.store.writing.touchpoints import Stored

Line = tuple[object, ...]


@dataclass(slots=True)
class Placement:
    """One chunk of touchpoints on its way into the projection.

    ``write_changed`` comes before identity is resolved, so that claims can be counted; ``write_new`` after it, so that
    new touchpoints are written once, with their customer.
    """

    session: Session
    numbers: Numbers
    company: Company
    zone: ZoneInfo
    sources: dict[int, str]
    now: int
    rules: Rules
    claims: Claims = field(default_factory=Claims)
    touched: set[int] = field(default_factory=set)
    grown: dict[int, list[tuple[object, ...]]] = field(default_factory=dict)
    """New touchpoints of customers, as folds read them."""
    seen: set[int] = field(default_factory=set)
    """Customers whose identifiers were seen again."""
    matters: set[int] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)
    leads: set[str] = field(default_factory=set)
    """Touchpoints that others may be waiting to follow."""
    lost: set[str] = field(default_factory=set)
    """Those of them that may name nobody."""
    named: set[str] = field(default_factory=set)
    """Touchpoints that give a customer its id; known once identity is resolved."""
    _namings: dict[str, Naming] = field(default_factory=dict)
    _new: list[Draft] = field(default_factory=list)
    _nums: dict[str, int] = field(default_factory=dict)
    _campaigns: dict[str, int] = field(default_factory=dict)

    def write_changed(self, drafts: Sequence[Draft], read: Sequence[int]) -> None:
        """Take in what the rows ``read`` (record numbers) mean now."""
        before = touchpoints.yielded_by(self.session, read)
        known = touchpoints.stored(self.session, [draft.id for draft in drafts])
        ids = {draft.id for draft in drafts}
        gone = {id_: num for held in before.values() for num, id_ in held if id_ not in ids}
        changed = [draft for draft in drafts if draft.id in known and _differs(draft, known[draft.id])]
        self._new = [draft for draft in drafts if draft.id not in known]
        self._campaigns = reference.campaigns_of(self.session, self.numbers, [*changed, *self._new])
        self._claim([*changed, *self._new])
        self._relink(drafts, known, read)
        self._replace(changed, known)
        self._retract(gone)
        claims.recount(self.session, self.claims)
        claims.count(self.claims, [self._namings[draft.id] for draft in self._new if draft.id in self._namings])

    def write_new(self) -> None:
        """Insert the new touchpoints; identity is resolved by now."""
        rows = []
        for draft in self._new:
            place = self._place(draft, self._nums[draft.id])
            row = touchpoint_row(draft, place, self.zone)
            rows.append(row)
            if place.customer is None and place.organisation is None:
                self.lost.add(draft.id)
            # Whoever names an organisation alone is its customer as well.
            for held in {num for num in (place.customer, place.organisation) if num is not None}:
                self.grown.setdefault(held, []).append(moment_row(row))
        touchpoints.insert(self.session, rows)
        left = {held for num in self.claims.left for held in self.claims.by_num[num].identifiers}
        identities.forget_identifiers(self.session, sorted(left))
        identities.see_again(self.session, sorted(left))
        # Who has an identifier shows when it was last seen, also where somebody else's touchpoint carries it.
        self.seen |= {held.customer for held in self.claims.identifiers.values() if held.customer is not None}
        self._write_parts(self._new)
        self.lines += [
            ("TOUCHPOINT_ADDED", d.recorded_at, d.historical, None, d.id, None, None, None) for d in self._new
        ]
        self.leads |= {draft.id for draft in self._new}

    # Claims ---------------------------------------------------------------------------------------------------

    def _claim(self, drafts: Sequence[Draft]) -> None:
        for draft in drafts:
            made = claims.naming(
                draft.id, draft.at, draft.heard, draft.touchpoint, self.sources[draft.source], self.company.country
            )
            if made is not None:
                self._namings[draft.id] = made
        namings = list(self._namings.values())
        numbered, fresh = claims.number_identifiers(self.session, self.numbers, namings, self.rules)
        self.claims = claims.gather(
            self.session, self.numbers, namings, numbered, fresh, _decided(self.session, list(self._namings))
        )

    # Rows -----------------------------------------------------------------------------------------------------

    def _relink(self, drafts: Sequence[Draft], known: dict[str, Stored], read: Sequence[int]) -> None:
        for draft in drafts:
            self._nums[draft.id] = known[draft.id].num if draft.id in known else self.numbers.next("touchpoint")
        touchpoints.unlink_records(
            self.session, sorted({*read, *(record for draft in drafts for record in draft.records)})
        )
        touchpoints.link_records(
            self.session, [(record, self._nums[draft.id]) for draft in drafts for record in draft.records]
        )

    def _replace(self, changed: Sequence[Draft], known: dict[str, Stored]) -> None:
        rows = []
        for draft in changed:
            stored = known[draft.id]
            claim = self.claims.by_touchpoint.get(draft.id)
            place = Place(
                stored.num, claim.num if claim else None, draft.touchpoint.anchor,
                stored.customer, stored.organisation, stored.gave_id, self._campaign(draft),
            )  # fmt: skip
            if claim is not None and (claim.customer is not None or claim.organisation is not None):
                place.customer, place.organisation = claim.customer, claim.organisation
            rows.append(touchpoint_row(draft, place, self.zone))
            self.claims.left |= {num for num in (stored.claim, claim.num if claim else None) if num is not None}
            self.touched |= {
                n for n in (stored.customer, stored.organisation, place.customer, place.organisation) if n is not None
            }
            self.lines.append(
                ("TOUCHPOINT_CHANGED", draft.recorded_at, draft.historical, None, draft.id, None, None, None)
            )
        nums = [known[draft.id].num for draft in changed]
        self.matters |= set(matters.of_touchpoints(self.session, nums))
        touchpoints.clear_parts(self.session, nums)
        touchpoints.replace(self.session, rows)
        self._write_parts(changed)
        self.leads |= {draft.id for draft in changed}
        self.lost |= {draft.id for draft in changed}

    def _retract(self, gone: dict[str, int]) -> None:
        if not gone:
            return
        stored = touchpoints.stored(self.session, sorted(gone))
        standing = [each for each in stored.values() if not each.retracted]
        nums = [each.num for each in standing]
        self.matters |= set(matters.of_touchpoints(self.session, nums))
        touchpoints.clear_parts(self.session, nums)
        touchpoints.retract(self.session, nums, self.now)
        for each in standing:
            self.touched |= {held for held in (each.customer, each.organisation) if held is not None}
            if each.claim is not None:
                self.claims.left.add(each.claim)
            self.lines.append(("TOUCHPOINT_RETRACTED", None, False, None, each.id, None, None, None))
        self.leads |= {each.id for each in standing}
        self.lost |= {each.id for each in standing}

    def _place(self, draft: Draft, num: int) -> Place:
        claim = self.claims.by_touchpoint.get(draft.id)
        customer, organisation = (claim.customer, claim.organisation) if claim else (None, None)
        gave = claim is not None and claim.heard_id == draft.id and draft.id in self.named
        return Place(
            num, claim.num if claim else None, draft.touchpoint.anchor, customer, organisation, gave,
            self._campaign(draft),
        )  # fmt: skip

    def _campaign(self, draft: Draft) -> int | None:
        name = reference.campaign_of(draft)
        return self._campaigns[name] if name else None

    def _write_parts(self, drafts: Sequence[Draft]) -> None:
        skus = {(draft.source, line.sku) for draft in drafts for line in draft.touchpoint.lines if line.sku}
        products = {key: row[0] for key, row in reference.product_rows(self.session, skus).items()}
        touchpoints.insert_participants(
            self.session, [row for draft in drafts for row in participant_rows(self._nums[draft.id], draft)]
        )
        touchpoints.insert_lines(
            self.session, [row for draft in drafts for row in line_rows(self._nums[draft.id], draft, products)]
        )
        self.matters |= about.register(
            self.session, self.numbers,
            [about.Spoken(self._nums[d.id], d.at, self.sources[d.source], d.source, d.touchpoint) for d in drafts],
        )  # fmt: skip


def _differs(draft: Draft, stored: Stored) -> bool:
    """Also when its row said something else in between, and says the same again as another version."""
    return stored.retracted or (stored.digest, stored.record) != (draft.digest, draft.records[0])


def _decided(session: Session, ids: list[str]) -> set[str]:
    """Which of these touchpoints a live decision names."""
    if not decisions.any_made(session):
        return set()
    live = [decision for _, decision in identities.live_decisions(session, ids)]
    return {end for decision in live for end in (decision.a, decision.b)} & set(ids)


def _anew(num: int, digest: str, old: StoredClaim, touchpoint: str | None) -> StoredClaim:
    """A claim with the identifiers, name and customer of another, for ``touchpoint`` alone or for all."""
    return replace(old, num=num, digest=digest, touchpoint=touchpoint, touchpoints=0)


def decide(session: Session, numbers: Numbers, ids: Sequence[str]) -> Claims:
    """Give touchpoints that decisions name claims of their own, and those no longer named their common ones back."""
    stored = touchpoints.stored(session, ids)
    current = identities.claims_by_num(session, {each.claim for each in stored.values() if each.claim is not None})
    named = _decided(session, list(stored))
    identifiers = identities.identifiers_by_num(
        session, {held for claim in current.values() for held in claim.identifiers}
    )
    wanted: dict[str, tuple[str, StoredClaim]] = {}
    for id_, each in stored.items():
        if each.claim is not None and not each.retracted:
            claim = current[each.claim]
            ids_of = [identifiers[held].id for held in claim.identifiers]
            wanted[id_] = (claims.claim_digest(ids_of, claim.name_key, id_ if id_ in named else None), claim)
    known = identities.claims_by_digest(session, [digest for digest, _ in wanted.values()])
    made = Claims()
    moves: list[tuple[int, int, int | None, int | None]] = []
    for id_, (digest, old) in wanted.items():
        if digest not in known:
            known[digest] = _anew(numbers.next("claim"), digest, old, id_ if id_ in named else None)
            made.fresh.add(known[digest].num)
        claim = known[digest]
        made.by_num.setdefault(claim.num, claim)
        made.by_num.setdefault(old.num, current[old.num])
        made.dirty |= {claim.num, old.num}
        made.left |= {claim.num, old.num}
        if claim.num != old.num:
            moves.append((stored[id_].num, claim.num, claim.customer, claim.organisation))
            holders = (stored[id_].customer, stored[id_].organisation, claim.customer, claim.organisation)
            made.holders.update(num for num in holders if num is not None)
    touchpoints.reclaim(session, moves)
    claims.recount(session, made)
    return made
