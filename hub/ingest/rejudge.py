"""Other identity rules on what is there: whose joining changes, and which claims must be resolved again for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from hub.identity.rules import Rules, blocked, cap
from hub.store.session import Session
from hub.store.writing import identities, rule_sets
from hub.values import Side

CHUNK = 1000
_SCANNED = 10_000
_WORDS = ("blocked_values", "role_mailboxes", "personal_mailboxes", "never_join")


@dataclass(frozen=True, slots=True)
class Switch:
    """An identifier, and why it did not join before and does not after; None where it joins."""

    identifier: int
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Rejudged:
    """What other rules touch. ``dirty``: row numbers of claims, those of one component beside each other."""

    switches: Sequence[Switch]
    dirty: Sequence[int]


def rejudge(session: Session, before: Rules, after: Rules) -> Rejudged:
    """Write the verdicts of the rules ``after`` on all identifiers. Nobody is resolved by them yet.

    A verdict is a function of the value and of the standing claims. So whoever may have another one is known without
    looking at the others: words are compared with every value, caps only where more is carried than the lesser limit.
    """
    changed: dict[int, Switch] = {}
    if any(getattr(before, name) != getattr(after, name) for name in _WORDS):
        _block(session, after, changed)
    for chunk in chunks(sorted(_cap_candidates(session, before, after, list(changed)))):
        _cap(session, chunk, after, changed)
    dirty: set[int] = set()
    for chunk in chunks(sorted(changed)):
        dirty.update(identities.claims_carrying(session, chunk))
    if before.most_identifiers != after.most_identifiers:
        least = min(before.most_identifiers, after.most_identifiers)
        for side in Side:
            for chunk in chunks(rule_sets.components_beyond(session, side, least)):
                dirty.update(rule_sets.claims_within(session, side, chunk))
    switches = [changed[num] for num in sorted(changed) if changed[num].before != changed[num].after]
    return Rejudged(switches, rule_sets.in_order_of_components(session, sorted(dirty)))


def chunks(numbers: Iterable[int], size: int = CHUNK) -> Iterator[list[int]]:
    """The numbers, ``size`` at a time."""
    remaining = iter(numbers)
    while chunk := list(islice(remaining, size)):
        yield chunk


def _block(session: Session, rules: Rules, changed: dict[int, Switch]) -> None:
    for scanned in rule_sets.identifiers(session, _SCANNED):
        rows = []
        for num, kind, value, was, capped in scanned:
            now = blocked(kind, value, rules)
            if now != was:
                rows.append((now, num))
                changed[num] = Switch(num, was or capped, now)
        rule_sets.block(session, rows)


def _cap_candidates(session: Session, before: Rules, after: Rules, changed: list[int]) -> set[int]:
    """Identifiers that may be capped now, or no more."""
    found: set[int] = set()
    for chunk in chunks(changed):
        found.update(rule_sets.beside(session, chunk))
    if before.most_names != after.most_names:
        found.update(rule_sets.with_names_beyond(session, min(before.most_names, after.most_names), phones=False))
    if before.most_phone_names != after.most_phone_names:
        least = min(before.most_phone_names, after.most_phone_names)
        found.update(rule_sets.with_names_beyond(session, least, phones=True))
    if before.most_stronger != after.most_stronger:
        found.update(rule_sets.with_stronger_beyond(session, min(before.most_stronger, after.most_stronger)))
    return found


def _cap(session: Session, nums: Sequence[int], rules: Rules, changed: dict[int, Switch]) -> None:
    identifiers = identities.identifiers_by_num(session, nums)
    names = identities.names_of(session, nums)
    companions = identities.companions_of(session, nums)
    rows = []
    for num, held in identifiers.items():
        verdict = cap(held.node, names.get(num, ()), companions.get(num, ()), rules)
        if verdict != held.capped:
            rows.append((verdict, num))
            was = changed[num].before if num in changed else held.capped
            changed[num] = Switch(num, was, verdict)
    identities.cap_identifiers(session, rows)
