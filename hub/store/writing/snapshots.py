"""Writing down snapshots: projection sets that show everybody as of a moment."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session

COLUMNS = ["number", "id", "known_until", "at", "occurred_until", "of_today", "clock", "ready", "run", "taken_at"]


def insert(session: Session, row: Sequence[object]) -> None:
    """Write a snapshot that is being taken, in the order of ``COLUMNS``."""
    session.insert("snapshot", COLUMNS, [row])


def number_of(session: Session, id_: str) -> int | None:
    """The projection set of a snapshot by public id."""
    number: int | None = session.value("SELECT number FROM snapshot WHERE id = $1", id_)
    return number


def settle(session: Session, number: int) -> None:
    """A snapshot is taken."""
    session.run("UPDATE snapshot SET ready = TRUE WHERE number = $1", number)


def forget(session: Session, number: int) -> None:
    """A snapshot is given up."""
    session.run("DELETE FROM snapshot WHERE number = $1", number)


def lost(session: Session) -> list[int]:
    """Snapshots whose projection set is gone."""
    rows = session.all(
        "SELECT s.number FROM snapshot s LEFT JOIN projection_set p ON p.number = s.number AND p.state = 'SNAPSHOT' "
        "WHERE p.number IS NULL"
    )
    return [number for (number,) in rows]


def unfinished(session: Session, code: str) -> list[tuple[int, int, int, int | None, int, str]]:
    """(number, known until, clock, occurred until, run, code) of snapshots not ready, or made by other code."""
    rows = session.all(
        "SELECT s.number, s.known_until, s.clock, s.occurred_until, s.run, p.code FROM snapshot s "
        "JOIN projection_set p ON p.number = s.number AND p.state = 'SNAPSHOT' WHERE NOT s.ready OR p.code <> $1 "
        "ORDER BY s.number",
        code,
    )
    return [(number, known, clock, occurred, run, made) for number, known, clock, occurred, run, made in rows]


def begin_again(session: Session, number: int, code: str) -> None:
    """A snapshot is filled anew by other code."""
    session.run("UPDATE snapshot SET ready = FALSE WHERE number = $1", number)
    session.run("UPDATE projection_set SET code = $1 WHERE number = $2", code, number)
