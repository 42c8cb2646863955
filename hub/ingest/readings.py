"""Reading stored rows: the versions that stand, and the other rows of the documents they belong to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from hub.ingest.mapping import Reading, read, standing
from hub.ingest.outcomes import Problem
from hub.ingest.sources import Source, Sources
from hub.store.session import Session
from hub.store.writing import ledger, records, sources, touchpoints
from hub.store.writing.records import Version

RowKey = tuple[int, str, str]
"""(source, stream, key): one row, whatever its versions."""

Chosen = tuple[Version, int, Source]
"""A version to read, the truth number its row was first heard under, and its source."""

_CONTRADICTION = Problem(
    "CONTRADICTS",
    "A payload that says something else came under the key of an event that is already known; the first one stands.",
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads rows in the session of a batch. ``withdrawn``: what is taken out, by kind of target."""

    session: Session
    sources: Sources
    zone: ZoneInfo
    withdrawn: dict[str, set[str]]

    def read(self, rows: Iterable[RowKey]) -> tuple[list[Reading], list[int]]:
        """Readings of the standing versions, and the numbers of all versions, whose touchpoints may go."""
        taken_out = self._taken_out()
        readings: list[Reading] = []
        everything: list[int] = []
        chosen: list[Chosen] = []
        others: list[Chosen] = []
        for source, stream, keys in self._grouped(rows):
            nature = source.stream(stream).nature if source.connector else None
            for versions in records.versions(self.session, source.num, stream, keys).values():
                everything.extend(version.number for version in versions)
                first = versions[0].number
                if nature is None:
                    readings.append(Reading(versions[-1], first, problem=_broken(source)))
                    continue
                stands, contrary = standing([v for v in versions if not taken_out(v, source.id)], nature)
                others.extend((version, first, source) for version in contrary)
                if stands is not None:
                    chosen.append((stands, first, source))
        standing_ones = self._map(chosen)
        return readings + standing_ones + self._contrary(others, standing_ones), everything

    def companions(self, readings: Sequence[Reading], numbers: Sequence[int]) -> list[Reading]:
        """Readings of the other standing rows of documents that the rows read (``numbers``) are lines of, or were."""
        ids = {id_ for reading in readings for id_, t in reading.touchpoints.items() if t.document is not None}
        ids |= {id_ for yielded in touchpoints.yielded_by(self.session, numbers).values() for _, id_ in yielded}
        linked = {record for held in touchpoints.records_of(self.session, sorted(ids)).values() for record in held}
        missing = linked - set(numbers)
        if not missing:
            return []
        chosen: list[Chosen] = []
        for source, stream, keys in self._grouped(records.keys_of_records(self.session, sorted(missing))):
            for versions in records.versions(self.session, source.num, stream, keys).values():
                chosen += [(v, versions[0].number, source) for v in versions if v.number in missing]
        return self._map(chosen)

    def say(self, numbers: Sequence[int]) -> list[Reading]:
        """Readings of these records, whether they stand or not."""
        wanted = set(numbers)
        chosen: list[Chosen] = []
        for source, stream, keys in self._grouped(records.keys_of_records(self.session, sorted(wanted))):
            if source.connector is not None:
                for versions in records.versions(self.session, source.num, stream, keys).values():
                    chosen += [(v, versions[0].number, source) for v in versions if v.number in wanted]
        return self._map(chosen)

    def _contrary(self, others: Sequence[Chosen], standing_ones: Sequence[Reading]) -> list[Reading]:
        """Readings without touchpoints of versions beside the ones that stand: do they say something else?

        A copy of a mail with other ends of lines, or JSON with its members in another order, does not.
        """
        stand = {reading.heard: reading for reading in standing_ones}
        return [
            Reading(said.version, said.heard, problem=None if _same(said, stand.get(said.heard)) else _CONTRADICTION)
            for said in self._map(others)
        ]

    def _grouped(self, rows: Iterable[RowKey]) -> list[tuple[Source, str, list[str]]]:
        by_stream: dict[tuple[int, str], list[str]] = {}
        for source, stream, key in rows:
            by_stream.setdefault((source, stream), []).append(key)
        return [(self.sources[source], stream, keys) for (source, stream), keys in by_stream.items()]

    def _taken_out(self) -> Callable[[Version, str], bool]:
        """Whether a version, its run or its source is withdrawn."""
        sources, numbers = self.withdrawn.get("SOURCE", set()), self.withdrawn.get("RECORD", set())
        runs = set(records.run_nums(self.session, sorted(self.withdrawn.get("RUN", set()))))
        return lambda version, source: version.run in runs or source in sources or str(version.number) in numbers

    def _map(self, chosen: Sequence[Chosen]) -> list[Reading]:
        payloads = records.payloads(self.session, [version.number for version, _, _ in chosen])
        return [
            read(version, heard, payloads[version.number], source.stream(version.stream), source.id, self.zone)
            for version, heard, source in chosen
        ]


def _same(said: Reading, stands: Reading | None) -> bool:
    """Whether two readings mean the same; one that could not be read means nothing that can be compared."""
    return (
        stands is not None
        and said.problem is None
        and stands.problem is None
        and (said.touchpoints, said.reference) == (stands.touchpoints, stands.reference)
    )


def _broken(source: Source) -> Problem:
    return Problem("CONNECTOR_BROKEN", f"The connector of this row cannot be used: {source.broken}")


def withdrawn_rows(session: Session, kind: str, target: str) -> list[RowKey]:
    """The rows that a withdrawal of a kind is about."""
    if kind == "RUN":
        num = records.run_num(session, target)
        return records.keys_of_run(session, num) if num else []
    if kind == "SOURCE":
        num = sources.num_of(session, target)
        return records.keys_of_source(session, num) if num else []
    if kind == "RECORD":
        return records.keys_of_records(session, [int(target)])
    return []


def keep_problems(
    session: Session, readings: Sequence[Reading], read_numbers: Sequence[int], folding: dict[int, Problem]
) -> None:
    """Write what is wrong with rows that were read; ``folding``: what was found when they were put together."""
    versions = {reading.version.number: reading.version for reading in readings}
    faults = {r.version.number: r.problem for r in readings if r.problem is not None} | folding
    problems = {
        number: (versions[number].source, versions[number].run, fault.code, fault.message, fault.path, fault.hint)
        for number, fault in faults.items()
    }
    ledger.write_problems(session, sorted({*versions, *read_numbers}), problems)
