"""Truth rows that people make: decisions and withdrawals."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session

DECISION = ["number", "operation", "kind", "side", "a", "b", "decided_by", "reason", "decided_at"]
WITHDRAWAL = ["number", "kind", "target", "restore", "operation", "decided_by", "reason", "decided_at"]


def insert(session: Session, decisions: Sequence[Sequence[object]], withdrawals: Sequence[Sequence[object]]) -> None:
    """Append decisions and withdrawals, in the order of ``DECISION`` and ``WITHDRAWAL``."""
    session.insert("decision", DECISION, decisions)
    session.insert("withdrawal", WITHDRAWAL, withdrawals)


def any_made(session: Session) -> bool:
    """Whether there is any decision at all."""
    return bool(session.value("SELECT count(*) FROM (SELECT 1 FROM decision LIMIT 1) AS any_decision"))


def last_word(session: Session, operation: str) -> bool | None:
    """Whether an operation was put back (True) or withdrawn (False) at last; None when neither ever happened."""
    restore = session.value(
        "SELECT restore FROM withdrawal WHERE kind = 'DECISION' AND target = $1 ORDER BY number DESC LIMIT 1", operation
    )
    return None if restore is None else bool(restore)


def pairs(session: Session, operation: str) -> list[tuple[str, str]]:
    """The touchpoints that an operation's decisions name, two by two."""
    return [(a, b) for a, b in session.all("SELECT a, b FROM decision WHERE operation = $1", operation)]


def withdrawn_by(session: Session, operation: str) -> list[str]:
    """The operations that an operation withdrew."""
    rows = session.all("SELECT DISTINCT target FROM withdrawal WHERE kind = 'DECISION' AND operation = $1", operation)
    return [target for (target,) in rows]


def contrary(session: Session, customers: Sequence[int], side: str) -> list[str]:
    """Operations that ever kept touchpoints of these customers, who are of one side, apart on it."""
    nums = list(customers)
    rows = session.all(
        "SELECT DISTINCT d.operation FROM decision d JOIN touchpoint a ON a.id = d.a JOIN touchpoint b ON b.id = d.b "
        "WHERE d.kind = 'NOT_SAME' AND d.side = $5 "
        "AND (a.customer = ANY($1::bigint[]) OR a.organisation = ANY($2::bigint[])) "
        "AND (b.customer = ANY($3::bigint[]) OR b.organisation = ANY($4::bigint[]))",
        nums, nums, nums, nums, side,
    )  # fmt: skip
    return [operation for (operation,) in rows]


def imagine(session: Session) -> None:
    """For the rest of this transaction, read and write copies of decisions and withdrawals: an unqualified name
    finds a temporary table first, on both databases. The transaction must be rolled back."""
    for table in ("decision", "withdrawal"):
        session.run(f"CREATE TEMP TABLE {table} AS SELECT * FROM truth.{table}")
