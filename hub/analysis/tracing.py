"""Keeping traces: what versions say that may not stand today, so that as of a moment they are found where they stood.

What stands is found through the projection. Only rows of several versions and withdrawn records are read again for
this, each once, when somebody asks for the past.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from hub.ids import campaign_id, product_id, user_id
from hub.ingest import about
from hub.ingest.claims import naming
from hub.ingest.mapping import Reading
from hub.ingest.process import Processor
from hub.settings import Company
from hub.store.session import Session
from hub.store.writing import ledger, traces
from hub.values import Campaign, ExchangeRate, Product, ReferenceData, User

_FIRST_DAY = date(1970, 1, 1).toordinal()
TOGETHER = 500
"""Records in a transaction, so that nobody waits long who has something to process."""

Trace = tuple[str, int, str | None]


def pending(session: Session) -> bool:
    """Whether something was processed that is to be traced and is not yet."""
    reached, until = traces.reached(session), ledger.processed(session)[0]
    return bool(traces.withdrawal_after(session, reached, until) or traces.replacing(session, reached, until, 1))


def trace(processor: Processor, session: Session, company: Company, most: int = TOGETHER) -> bool:
    """Keep the traces of the next records; whether there may be more. Runs between two batches."""
    with session.transaction():
        after, within = traces.hold(session)
        until = ledger.processed(session)[0]
        withdrawal = traces.withdrawal_after(session, after, until)
        before = until if withdrawal is None else withdrawal[0] - 1
        replacing = traces.replacing(session, after, before, most)
        if replacing:
            # The first version of a row is traced together with the second.
            records = [first for _, version, first in replacing if version == 2]
            _keep(processor, session, company, records + [number for number, _, _ in replacing])
            traces.advance(session, replacing[-1][0] if len(replacing) == most else before)
        elif withdrawal is not None:
            number, kind, target = withdrawal
            records = traces.withdrawn(session, kind, target, within, number, most)
            _keep(processor, session, company, records)
            if len(records) == most:
                traces.advance(session, before, records[-1])
            else:
                traces.advance(session, number)
        else:
            traces.advance(session, until)
        return bool(replacing) or withdrawal is not None


def _keep(processor: Processor, session: Session, company: Company, records: Sequence[int]) -> None:
    if records:
        reader = processor.reader()
        sources = {source.num: source.id for source in reader.sources.all()}
        rows = [row for each in reader.say(records) for row in _said(each, sources[each.version.source], company)]
        traces.keep(session, list(dict.fromkeys(rows)))


def _said(reading: Reading, source: str, company: Company) -> Iterator[Trace]:
    number = reading.version.number
    for row in reading.reference:
        if (told := _defined(row, source)) is not None:
            yield told, number, None
    for id_, touchpoint in reading.touchpoints.items():
        yield id_, number, None
        named = naming(id_, 0, 0, touchpoint, source, company.country)
        for identifier, held in named.identifiers.items() if named is not None else ():
            yield identifier, number, held.identifier.side
        for matter, _ in about.written(source, touchpoint):
            yield matter, number, None
        if touchpoint.anchor is not None:
            yield f"about {touchpoint.anchor}", number, None


def _defined(row: ReferenceData, source: str) -> str | None:
    """What a row about the business is about: an id, or the day of an exchange rate."""
    match row:
        case Product():
            return product_id(source, row.sku)
        case Campaign():
            return campaign_id(row.reference)
        case User():
            return user_id(row.reference)
        case ExchangeRate():
            return f"rate {row.on.toordinal() - _FIRST_DAY}"
        case _:
            return None
