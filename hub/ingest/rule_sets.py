"""The rules of identity as a company sets them: tried on the real data first, then written down as truth."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hub.errors import InputWrong
from hub.identity.rule_set import differences, read_rules, write_rules
from hub.identity.rules import Rules
from hub.ingest.batch import Batch
from hub.ingest.outcomes import CustomerChange, MovedTouchpoint
from hub.ingest.preview import Seen, changes, look_ahead, moves
from hub.ingest.process import Processor
from hub.ingest.rejudge import Rejudged, Switch, chunks, rejudge
from hub.ingest.threads import Threads
from hub.store.session import Session
from hub.store.writing import records, rule_sets

MOST_CLAIMS = 10_000
"""Claims that a preview resolves again at most."""
PATIENCE = 3.0
"""Seconds after which a preview takes up no more claims: processing waits for it, and an answer may take ten."""
_TOGETHER = 500


@dataclass(frozen=True, slots=True)
class Regrouping:
    """Touchpoints that would go from one customer to another; None where they belong to nobody.

    ``kind``: ``MERGED`` (``before`` would stand no more), ``SPLIT`` (``after`` does not stand yet), ``MOVED`` (both
    stand before and after), ``FOUND`` and ``LOST`` (they belong to nobody before, or after).
    """

    kind: str
    before: str | None
    after: str | None
    touchpoints: int


@dataclass(frozen=True, slots=True)
class RulesPreview:
    """What other rules would change. ``examined`` of ``claims`` were resolved again: all, or the first of them."""

    rules: Rules
    differences: Sequence[tuple[str, str, str]]
    switches: Sequence[Switch]
    claims: int
    examined: int
    moved: int
    regroupings: Sequence[Regrouping]
    changes: Sequence[CustomerChange]


class RuleSets:
    """Setting the identity rules. ``clock`` gives microseconds."""

    def __init__(self, threads: Threads, clock: Callable[[], int]) -> None:
        self._threads = threads
        self._clock = clock

    async def preview(self, text: str, most: int = MOST_CLAIMS) -> RulesPreview:
        """Who would merge or split by the rules of a text, which may name only what it changes.

        It is done for real, in a transaction that leaves nothing. Raises ``InputWrong``.
        """
        read_rules(text)  # before anybody waits
        threads = self._threads
        return await threads.between_batches(lambda: preview_rules(threads.processor, threads.projection, text, most))

    async def apply(self, text: str, *, reason: str, by: str) -> int:
        """Write the rules down; they apply to everything. The answer is their truth number.

        Raises ``InputWrong``, also when they would change nothing.
        """
        at = self._clock()
        return await self._threads.write(lambda session: store(session, text, reason, by, at))


def store(session: Session, text: str, reason: str, by: str, at: int) -> int:
    """Append the rules of a text as a whole set: what it does not name stays as it stands."""
    last = records.take_numbers(session)
    before = standing(session)
    rules = read_rules(text, before)
    if rules == before:
        raise InputWrong("These rules stand already.", path="rules")
    row = (last + 1, rule_sets.IDENTITY, rules.version, write_rules(rules), by, reason, at)
    rule_sets.insert(session, row)
    records.give_numbers(session, last + 1)
    return last + 1


def standing(session: Session) -> Rules:
    """The identity rules of the last rule set."""
    number = rule_sets.standing(session, rule_sets.IDENTITY)
    return read_rules(rule_sets.text(session, number)) if number else Rules()


def preview_rules(processor: Processor, session: Session, text: str, most: int = MOST_CLAIMS) -> RulesPreview:
    """Look ahead. Runs between two batches."""
    found: list[tuple[Rules, Rules, Rejudged]] = []
    examined = 0

    def work(batch: Batch) -> None:
        nonlocal examined
        end = time.monotonic() + PATIENCE
        before, rules = batch.rules, read_rules(text, batch.rules)
        rejudged = rejudge(session, before, rules)
        found.append((before, rules, rejudged))
        for place, chunk in enumerate(chunks(rejudged.dirty[:most], _TOGETHER)):
            if time.monotonic() > end:
                break
            # Each a batch of its own, so that customers are folded as long as there is time.
            part = processor.begin()
            part.rules, part.until = rules, part.until + place
            processor.resolve_again(part, chunk)
            processor.process(part, [], [])
            batch.touched |= part.touched | part.grown.keys() | part.seen | part.gone
            examined += len(chunk)

    seen = look_ahead(processor, session, work)
    before, rules, rejudged = found[0]
    moved = moves(*seen)
    regroupings = _regroupings(moved, *seen)
    return RulesPreview(
        rules, differences(before, rules), rejudged.switches, len(rejudged.dirty), examined,
        len(moved), regroupings, _in_order(regroupings, changes(*seen)),
    )  # fmt: skip


def _regroupings(moved: Sequence[MovedTouchpoint], before: Seen, after: Seen) -> list[Regrouping]:
    """Who would merge into whom or be split from whom, the most touchpoints first."""

    def kind(was: str | None, now: str | None) -> str:
        if was is None or now is None:
            return "FOUND" if was is None else "LOST"
        if now not in before.customers:
            return "SPLIT"
        return "MOVED" if was in after.customers else "MERGED"

    counted = Counter((each.before, each.after) for each in moved)
    found = [Regrouping(kind(was, now), was, now, count) for (was, now), count in counted.items()]
    return sorted(found, key=lambda each: (-each.touchpoints, each.before or "", each.after or ""))


def _in_order(regroupings: Sequence[Regrouping], told: Sequence[CustomerChange]) -> list[CustomerChange]:
    """Changes of customers in the order in which the regroupings name them, then the others."""
    places: dict[str | None, int] = {}
    for each in regroupings:
        places.setdefault(each.before, len(places))
        places.setdefault(each.after, len(places))
    return sorted(told, key=lambda change: (places.get(change.customer, len(places)), change.customer))
