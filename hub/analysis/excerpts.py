"""One customer as of a moment, at once: what hangs together with them is processed anew, in memory, up to there.

The ordinary processor fills ordinary tables, so that every field of a customer is read as ever. See docs/adr/0010.
"""

from __future__ import annotations

from dataclasses import dataclass

from hub.analysis.closure import Closure
from hub.errors import RetryLater
from hub.ingest.leave_out import leave_out
from hub.ingest.refill import Make
from hub.ingest.step import step
from hub.settings import Company
from hub.store.excerpt import ExcerptSession
from hub.store.session import Session
from hub.store.writing import excerpts
from hub.values import Side

_ROUNDS = 20
"""How often more may prove to hang together than was thought."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom an excerpt is about: the ids of identifiers or touchpoints of one side."""

    ids: tuple[str, ...]
    side: Side


@dataclass(frozen=True, slots=True)
class Until:
    """How far it goes: a truth number, the time it is then, and when the last touchpoint happened, in microseconds."""

    number: int
    now: int
    occurred: int | None = None


def excerpt(session: Session, make: Make, asked: Asked, until: Until, company: Company) -> ExcerptSession:
    """What a hub would show of a customer that was told nothing but what hangs together with them up to a moment.

    ``session`` reads the live projection within a snapshot; traces must have been kept as far as it shows. Raises
    ``InputWrong`` when too much hangs together.
    """
    forced: dict[str, str] = {}
    lost: set[str] = set()
    for _ in range(_ROUNDS):
        closure = Closure(session, until.number, company.currency, forced, lost)
        closure.find(asked.ids, asked.side)
        made = ExcerptSession()
        excerpts.copy(session, made, closure.records, closure.touchpoints, until.number)
        processor = make(made, lambda: until.now)
        processor.quiet = True
        while step(processor, len(closure.records) + 1):
            pass
        # What joins nobody today may have joined then, before too many carried it or by other rules; or the reverse.
        joining = excerpts.joining(made, asked.ids, asked.side.value)
        missing = {id_: side for id_, side in joining.items() if id_ not in closure.widened}
        follow = (excerpts.nameless(made) & closure.web) - closure.followed
        if not missing and not follow:
            if until.occurred is not None:
                leave_out(processor, made, until.occurred, company)
            return made
        forced |= missing
        lost |= follow
        made.close()
    raise RetryLater("What hangs together with this customer keeps growing.")
