"""Traces: what versions of rows say or said that may not stand, so that it can be found as of a moment."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session


def hold(session: Session) -> tuple[int, int]:
    """(truth number, record) up to which traces are kept, kept from everybody else until the transaction ends.

    The record is that reached within the withdrawal that comes next.
    """
    session.run("INSERT INTO traced (id, number, within) VALUES (1, 0, 0) ON CONFLICT (id) DO NOTHING")
    row = session.all("UPDATE traced SET number = number WHERE id = 1 RETURNING number, within")[0]
    return int(row[0]), int(row[1])


def reached(session: Session) -> int:
    """The truth number up to which traces are kept."""
    return int(session.value("SELECT number FROM traced WHERE id = 1") or 0)


def advance(session: Session, number: int, within: int = 0) -> None:
    """Traces are kept up to there."""
    session.run("UPDATE traced SET number = $1, within = $2 WHERE id = 1", number, within)


def replacing(session: Session, after: int, until: int, most: int) -> list[tuple[int, int, int]]:
    """(number, version, number of the first version) of records in (after, until] that are not their row's first."""
    rows = session.all(
        "SELECT r.number, r.version, f.number FROM record r JOIN record f "
        "ON f.source = r.source AND f.stream = r.stream AND f.key = r.key AND f.version = 1 "
        "WHERE r.number > $1 AND r.number <= $2 AND r.version > 1 ORDER BY r.number LIMIT $3",
        after, until, most,
    )  # fmt: skip
    return [(number, version, first) for number, version, first in rows]


def withdrawal_after(session: Session, after: int, until: int) -> tuple[int, str, str] | None:
    """(number, kind, target) of the next withdrawal of records in (after, until]."""
    row = session.one(
        "SELECT number, kind, target FROM withdrawal WHERE number > $1 AND number <= $2 AND restore = FALSE "
        "AND kind IN ('RECORD', 'RUN', 'SOURCE') ORDER BY number LIMIT 1",
        after, until,
    )  # fmt: skip
    return None if row is None else (int(row[0]), row[1], row[2])


def withdrawn(session: Session, kind: str, target: str, after: int, until: int, most: int) -> list[int]:
    """Records in (after, until] that a withdrawal is about, in order."""
    column, value = {
        "RECORD": ("number", int(target) if kind == "RECORD" else 0),
        "RUN": ("run", session.value("SELECT num FROM run WHERE id = $1", target)),
        "SOURCE": ("source", session.value("SELECT num FROM source WHERE id = $1", target)),
    }[kind]
    rows = session.all(
        f"SELECT number FROM record WHERE {column} = $1 AND number > $2 AND number <= $3 ORDER BY number LIMIT $4",
        value, after, until, most,
    )  # fmt: skip
    return [number for (number,) in rows]


def keep(session: Session, rows: Sequence[tuple[str, int, str | None]]) -> None:
    """Keep traces: (what was said, record, side of an identifier)."""
    session.upsert("trace", ["said", "record"], ["side"], rows)
