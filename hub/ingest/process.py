"""Step two: what was accepted becomes touchpoints, customers, stages and values, in order, in one transaction a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import count as counting
from itertools import islice
from zoneinfo import ZoneInfo

from hub.errors import RetryLater
from hub.identity.rules import Rules as IdentityRules
from hub.ingest import about, claims, identify, place, reference
from hub.ingest.mapping import Reading, drafts, read, standing
from hub.ingest.outcomes import Problem
from hub.ingest.place import Placement
from hub.ingest.portrait import Light, Portrait, Sitting, portray
from hub.ingest.sources import Source, Sources
from hub.journey.rules import Rules as LifecycleRules
from hub.settings import Company
from hub.store.session import Session
from hub.store.writing import customers, identities, ledger, matters, records, touchpoints
from hub.store.writing.numbers import Numbers
from hub.store.writing.records import Version
from hub.values import Side

RowKey = tuple[int, str, str]
"""(source, stream, key): one row, whatever its versions."""

_CHUNK = 1000
_LONGEST_CHAIN = 8
_CONTRADICTION = Problem(
    "CONTRADICTS", "A different payload came under the key of an event that is already known; the first one stands."
)


@dataclass(slots=True)
class Batch:
    """What one transaction works on."""

    session: Session
    numbers: Numbers
    after: int
    until: int
    now: int
    zone: ZoneInfo
    at: int = 0
    """When the last record of the batch was received; dates the ledger lines."""
    historical: bool = False
    touched: set[int] = field(default_factory=set)
    named: dict[int, tuple[str, Side]] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)
    matters: set[int] = field(default_factory=set)
    leads: set[str] = field(default_factory=set)
    """Touchpoints that are new or changed; others may follow them."""
    moved: list[int] = field(default_factory=list)
    """Claims whose customer changed."""
    unsettled: set[int] = field(default_factory=set)
    """Customers that touchpoints moved to or from: their matters may move too."""
    lines: list[tuple[object, ...]] = field(default_factory=list)
    """Ledger lines without number and ordinal: (kind, at, historical, customer, touchpoint, matter, before, after)."""

    def take(self, placement: Placement) -> None:
        """Add what a chunk touched."""
        self.touched |= placement.touched
        self.matters |= placement.matters
        self.leads |= placement.leads
        self.lines.extend(placement.lines)


class Processor:
    """Processes what is accepted. One at a time in a hub; ``clock`` gives microseconds."""

    def __init__(
        self, session: Session, company: Company, sources: Sources, lifecycle: LifecycleRules, clock: Callable[[], int],
        identity: IdentityRules | None = None,
    ) -> None:  # fmt: skip
        self._session = session
        self._company = company
        self._zone = ZoneInfo(company.time_zone)
        self._sources = sources
        self._lifecycle = lifecycle
        self._identity = identity or IdentityRules()
        self._clock = clock

    def run(self, most: int = _CHUNK) -> bool:
        """Process one batch of at most so many records. True when there may be more to do at once."""
        self._sources.refresh(self._session)
        with self._session.transaction():
            after, clock = ledger.hold(self._session)
            last = int(self._session.value("SELECT value FROM sequence WHERE id = 1"))
            if last <= after:
                return self._pass_time(after, clock)
            heard = records.heard(self._session, after, last, most)
            batch = self._batch(after, heard[-1][0] if len(heard) == most else last, clock)
            rows = [(source, stream, key) for _, source, stream, key in heard]
            withdrawn, decided = self.since(batch)
            self.process(batch, list(dict.fromkeys([*rows, *withdrawn])), decided)
            self._finish(batch, clock)
        return True

    def skip(self) -> None:
        """Pass over the next record, which fails whenever it is processed: it gets the problem INTERNAL."""
        with self._session.transaction():
            after, clock = ledger.hold(self._session)
            number, source, stream, key = records.heard(self._session, after, after + 1_000_000, 1)[0]
            version = next(v for v in records.versions(self._session, source, stream, [key])[key] if v.number == number)
            problem = (
                source,
                version.run,
                "INTERNAL",
                "The hub could not process this row.",
                None,
                "It is kept; report it.",
            )
            ledger.write_problems(self._session, [number], {number: problem})
            self._finish(self._batch(after, number, clock), clock)

    def begin(self) -> Batch:
        """A batch that comes after everything there is; for looking ahead."""
        self._sources.refresh(self._session)
        after, clock = ledger.hold(self._session)
        return self._batch(after, int(self._session.value("SELECT value FROM sequence WHERE id = 1")) + 1, clock)

    def since(self, batch: Batch) -> tuple[list[RowKey], list[str]]:
        """Rows that withdrawals of the batch are about, and touchpoints that its decisions name."""
        session = self._session
        rows = [
            row
            for kind, target in records.withdrawals_between(session, batch.after, batch.until)
            for row in self._withdrawn_rows(kind, target)
        ]
        return rows, identities.decided_between(session, batch.after, batch.until)

    def _batch(self, after: int, until: int, clock: int) -> Batch:
        return Batch(self._session, Numbers(self._session), after, until, max(self._clock(), clock), self._zone)

    def _finish(self, batch: Batch, clock: int) -> None:
        if not ledger.advance(self._session, batch.after, batch.until, max(clock, batch.now)):
            raise RetryLater("Another processor was faster.")

    def _withdrawn_rows(self, kind: str, target: str) -> list[RowKey]:
        session = self._session
        if kind == "RUN":
            num = session.value("SELECT num FROM run WHERE id = $1", target)
            return records.keys_of_run(session, num) if num else []
        if kind == "SOURCE":
            num = session.value("SELECT num FROM source WHERE id = $1", target)
            return records.keys_of_source(session, num) if num else []
        if kind == "RECORD":
            return records.keys_of_records(session, [int(target)])
        return []

    # One batch ------------------------------------------------------------------------------------------------

    def process(self, batch: Batch, rows: Sequence[RowKey], decided: Sequence[str]) -> None:
        """Do everything a batch asks for, up to the ledger; the caller owns the transaction."""
        withdrawn = records.withdrawn(batch.session)
        remaining = iter(rows)
        while chunk := list(islice(remaining, _CHUNK)):
            self._map_and_place(batch, chunk, withdrawn)
        if decided:
            self._identify(batch, place.decide(batch.session, batch.numbers, decided))
        self._follow(batch)
        self._portray(batch)
        self._write_ledger(batch)

    def _map_and_place(self, batch: Batch, rows: Sequence[RowKey], withdrawn: dict[str, set[str]]) -> None:
        readings, read_numbers = self._read(batch, rows, withdrawn)
        readings += self._read_companions(batch, readings, read_numbers)
        made, problems = drafts(readings, self._zone)
        self._keep_problems(batch, readings, read_numbers, problems)
        sources = {source.num: source.id for source in self._sources.all()}
        reference.keep(batch.session, batch.numbers, readings, sources)
        placement = Placement(batch.session, batch.numbers, self._company, self._zone, sources, batch.now)
        placement.write_changed(made, read_numbers)
        placement.named = self._identify(batch, placement.claims)
        placement.write_new()
        batch.take(placement)
        if made:
            batch.at = max(batch.at, max(draft.recorded_at for draft in made))
            batch.historical = all(draft.historical for draft in made)

    def _keep_problems(
        self, batch: Batch, readings: Sequence[Reading], read_numbers: Sequence[int], folding: dict[int, Problem]
    ) -> None:
        versions = {reading.version.number: reading.version for reading in readings}
        faults = {r.version.number: r.problem for r in readings if r.problem is not None} | folding
        ledger.write_problems(
            batch.session,
            sorted({*versions, *read_numbers}),
            {
                number: (
                    versions[number].source,
                    versions[number].run,
                    fault.code,
                    fault.message,
                    fault.path,
                    fault.hint,
                )
                for number, fault in faults.items()
            },
        )

    def _read(
        self, batch: Batch, rows: Sequence[RowKey], withdrawn: dict[str, set[str]]
    ) -> tuple[list[Reading], list[int]]:
        """Readings of the standing versions, and the numbers of all versions of these rows (whose touchpoints may go)."""
        session = batch.session
        taken_out = self._taken_out(withdrawn)
        readings: list[Reading] = []
        everything: list[int] = []
        chosen: list[tuple[Version, int, Source]] = []
        by_stream: dict[tuple[int, str], list[str]] = {}
        for source, stream, key in rows:
            by_stream.setdefault((source, stream), []).append(key)
        for (source_num, stream_name), keys in by_stream.items():
            source = self._sources[source_num]
            nature = source.stream(stream_name).nature if source.connector else None
            for versions in records.versions(session, source_num, stream_name, keys).values():
                everything.extend(version.number for version in versions)
                if nature is None:
                    readings.append(Reading(versions[-1], versions[0].number, problem=_broken(source)))
                    continue
                live = [version for version in versions if not taken_out(version, source.id)]
                stands, contrary = standing(live, nature)
                readings.extend(Reading(version, versions[0].number, problem=_CONTRADICTION) for version in contrary)
                if stands is not None:
                    chosen.append((stands, versions[0].number, source))
        readings += self._map(session, chosen)
        return readings, everything

    def _taken_out(self, withdrawn: dict[str, set[str]]) -> Callable[[Version, str], bool]:
        """Whether a version, its run or its source is withdrawn."""
        sources, numbers = withdrawn.get("SOURCE", set()), withdrawn.get("RECORD", set())
        runs = set(records.run_nums(self._session, sorted(withdrawn.get("RUN", set()))))
        return lambda version, source: version.run in runs or source in sources or str(version.number) in numbers

    def _map(self, session: Session, chosen: Sequence[tuple[Version, int, Source]]) -> list[Reading]:
        payloads = records.payloads(session, [version.number for version, _, _ in chosen])
        return [
            read(version, heard, payloads[version.number], source.stream(version.stream), source.id, self._zone)
            for version, heard, source in chosen
        ]

    def _read_companions(self, batch: Batch, readings: Sequence[Reading], superseded: Sequence[int]) -> list[Reading]:
        """Readings of the other standing rows of documents that these rows are lines of, or were."""
        ids = {id_ for r in readings for id_, t in r.touchpoints.items() if t.document is not None}
        ids |= {id_ for yielded in touchpoints.yielded_by(batch.session, superseded).values() for _, id_ in yielded}
        numbers = {record for held in touchpoints.records_of(batch.session, sorted(ids)).values() for record in held}
        missing = sorted(numbers - set(superseded))
        if not missing:
            return []
        keys = records.keys_of_records(batch.session, missing)
        found: list[tuple[Version, int, Source]] = []
        by_stream: dict[tuple[int, str], list[str]] = {}
        for source, stream, key in keys:
            by_stream.setdefault((source, stream), []).append(key)
        wanted = set(missing)
        for (source, stream), held in by_stream.items():
            for versions in records.versions(batch.session, source, stream, held).values():
                found += [(v, versions[0].number, self._sources[source]) for v in versions if v.number in wanted]
        return self._map(batch.session, found)

    # Who, and what it means for them --------------------------------------------------------------------------

    def _identify(self, batch: Batch, touched: claims.Claims) -> set[str]:
        """Resolve identity; the answer is the touchpoints that give a customer its id for the first time."""
        resolution = identify.identify(batch.session, batch.numbers, touched, self._identity)
        moved = [claim for claim in resolution.moved if claim.num not in touched.fresh or claim.num in touched.left]
        touchpoints.assign(batch.session, [(claim.customer, claim.organisation, claim.num) for claim in moved])
        touchpoints.mark_named(batch.session, sorted(resolution.named))
        batch.moved += [claim.num for claim in moved]
        batch.touched |= resolution.touched
        if moved:
            batch.unsettled |= resolution.touched
        for each in resolution.standing.values():
            batch.named[each.num] = (each.id, each.side)
        batch.gone -= resolution.standing.keys()
        batch.gone |= resolution.gone
        for kind, customer, before, after in resolution.lines:
            batch.lines.append((kind, None, None, customer, None, None, before, after))
        return resolution.named

    def _follow(self, batch: Batch) -> None:
        """Touchpoints without a customer of their own follow their anchor or their matter, however long the chain."""
        leads = batch.leads
        about_now = batch.matters | set(matters.of_customers(batch.session, sorted(batch.unsettled | batch.gone)))
        for _ in range(_LONGEST_CHAIN):
            by_anchor, leads = place.follow_anchors(batch.session, leads, batch.moved)
            batch.moved = []
            by_matter, followers = about.refold(batch.session, about_now, self._zone)
            leads |= followers
            fresh = (by_anchor | by_matter) - batch.touched
            batch.touched |= by_anchor | by_matter
            if not leads:
                return
            about_now = set(matters.of_customers(batch.session, sorted(fresh)))

    def _portray(self, batch: Batch) -> None:
        """Fold every touched customer again, and remove those that hold nothing any more."""
        customers.delete(batch.session, batch.gone)
        remaining = iter(sorted(batch.touched - batch.gone))
        while chunk := list(islice(remaining, _CHUNK)):
            self._portray_chunk(batch, chunk)
        customers.delete(batch.session, batch.gone)

    def _portray_chunk(self, batch: Batch, nums: Sequence[int]) -> None:
        session = batch.session
        known = customers.known(session, nums)
        named = {num: (row[0], Side(row[1])) for num, row in known.items()} | {
            num: batch.named[num] for num in nums if num in batch.named
        }
        rows = customers.timelines(
            session, [n for n in nums if n in named and named[n][1] is Side.PERSON], account=False
        )
        rows |= customers.timelines(
            session, [n for n in nums if n in named and named[n][1] is Side.ORGANISATION], account=True
        )
        held = customers.identifiers(session, nums)
        shared = customers.shared_identifiers(session, nums)
        light = self._light(batch)
        portraits: list[Portrait] = []
        for num in nums:
            if rows.get(num):
                id_, side = named[num]
                portraits.append(
                    portray(Sitting(num, id_, side, rows[num], held.get(num, ()), shared.get(num, ())), light)
                )
            else:
                batch.gone.add(num)
        customers.clear(session, nums)
        customers.free_ids(session, [each.num for each in portraits if known.get(each.num, each.row[1:])[0] != each.row[1]])
        customers.write(session, [each.row for each in portraits])
        customers.write_parts(session, place.merged(each.parts for each in portraits))
        for each in portraits:
            self._tell_changes(batch, each, known.get(each.num))

    def _tell_changes(self, batch: Batch, portrait: Portrait, before: tuple[object, ...] | None) -> None:
        id_ = portrait.row[1]
        for kind, old, new in (
            ("STAGE_CHANGED", before[2] if before else None, portrait.stage),
            ("STANDING_CHANGED", before[3] if before else None, portrait.standing),
        ):
            if old != new:
                batch.lines.append((kind, None, None, id_, None, None, old, new))

    def _light(self, batch: Batch) -> Light:
        users = matters.users(batch.session)
        return Light(
            self._company,
            self._zone,
            self._lifecycle,
            batch.now,
            self._sources.desk().num,
            self._sources.books(),
            users,
        )

    def _write_ledger(self, batch: Batch) -> None:
        ordinals = counting()
        ledger.append(
            batch.session,
            [
                (
                    batch.until,
                    next(ordinals),
                    kind,
                    at or batch.at or batch.now,
                    batch.historical if old is None else old,
                    *rest,
                )
                for kind, at, old, *rest in batch.lines
            ],
        )

    # Time -----------------------------------------------------------------------------------------------------

    def _pass_time(self, after: int, clock: int) -> bool:
        """Apply the changes that silence makes; the ledger dates them by the truth number reached."""
        now = self._clock()
        due = customers.due(self._session, now, _CHUNK)
        if not due:
            return False
        batch = Batch(self._session, Numbers(self._session), after, after, now, self._zone, at=now)
        batch.touched = set(due)
        self._portray(batch)
        last = self._session.value("SELECT max(ordinal) FROM ledger WHERE number = $1", after)
        ordinals = counting((last if last is not None else -1) + 1)
        ledger.append(
            self._session,
            [
                (after, next(ordinals), kind, at or now, False if old is None else old, *rest)
                for kind, at, old, *rest in batch.lines
            ],
        )
        ledger.advance(self._session, after, after, max(clock, now))
        return len(due) == _CHUNK


def _broken(source: Source) -> Problem:
    return Problem("CONNECTOR_BROKEN", f"The connector of this row cannot be used: {source.broken}")


def drain(processor: Processor, most: int = _CHUNK) -> int:
    """Process until nothing is left; the answer is the number of batches."""
    return sum(1 for _ in iter(lambda: processor.run(most), False))
