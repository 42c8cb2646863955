"""What a decision or withdrawal would change: it is processed for real in a transaction that is then undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.ingest.batch import Batch
from hub.ingest.decisions import Intent
from hub.ingest.outcomes import CustomerChange
from hub.ingest.process import Processor
from hub.store.session import Session
from hub.store.writing import customers, decisions, touchpoints


class _Undo(Exception):
    """Not an error: it ends a transaction that must leave nothing."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How customers would change, which would stand, and how many touchpoints would be with somebody else."""

    changes: Sequence[CustomerChange]
    customers: Sequence[str]
    moved: int
    touchpoints: int
    """How many touchpoints the change is about."""


def preview(
    processor: Processor, session: Session, intent: Intent, withdrawn: Sequence[tuple[str, str, bool]] = ()
) -> Preview:
    """Look ahead. ``withdrawn``: (kind, target, restore) of runs or sources. Runs between two batches."""
    seen: list[_Seen] = []
    try:
        with session.transaction():
            decisions.imagine(session)
            batch = processor.begin()
            _imagine(session, batch.until, intent, withdrawn)
            rows, decided = processor.since(batch)
            processor.process(batch, rows, decided)
            seen.append(_look(session, batch))
            raise _Undo  # noqa: TRY301 (the transaction must see it)
    except _Undo:
        after = seen[0]
    with session.transaction():
        before = _seen(session, after.touched, 0)
    ids = sorted(before.customers.keys() | after.customers.keys())
    changes = [_change(id_, before.customers.get(id_), after.customers.get(id_)) for id_ in ids]
    moved = sum(1 for num, whose in after.belongings.items() if before.belongings.get(num, whose) != whose)
    return Preview(
        [change for change in changes if change is not None], sorted(after.customers), moved, after.touchpoints
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """Customers by id and touchpoints' customers, before or after."""

    customers: dict[str, tuple[Any, ...]]
    belongings: dict[int, str]
    touched: list[int]
    touchpoints: int


def _imagine(session: Session, number: int, intent: Intent, withdrawn: Sequence[tuple[str, str, bool]]) -> None:
    decisions.insert(
        session,
        [(number, "preview", *decided, "", "", 0) for decided in intent.decisions],
        [(number, "DECISION", target, restore, None, "", "", 0) for target, restore in intent.withdrawals]
        + [(number, kind, target, restore, None, "", "", 0) for kind, target, restore in withdrawn],
    )


def _look(session: Session, batch: Batch) -> _Seen:
    touched = sorted(batch.touched | batch.gone)
    return _seen(session, touched, len(batch.leads))


def _seen(session: Session, touched: list[int], written: int) -> _Seen:
    return _Seen(customers.shown(session, touched), touchpoints.belongings(session, touched), touched, written)


def _change(id_: str, before: tuple[Any, ...] | None, after: tuple[Any, ...] | None) -> CustomerChange | None:
    if before == after:
        return None
    was, now = before or (0, None, 0, ""), after or (0, None, 0, "")
    return CustomerChange(id_, was[0], now[0], was[1], now[1], was[2], now[2], was[3] or now[3])
