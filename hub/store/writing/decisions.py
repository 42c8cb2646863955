"""Truth rows that people make: decisions and withdrawals."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session

DECISION = ["number", "operation", "kind", "a", "b", "decided_by", "reason", "decided_at"]
WITHDRAWAL = ["number", "kind", "target", "restore", "operation", "decided_by", "reason", "decided_at"]


def insert(session: Session, decisions: Sequence[Sequence[object]], withdrawals: Sequence[Sequence[object]]) -> None:
    """Append decisions and withdrawals, in the order of ``DECISION`` and ``WITHDRAWAL``."""
    session.insert("decision", DECISION, decisions)
    session.insert("withdrawal", WITHDRAWAL, withdrawals)


def imagine(session: Session) -> None:
    """For the rest of this transaction, read and write copies of decisions and withdrawals: an unqualified name
    finds a temporary table first, on both databases. The transaction must be rolled back."""
    for table in ("decision", "withdrawal"):
        session.run(f"CREATE TEMP TABLE {table} AS SELECT * FROM truth.{table}")
