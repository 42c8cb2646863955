"""Step two: what was accepted becomes touchpoints, customers, stages and values: in order, one transaction a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice
from zoneinfo import ZoneInfo

from hub.errors import InputWrong, RetryLater
from hub.identity.rule_set import read_rules
from hub.identity.rules import Rules as IdentityRules
from hub.ingest import claims, identify, place, rates, reference, refold, rollups, spend
from hub.ingest.batch import Batch
from hub.ingest.components import Components
from hub.ingest.defer import OVERSIZE
from hub.ingest.follow import follow
from hub.ingest.lifecycle_rules import LifecycleRules
from hub.ingest.lifecycles import Judge
from hub.ingest.mapping import Reading, drafts
from hub.ingest.place import Placement
from hub.ingest.portrait import Light
from hub.ingest.portraits import Portraits
from hub.ingest.rates import Exchanges
from hub.ingest.readings import Reader, RowKey, keep_problems, withdrawn_rows
from hub.ingest.rejudge import chunks, rejudge
from hub.ingest.sources import Sources
from hub.journey.rules import Rules as StageRules
from hub.settings import Company
from hub.store import sets
from hub.store.session import Session
from hub.store.writing import (
    customers,
    dirty_components,
    identities,
    ledger,
    matters,
    records,
    rule_sets,
    touchpoints,
)
from hub.store.writing import rates as stored_rates
from hub.store.writing.numbers import Numbers

_CHUNK = 1000
_UNPROCESSABLE = ("INTERNAL", "The hub could not process this row.", None, "It is kept; please report it.")


class Processor:
    """Processes what is accepted. One at a time in a hub; ``clock`` gives microseconds."""

    def __init__(
        self, session: Session, company: Company, sources: Sources, lifecycle: StageRules, clock: Callable[[], int],
        identity: IdentityRules | None = None,
    ) -> None:  # fmt: skip
        self._session = session
        self._company = company
        self._zone = ZoneInfo(company.time_zone)
        self._sources = sources
        self._lifecycle = LifecycleRules(company, lifecycle)
        self.at_leisure = False
        """Whether nothing is left but what may wait: everybody folded again by other lifecycle rules, rollups."""
        self._rules = {0: identity or IdentityRules()}
        self._clock = clock
        self.until: int | None = None
        """The truth number to stop at; None to go on with whatever comes."""
        self.quiet = False
        """Whether the ledger tells of all this already, so that no line is written."""
        self._born = sets.born(session)
        self.chunk = _CHUNK
        self.oversize = OVERSIZE
        self.watched: dict[int, Callable[[Batch], None]] = {}
        """Who wants to see what was done before it is committed, by the truth number it was asked with."""
        self._portraits = Portraits()
        self._components = Components()
        self._turn = False
        self._exchanges = Exchanges(session, company.currency, self._zone)
        self.counting = rollups.Counting(session, self._exchanges.conversion)
        self._reached: tuple[int, int] | None = None
        """The number and the clock this processor left behind: while they stand, nobody else has written since."""

    def run(self, most: int = _CHUNK) -> bool:
        """Process one batch of at most so many records; one decision, withdrawal or rule set alone counts as one.

        True when there may be more to do at once.
        """
        with self._session.transaction():
            after, clock = ledger.hold(self._session)
            if (after, clock) != self._reached:
                self._forget()
            self._reached = None
            last = self._last(after)
            folded = refold.waiting(self._session, self._lifecycle_rules(after))
            self.at_leisure = False
            # While rows come in all the time, those who wait for other rules get their turn all the same.
            self._turn = folded is not None and last > after and most > 1 and not self._turn
            more = True
            if self._turn:
                self._fold_everybody(after, clock, folded)
            elif last <= after:
                # One of them at a time, so that what comes meanwhile does not wait long.
                more = (
                    self._pass_time(after, clock)
                    or self._settle_dirty(after, clock)
                    or self._fold_matters(after, clock)
                    or self._fold_everybody(after, clock, folded)
                )
                if not more:
                    more = self.at_leisure = self.counting.go_on()
            else:
                self._next(after, last, most, clock)
            reached = ledger.processed(self._session)
        # Only what was committed may be built upon.
        self._reached = reached
        return more

    def _next(self, after: int, last: int, most: int, clock: int) -> None:
        """Process what comes after ``after``."""
        if most == 1:
            last = records.next_number(self._session, after) or last
        heard = records.heard(self._session, after, last, most)
        # Only now: whoever sees a record sees its source.
        self._sources.refresh(self._session)
        batch = self._batch(after, heard[-1][0] if len(heard) == most else last, clock)
        rows = [(source, stream, key) for _, source, stream, key in heard]
        withdrawn, decided = self.since(batch)
        if (before := self._standing(batch.after)) is not batch.rules:
            for chunk in chunks(rejudge(batch.session, before, batch.rules).dirty):
                self.resolve_again(batch, chunk)
        self.process(batch, list(dict.fromkeys([*rows, *withdrawn])), decided)
        for number in [number for number in self.watched if number <= batch.until]:
            self.watched.pop(number)(batch)
        self._finish(batch, clock)
        self.counting.after(len(heard))

    def backlog(self) -> int:
        """How many truth numbers wait to be processed."""
        with self._session.transaction():
            return records.last_number(self._session) - ledger.processed(self._session)[0]

    def skip(self) -> None:
        """Pass over the next truth row, which fails whenever it is processed.

        A record gets the problem INTERNAL.
        """
        with self._session.transaction():
            after, clock = ledger.hold(self._session)
            number = records.next_number(self._session, after)
            if number is None:
                return
            for _, source, stream, key in records.heard(self._session, number - 1, number, 1):
                versions = records.versions(self._session, source, stream, [key])[key]
                run = next(version.run for version in versions if version.number == number)
                ledger.write_problems(self._session, [number], {number: (source, run, *_UNPROCESSABLE)})
            self._finish(self._batch(after, number, clock), clock)

    def begin(self) -> Batch:
        """A batch that comes after everything there is, in the caller's transaction; for looking ahead."""
        self._forget()
        self._reached = None
        self._sources.refresh(self._session)
        after, clock = ledger.hold(self._session)
        return self._batch(after, records.last_number(self._session) + 1, clock)

    def _forget(self) -> None:
        """What is in memory may not be what is stored."""
        self._portraits.forget()
        self._components.forget()
        self._exchanges.forget()

    def _standing(self, until: int) -> IdentityRules:
        """The identity rules of the last rule set up to a truth number."""
        number = rule_sets.standing(self._session, rule_sets.IDENTITY, until)
        if number not in self._rules:
            try:
                self._rules[number] = read_rules(rule_sets.text(self._session, number))
            except InputWrong as error:
                # Made by another version of the hub. Without its rules everybody would be resolved wrongly.
                raise RetryLater(error.message, after=60) from None
        return self._rules[number]

    def since(self, batch: Batch) -> tuple[list[RowKey], list[str]]:
        """Rows that withdrawals of the batch are about, and touchpoints that its decisions name."""
        session = self._session
        rows = [
            row
            for kind, target in records.withdrawals_between(session, batch.after, batch.until)
            for row in withdrawn_rows(session, kind, target)
        ]
        return rows, identities.decided_between(session, batch.after, batch.until)

    def _last(self, after: int) -> int:
        """The last truth number to process now. What is history shares no batch with what is new."""
        last = records.last_number(self._session)
        if after < self._born:
            last = min(last, self._born)
        return last if self.until is None else min(last, self.until)

    def _batch(self, after: int, until: int, clock: int) -> Batch:
        batch = Batch(
            self._session, Numbers(self._session), after, until, max(self._clock(), clock), self._zone,
            self._standing(until),
        )  # fmt: skip
        batch.quiet, batch.replayed = self.quiet, until <= self._born
        return batch

    def _finish(self, batch: Batch, clock: int) -> None:
        if not ledger.advance(self._session, batch.after, batch.until, max(clock, batch.now)):
            raise RetryLater("Another processor was faster.")

    # One batch ------------------------------------------------------------------------------------------------

    def process(self, batch: Batch, rows: Sequence[RowKey], decided: Sequence[str]) -> None:
        """Do everything a batch asks for, up to the ledger; the caller owns the transaction."""
        reader = self.reader()
        remaining = iter(rows)
        while chunk := list(islice(remaining, self.chunk)):
            self._map_and_place(batch, chunk, reader)
        if decided:
            claimed = place.decide(batch.session, batch.numbers, decided)
            self._identify(batch, claimed)
            batch.touched |= claimed.holders
            batch.leads |= set(decided)
            batch.lost |= set(decided)
            batch.matters |= set(matters.of_ids(batch.session, decided))
        self._conclude(batch)
        batch.write_ledger()

    def _conclude(self, batch: Batch) -> None:
        """What everything that was done means for those it touched."""
        self._follow(batch)
        self.fold_again(batch)

    def fold_again(self, batch: Batch) -> None:
        """Fold the customers a batch touched from the touchpoints that are with them."""
        self._portraits.write(batch, self._light(batch))

    def reader(self) -> Reader:
        """What reads rows in the transaction at hand."""
        self._sources.refresh(self._session)
        return Reader(self._session, self._sources, self._zone, records.withdrawn(self._session))

    def resolve_again(self, batch: Batch, nums: Sequence[int]) -> None:
        """Resolve claims by the batch's identity rules, with whatever they hang together with; before ``process``."""
        touched = claims.Claims(by_num=identities.claims_by_num(batch.session, nums), dirty=set(nums))
        self._identify(batch, touched)
        batch.seen |= {num for held in touched.by_num.values() for num in (held.customer, held.organisation) if num}

    def _map_and_place(self, batch: Batch, rows: Sequence[RowKey], reader: Reader) -> None:
        readings, numbers = reader.read(rows)
        readings += reader.companions(readings, numbers)
        made, problems = drafts(readings, self._zone)
        keep_problems(batch.session, readings, numbers, problems)
        source_ids = {source.num: source.id for source in self._sources.all()}
        names = reference.keep(batch.session, batch.numbers, readings, source_ids)
        batch.matters |= set(matters.named_by(batch.session, names))
        spend.keep(batch.session, batch.numbers, readings, numbers)
        self._keep_rates(batch, readings, numbers)
        placement = Placement(
            batch.session, batch.numbers, self._company, self._zone, source_ids, batch.now, batch.rules
        )
        placement.write_changed(made, numbers)
        placement.named = self._identify(batch, placement.claims)
        placement.write_new()
        batch.take(placement)
        if made:
            batch.at = max(batch.at, max(draft.recorded_at for draft in made))
            batch.historical = all(draft.historical for draft in made)
            batch.heard = max(batch.heard, max(draft.heard for draft in made))

    def _keep_rates(self, batch: Batch, readings: Sequence[Reading], read_numbers: Sequence[int]) -> None:
        """Keep exchange rates, and have whoever they convert money of folded again."""
        at_once, afterwards = self._exchanges.change(rates.keep(batch.session, readings, read_numbers))
        batch.touched |= set(at_once)
        if afterwards:
            stored_rates.make_due(batch.session, afterwards)
            self._portraits.drop(afterwards)

    # Who, and what it means for them --------------------------------------------------------------------------

    def _identify(self, batch: Batch, touched: claims.Claims) -> set[str]:
        """Resolve identity; the answer is the touchpoints that give a customer its id for the first time."""
        touched.heard_before = batch.heard
        resolution = identify.identify(
            batch.session, batch.numbers, touched, batch.rules, self.oversize, self._components
        )
        # New touchpoints of fresh claims are written after this. Those that came to a claim from another were given the
        # claim's customer then, so that only claims which moved must tell their touchpoints, however many.
        moved = [claim for claim in resolution.moved if claim.num not in touched.fresh or claim.num in touched.left]
        batch.touched |= touchpoints.held_by(
            batch.session, [claim.num for claim in moved if claim.num in resolution.found]
        )
        touchpoints.assign(batch.session, [(claim.num, claim.customer, claim.organisation) for claim in moved])
        touchpoints.mark_named(batch.session, sorted(resolution.named))
        batch.moved += [claim.num for claim in moved]
        batch.touched |= resolution.touched
        touchpoints.forget_claims(batch.session, resolution.emptied)
        batch.fresh |= resolution.fresh
        batch.seen |= resolution.seen | resolution.renamed.keys()
        for num, each in resolution.standing.items():
            if num in resolution.renamed:
                batch.named[num] = (each.id, each.side)
            else:  # also when it got another name earlier in this batch
                batch.named.pop(num, None)
        batch.gone -= resolution.standing.keys()
        batch.gone |= resolution.gone
        for kind, customer, before, after in resolution.lines:
            batch.lines.append((kind, None, None, customer, None, None, before, after))
        return resolution.named

    def _follow(self, batch: Batch) -> None:
        """Give touchpoints that name nobody to whom they follow."""
        about_now = batch.matters | set(matters.of_claims(batch.session, batch.moved))
        touched, lines = follow(batch.session, batch.leads, batch.lost, batch.moved, about_now, self._company)
        batch.touched |= touched
        batch.lines += lines

    def _light(self, batch: Batch) -> Light:
        desk, books, users = self._sources.desk().num, self._sources.books(), matters.users(batch.session)
        return Light(
            self._company, self._zone, self._lifecycle_rules(batch.until), batch.now, desk, books, users,
            self._exchanges.conversion,
        )  # fmt: skip

    def _lifecycle_rules(self, until: int) -> StageRules:
        """What is history, or will have been processed before anybody looks, is folded by the last rules at once."""
        return self._lifecycle.at(self._session, max(until, self.until or 0, self._born))

    # Time -----------------------------------------------------------------------------------------------------

    def _pass_time(self, after: int, clock: int) -> bool:
        """Apply the changes that silence makes; the ledger dates them by the truth number reached."""
        now = self._clock()
        due = customers.due(self._session, now, _CHUNK)
        if not due:
            return False
        batch = self._between(after, now)
        batch.seen = set(due)
        self._end_between(batch, clock)
        return len(due) == _CHUNK

    def _settle_dirty(self, after: int, clock: int) -> bool:
        """Resolve a component that was too large to be resolved when something came to it."""
        waiting = dirty_components.first(self._session)
        if waiting is None:
            return False
        dirty_components.clear(self._session, waiting[0], [waiting[1]])
        batch = self._between(after, max(self._clock(), clock))
        claims_within = rule_sets.claims_within(self._session, waiting[0], [waiting[1]])
        if claims_within:  # else it has been resolved with another
            self.resolve_again(batch, claims_within)
        self._end_between(batch, clock)
        return True

    def _fold_everybody(self, after: int, clock: int, reached: int | None) -> bool:
        """Fold some more of those who are not yet folded by the lifecycle rules that stand."""
        if reached is None:
            return False
        batch = self._between(after, max(self._clock(), clock))
        light = self._light(batch)
        judge = Judge(light.rules, light.now, light.desk, light.counted, light.conversion)
        folded = refold.refold(batch, judge, reached)
        self._portraits.drop(folded)
        self._tell_between(batch, clock)
        self.at_leisure = len(folded) == refold.CHUNK
        return self.at_leisure

    def _fold_matters(self, after: int, clock: int) -> bool:
        """Fold matters that an earlier version of the hub wrote."""
        waiting = matters.unfolded(self._session, _CHUNK)
        if not waiting:
            return False
        batch = self._between(after, max(self._clock(), clock))
        batch.matters = set(waiting)
        batch.quiet = True  # they are what they were
        self._end_between(batch, clock)
        return True

    def _between(self, after: int, now: int) -> Batch:
        """A batch that no truth row asks for."""
        self._sources.refresh(self._session)
        batch = Batch(
            self._session, Numbers(self._session), after, after, now, self._zone, self._standing(after), at=now
        )
        batch.quiet = self.quiet
        return batch

    def _end_between(self, batch: Batch, clock: int) -> None:
        self._conclude(batch)
        self._tell_between(batch, clock)

    def _tell_between(self, batch: Batch, clock: int) -> None:
        last = ledger.last_ordinal(self._session, batch.after)
        batch.write_ledger(0 if last is None else last + 1)
        ledger.advance(self._session, batch.after, batch.after, max(clock, batch.now))


def drain(processor: Processor, most: int = _CHUNK) -> int:
    """Process until nothing is left; the answer is the number of batches."""
    return sum(1 for _ in iter(lambda: processor.run(most), False))
