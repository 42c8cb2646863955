"""The ledger, the problems of records, and how far the processor has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hub.store import sets
from hub.store.session import Session

LINE = ["number", "ordinal", "kind", "at", "historical", "customer", "touchpoint", "matter", "before", "after"]


def append(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Append ledger lines, in the order of ``LINE``."""
    session.insert("ledger", LINE, rows)


def last_ordinal(session: Session, number: int) -> int | None:
    """The last line that a truth number has in the ledger."""
    ordinal: int | None = session.value("SELECT max(ordinal) FROM ledger WHERE number = $1", number)
    return ordinal


def write_problems(session: Session, read: Sequence[int], problems: Mapping[int, Sequence[object]]) -> None:
    """Forget the problems of records that were read again, and write those that remain."""
    session.run("DELETE FROM problem WHERE record = ANY($1::bigint[])", list(read))
    session.insert(
        "problem",
        ["record", "source", "run", "code", "message", "path", "hint"],
        [(record, *rest) for record, rest in problems.items()],
    )


def problems_of(session: Session, records: Sequence[int]) -> dict[int, tuple[str, str, str | None, str | None]]:
    """(code, message, path, hint) of the problems of records."""
    rows = session.all(
        "SELECT record, code, message, path, hint FROM problem WHERE record = ANY($1::bigint[])", list(records)
    )
    return {record: (code, message, path, hint) for record, code, message, path, hint in rows}


def begin(session: Session) -> None:
    """The row that says how far the processor has come, unless it is there."""
    session.run("INSERT INTO processed (id, number, clock) VALUES (1, 0, 0) ON CONFLICT (id) DO NOTHING")


def processed(session: Session) -> tuple[int, int]:
    """The last processed truth number, and the clock reached in microseconds."""
    row = session.all("SELECT number, clock FROM processed WHERE id = 1")[0]
    return int(row[0]), int(row[1])


def hold(session: Session) -> tuple[int, int]:
    """The same, keeping every other batch and preview of any process out until this transaction ends.

    Raises ``SetRetired`` when the projection set is no longer the one to write.
    """
    row = session.all("UPDATE processed SET number = number WHERE id = 1 RETURNING number, clock")[0]
    sets.check(session)
    return int(row[0]), int(row[1])


def advance(session: Session, before: int, after: int, clock: int) -> bool:
    """Compare and set: False when another processor was faster, so that this transaction must be undone."""
    return (
        session.run("UPDATE processed SET number = $1, clock = $2 WHERE id = 1 AND number = $3", after, clock, before)
        == 1
    )
