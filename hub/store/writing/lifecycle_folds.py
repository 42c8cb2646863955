"""By which lifecycle rules customers are folded, and stage and standing written again without anything else of them."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session, Values
from hub.store.writing import customers, rollups

COLUMNS = "stage stage_since standing because next_change_at".split()
"""What a lifecycle writes of a customer's row."""


def state(session: Session) -> tuple[str, int | None]:
    """The digest of the rules, and the last customer folded by them; None when everybody was."""
    row = session.one("SELECT digest, reached FROM lifecycle_fold WHERE id = 1")
    return ("", None) if row is None else (row[0], row[1])


def begin(session: Session, digest: str) -> int | None:
    """Note that everybody must be folded by other rules; None where there is nobody yet."""
    reached = 0 if session.one("SELECT 1 FROM customer LIMIT 1") else None
    session.upsert("lifecycle_fold", ["id"], ["digest", "reached"], [(1, digest, reached)])
    return reached


def advance(session: Session, reached: int | None) -> None:
    """Note how far it has come."""
    session.run("UPDATE lifecycle_fold SET reached = $1::bigint WHERE id = 1", reached)


def after(session: Session, reached: int, most: int) -> list[int]:
    """The next customers by number."""
    rows = session.all("SELECT num FROM customer WHERE num > $1 ORDER BY num LIMIT $2", reached, most)
    return [num for (num,) in rows]


def write(session: Session, rows: Sequence[Values], changes: Sequence[Values]) -> None:
    """Write lifecycles: (customer, ``COLUMNS``), and the whole histories of these customers."""
    session.run("DELETE FROM stage_change WHERE customer = ANY($1::bigint[])", [row[0] for row in rows])
    customers.write_parts(session, "stage_change", changes, [])
    before = {num: stage for num, (_, _, stage, _) in customers.known(session, [row[0] for row in rows]).items()}
    rollups.move(session, [num for num, stage, *_ in rows if before[num] != stage])
    session.update("customer", ["num"], COLUMNS, rows)
