"""What rows would come to, without keeping them."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from hub.clock import moment
from hub.connector import Row, Stream
from hub.identity.normalise import canonical
from hub.ingest.accept import Arrival, sort_out
from hub.ingest.mapping import Reading, read
from hub.ingest.outcomes import IngestedRow, PreviewedTouchpoint, RowOutcome
from hub.ingest.sources import Source
from hub.ingest.storable import storable_text
from hub.journey.documents import instant
from hub.settings import Company
from hub.store import identifiers, records
from hub.store.reader import Snapshot
from hub.store.writing.records import Payload, Version


def reading(row: Row, stream: Stream, source: Source, company: Company) -> Reading:
    """What one row means, were it stored."""
    version = Version(0, source.num, stream.name, row.key, 1, row.version, "", row.deleted, 0, 0, False)
    payload = Payload(row.key, row.payload, row.envelope, row.deleted)
    return read(version, 0, payload, stream, source.id, ZoneInfo(company.time_zone))


async def outcomes(
    snapshot: Snapshot, rows: Sequence[Row], stream: Stream, source: Source, company: Company
) -> list[IngestedRow]:
    """One outcome for each row, against what is stored today."""
    keys = list({storable_text(row.key) for row in rows})
    known = await records.versions_of(snapshot, source.num, stream.name, keys)
    # What would be stored has numbers below zero: later rows of the same request meet it, and nobody is shown them.
    found, _ = sort_out(rows, known, Arrival(source.num, stream, 0, 0), -len(rows) - 1)
    answers = []
    for index, (row, (outcome, number)) in enumerate(zip(rows, found, strict=True)):
        meaning = reading(row, stream, source, company)
        touchpoints = await _previewed(snapshot, meaning, source, company)
        record = number if outcome is RowOutcome.UNCHANGED and number > 0 else None
        answers.append(IngestedRow(index, row.key, outcome, record, meaning.problem, touchpoints))
    return answers


async def _previewed(
    snapshot: Snapshot, meaning: Reading, source: Source, company: Company
) -> list[PreviewedTouchpoint]:
    found = []
    for id_, touchpoint in meaning.touchpoints.items():
        held = [made for given in touchpoint.identifiers if (made := canonical(given, source.id, company.country))]
        ids = [made.id for made in sorted(held, key=lambda made: made.rank)]
        customer = await identifiers.customer_of(snapshot, ids)
        at = moment(instant(touchpoint.occurred_at, ZoneInfo(company.time_zone)))
        found.append(PreviewedTouchpoint(id_, touchpoint.kind, at, touchpoint.title, customer))
    return found
