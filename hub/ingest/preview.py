"""What a decision or withdrawal would change: it is processed for real in a transaction that is then undone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.ingest.batch import Batch
from hub.ingest.decisions import Intent
from hub.ingest.outcomes import CustomerChange, Effect, MovedTouchpoint, TouchpointChange
from hub.ingest.process import Processor
from hub.store.session import Session
from hub.store.writing import customers, decisions, touchpoints


class _Undo(Exception):
    """Not an error: it ends a transaction that must leave nothing."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How customers would change, which would stand, and which touchpoints would be with somebody else."""

    changes: Sequence[CustomerChange]
    customers: Sequence[str]
    moves: Sequence[MovedTouchpoint]
    touchpoints: Sequence[TouchpointChange]
    """Touchpoints that would come, change, go or come back."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What stands, before or after: customers by id as ``customers.shown`` gives them, and whose touchpoints are."""

    customers: Mapping[str, tuple[Any, ...]]
    belongings: Mapping[int, tuple[str, str | None, str | None]]
    touched: Sequence[int]
    lines: Sequence[tuple[str, str]] = ()
    """(kind, touchpoint) of the ledger lines that tell of touchpoints."""


def preview(
    processor: Processor, session: Session, intent: Intent, withdrawn: Sequence[tuple[str, str, bool]] = ()
) -> Preview:
    """Look ahead. ``withdrawn``: (kind, target, restore) of runs or sources. Runs between two batches."""

    def work(batch: Batch) -> None:
        decisions.imagine(session)
        _imagine(session, batch.until, intent, withdrawn)
        rows, decided = processor.since(batch)
        processor.process(batch, rows, decided)

    before, after = look_ahead(processor, session, work)
    told = effects(session, after.lines)
    return Preview(changes(before, after), sorted(after.customers), moves(before, after), told)


def witness(batch: Batch, beside: Session) -> Preview:
    """What a batch that is not yet committed has changed, against what another session still sees."""
    touched = _touched(batch)
    after = _seen(batch.session, touched, _told(batch))
    before = _seen(beside, touched)
    told = effects(beside, after.lines)
    return Preview(changes(before, after), sorted(after.customers), moves(before, after), told)


def _touched(batch: Batch) -> list[int]:
    return sorted(batch.touched | batch.grown.keys() | batch.seen | batch.gone)


def _told(batch: Batch) -> list[tuple[str, str]]:
    return [(str(kind), str(id_)) for kind, _, _, _, id_, *_ in batch.lines if id_ is not None]


def look_ahead(processor: Processor, session: Session, work: Callable[[Batch], None]) -> tuple[Seen, Seen]:
    """What stands before and after ``work`` was done on a batch that comes after everything; nothing of it is kept."""
    seen: list[Seen] = []
    try:
        with session.transaction():
            batch = processor.begin()
            work(batch)
            seen.append(_seen(session, _touched(batch), _told(batch)))
            raise _Undo  # noqa: TRY301 (the transaction must see it)
    except _Undo:
        after = seen[0]
    with session.transaction():
        return _seen(session, after.touched), after


def changes(before: Seen, after: Seen) -> list[CustomerChange]:
    """How each customer changes, by id."""
    ids = sorted(before.customers.keys() | after.customers.keys())
    told = (_change(id_, before.customers.get(id_), after.customers.get(id_)) for id_ in ids)
    return [change for change in told if change is not None]


def effects(session: Session, lines: Sequence[tuple[str, str]]) -> list[TouchpointChange]:
    """What ledger lines that were not kept say of touchpoints."""
    back = touchpoints.retracted(session, [id_ for kind, id_ in lines if kind == "TOUCHPOINT_CHANGED"])
    found = []
    for kind, id_ in lines:
        effect = Effect.RESTORED if id_ in back else Effect(kind.removeprefix("TOUCHPOINT_"))
        found.append(TouchpointChange(id_, effect))
    return found


def moves(before: Seen, after: Seen) -> list[MovedTouchpoint]:
    """Touchpoints that change customer, or else organisation, in the order they became known."""
    found = []
    for num in sorted(before.belongings.keys() | after.belongings.keys()):
        id_, was, was_at = before.belongings.get(num, ("", None, None))
        id_, now, now_at = after.belongings.get(num, (id_, None, None))
        if was != now:
            found.append(MovedTouchpoint(id_, was, now))
        elif was_at != now_at:
            found.append(MovedTouchpoint(id_, was_at, now_at))
    return found


def _imagine(session: Session, number: int, intent: Intent, withdrawn: Sequence[tuple[str, str, bool]]) -> None:
    decisions.insert(
        session,
        [(number, "preview", *decided, "", "", 0) for decided in intent.decisions],
        [(number, "DECISION", target, restore, None, "", "", 0) for target, restore in intent.withdrawals]
        + [(number, kind, target, restore, None, "", "", 0) for kind, target, restore in withdrawn],
    )


def _seen(session: Session, touched: Sequence[int], lines: Sequence[tuple[str, str]] = ()) -> Seen:
    return Seen(customers.shown(session, touched), touchpoints.belongings(session, touched), touched, lines)


def _change(id_: str, before: tuple[Any, ...] | None, after: tuple[Any, ...] | None) -> CustomerChange | None:
    if before == after:
        return None
    was, now = before or (0, None, 0, ""), after or (0, None, 0, "")
    return CustomerChange(id_, was[0], now[0], was[1], now[1], was[2], now[2], was[3] or now[3])
