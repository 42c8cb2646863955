"""What a decision or withdrawal would change: it is processed for real in a transaction that is then undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.ingest.decisions import Intent
from hub.ingest.outcomes import CustomerChange
from hub.ingest.batch import Batch
from hub.ingest.process import Processor
from hub.store.session import Session
from hub.store.writing import decisions


class _Undo(Exception):  # noqa: N818 (not an error: it ends a transaction that must leave nothing)
    """Leave the transaction without keeping it."""


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
            raise _Undo
    except _Undo:
        after = seen[0]
    with session.transaction():
        before = _Seen(_customers(session, after.touched), _belongings(session, after.touched), after.touched, 0)
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
    belongings: dict[int, int]
    touched: list[int]
    touchpoints: int


def _imagine(session: Session, number: int, intent: Intent, withdrawn: Sequence[tuple[str, str, bool]]) -> None:
    decisions.insert(
        session,
        [(number, "preview", kind, a, b, "", "", 0) for kind, a, b in intent.decisions],
        [(number, "DECISION", target, restore, None, "", "", 0) for target, restore in intent.withdrawals]
        + [(number, kind, target, restore, None, "", "", 0) for kind, target, restore in withdrawn],
    )


def _look(session: Session, batch: Batch) -> _Seen:
    touched = sorted(batch.touched | batch.gone)
    return _Seen(_customers(session, touched), _belongings(session, touched), touched, len(batch.leads))


def _customers(session: Session, nums: Sequence[int]) -> dict[str, tuple[Any, ...]]:
    rows = session.all(
        "SELECT id, touchpoints, stage, revenue, currency FROM customer WHERE num = ANY($1::bigint[])", list(nums)
    )
    return {row[0]: tuple(row[1:]) for row in rows}


def _belongings(session: Session, customers: Sequence[int]) -> dict[int, int]:
    rows = session.all("SELECT num, customer FROM touchpoint WHERE customer = ANY($1::bigint[])", list(customers))
    return {num: customer for num, customer in rows}  # noqa: C416 (rows are not always pairs to mypy)


def _change(id_: str, before: tuple[Any, ...] | None, after: tuple[Any, ...] | None) -> CustomerChange | None:
    if before == after:
        return None
    was, now = before or (0, None, 0, ""), after or (0, None, 0, "")
    return CustomerChange(id_, was[0], now[0], was[1], now[1], was[2], now[2], was[3] or now[3])
