"""Step one: store rows as they came, with the checkpoint they cover, and answer. Nothing is interpreted here."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from hub.connector import Cursor, Nature, PullStream, Row, Stream
from hub.ingest.mapping import above
from hub.ingest.outcomes import RowOutcome
from hub.ingest.storable import storable_text
from hub.store.session import Session
from hub.store.writing import records, run_streams
from hub.store.writing.records import Version

_MOST_IN_ONE_GO, _LARGEST_IN_ONE_GO = 250, 1_000_000
"""Rows, and bytes of them, that are stored with what counts them. More go by themselves: faster, and row by row, where
all that go together are one text in memory, of which a database takes so much."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where rows come from and how: ``at`` in microseconds; ``historical`` stays with the records for ever."""

    source: int
    stream: Stream
    run: int
    at: int
    historical: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of each row, the truth number of the record that holds it, and the last number taken."""

    outcomes: Sequence[tuple[RowOutcome, int]]
    sequence: int


def digest_of(row: Row, stream: Stream) -> str:
    """The digest of a row's content: without the stream's volatile members, with the fact of its deletion.

    A state is read with its envelope, so another envelope (a renamed header) is another content.
    """
    content = row.payload
    if stream.volatile:
        try:
            members = orjson.loads(content)
        except orjson.JSONDecodeError:
            members = None
        if isinstance(members, dict):
            kept = {name: value for name, value in members.items() if name not in stream.volatile}
            content = orjson.dumps(kept, option=orjson.OPT_SORT_KEYS)
    if stream.nature is Nature.STATES and row.envelope:
        content += b"\x00" + orjson.dumps(dict(row.envelope), option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content + (b"\x00deleted" if row.deleted else b"")).hexdigest()[:32]


def accept(session: Session, arrival: Arrival, rows: Sequence[Row], cursor: Cursor | None = None) -> Accepted:
    """Store what is new or changed, count it in its run, and move the checkpoint, all in the caller's transaction."""
    stream = arrival.stream
    keys = list({storable_text(row.key) for row in rows})
    envelopes = _Envelopes(rows)
    last, known, numbers = records.take_numbers_over(session, arrival.source, stream.name, keys, list(envelopes.texts))
    outcomes, fresh = sort_out(rows, known, arrival, last)
    if missing := envelopes.missing([row for row, _ in fresh], numbers):
        numbers |= records.insert_envelopes(session, missing)
    stored = [_stored(row, version, numbers.get(envelopes.digest(row))) for row, version in fresh]
    few = in_one_go([row for row, _ in fresh])
    if not few:
        records.insert(session, stored)
    with session.pipeline():
        if few:
            records.insert(session, stored)
        if fresh:
            last = fresh[-1][1].number
            records.give_numbers(session, last)
        _count(session, arrival, outcomes, fresh)
        if cursor is not None:
            records.save_checkpoint(
                session, arrival.source, stream.name, orjson.dumps(dict(cursor)).decode(), arrival.run, arrival.at
            )
    return Accepted(outcomes, last if fresh else max((number for _, number in outcomes), default=0))


def sort_out(
    rows: Sequence[Row], known: dict[str, list[Version]], arrival: Arrival, last: int
) -> tuple[list[tuple[RowOutcome, int]], list[tuple[Row, Version]]]:
    """What becomes of each row, and the versions to store, numbered from ``last`` on. ``known`` takes them in."""
    stream = arrival.stream
    outcomes: list[tuple[RowOutcome, int]] = []
    fresh: list[tuple[Row, Version]] = []
    for given in rows:
        key = storable_text(given.key)
        row = given if key == given.key else replace(given, key=key)
        before = known.setdefault(row.key, [])
        row = _come_back(row, before, stream)
        digest = digest_of(row, stream)
        if (same := already(before, row, digest, stream.nature)) is not None:
            outcomes.append((RowOutcome.UNCHANGED, same.number))
            continue
        last += 1
        version = Version(
            last, arrival.source, stream.name, row.key, len(before) + 1, row.version, digest, row.deleted,
            arrival.run, arrival.at, arrival.historical,
        )  # fmt: skip
        outcomes.append((RowOutcome.CHANGED if before else RowOutcome.NEW, last))
        before.append(version)
        fresh.append((row, version))
    return outcomes, fresh


def already(before: Sequence[Version], row: Row, digest: str, nature: Nature) -> Version | None:
    """The stored version that says the same, if one does. A state may return to what it was: A, B, A are three."""
    if nature is Nature.STATES and row.version is None:
        return before[-1] if before and before[-1].digest == digest else None
    for version in before:
        if version.digest == digest and version.source_version == row.version:
            return version
    return None


def in_one_go(rows: Sequence[Row]) -> bool:
    """Whether these are so few, and so small, that they are stored with what counts them."""
    return len(rows) <= _MOST_IN_ONE_GO and sum([len(row.payload) for row in rows]) <= _LARGEST_IN_ONE_GO


class _Envelopes:
    """The envelopes of rows by digest. Streams share one among many rows: it is written out once."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.texts: dict[str, str] = {}
        self._digests: dict[int, str] = {}
        for row in rows:
            if row.envelope and id(row.envelope) not in self._digests:
                text = orjson.dumps(dict(row.envelope), option=orjson.OPT_SORT_KEYS).decode()
                digest = hashlib.sha256(text.encode()).hexdigest()[:32]
                self.texts[digest], self._digests[id(row.envelope)] = text, digest

    def digest(self, row: Row) -> str:
        """The digest of a row's envelope; empty for one that has none."""
        return self._digests[id(row.envelope)] if row.envelope else ""

    def missing(self, rows: Iterable[Row], known: Container[str]) -> dict[str, str]:
        """The texts of those that rows have and that are not known yet."""
        return {each: self.texts[each] for row in rows if (each := self.digest(row)) and each not in known}


def _stored(row: Row, v: Version, envelope: int | None) -> tuple[Any, ...]:
    return (
        v.number, v.source, v.stream, v.key, v.version, v.source_version, v.deleted, v.digest, row.payload, envelope,
        v.run, v.received_at, v.historical,
    )  # fmt: skip


def _come_back(row: Row, before: Sequence[Version], stream: Stream) -> Row:
    """A row that a listing names after it was deleted is there again, whatever its source version was before."""
    if not (isinstance(stream, PullStream) and stream.listing) or row.version is None or row.deleted or not before:
        return row
    gone = before[-1].deleted and before[-1].source_version is None
    return row if not gone or above(before, row.version) else replace(row, version=None)


def _count(
    session: Session,
    arrival: Arrival,
    outcomes: Sequence[tuple[RowOutcome, int]],
    fresh: Sequence[tuple[Row, Version]],
) -> None:
    """Count rows in their run and in their stream's part of it; none are not counted."""
    if not outcomes:
        return
    tally = dict.fromkeys(RowOutcome, 0)
    for outcome, _ in outcomes:
        tally[outcome] += 1
    came = run_streams.Tally(
        len(outcomes), tally[RowOutcome.NEW], tally[RowOutcome.CHANGED], tally[RowOutcome.UNCHANGED],
        sum(version.deleted for _, version in fresh),
        fresh[0][1].number if fresh else None, fresh[-1][1].number if fresh else None,
    )  # fmt: skip
    records.count_run(session, arrival.run, came.received, came.stored, came.changed, came.unchanged)
    run_streams.count(session, arrival.run, arrival.source, arrival.stream.name, arrival.at, came)
