"""Leaving out what happened after a moment, in a projection that is nobody's live one. Who is whom stays as it is."""

from __future__ import annotations

from hub.ingest import about
from hub.ingest.process import Processor
from hub.settings import Company
from hub.store.session import Session
from hub.store.writing import later, matters


def leave_out(processor: Processor, session: Session, after: int, company: Company) -> None:
    """Retract every touchpoint that happened after a moment (microseconds), and fold everybody they were with again."""
    with session.transaction():
        batch = processor.begin()
        batch.quiet = True
        spoken = later.matters(session, after)
        batch.touched |= later.retract(session, after)
        owners = later.owners(session, spoken)
        about.refold(session, spoken, matters.said(session, spoken), owners, company)
        batch.seen |= later.unsee(session, after)
        processor.fold_again(batch)
