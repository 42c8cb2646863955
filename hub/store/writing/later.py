"""What happened after a moment, to be left out of a projection set that shows that moment."""

from __future__ import annotations

from collections.abc import Sequence

from hub.store.session import Session
from hub.store.writing import identities, rollups

_LATER = "SELECT num FROM touchpoint WHERE occurred_at > $1 AND retracted_at IS NULL"


def matters(session: Session, after: int) -> list[int]:
    """Row numbers of the matters that standing touchpoints after a moment (microseconds) speak of."""
    rows = session.all(f"SELECT DISTINCT matter FROM matter_touchpoint WHERE touchpoint IN ({_LATER})", after)
    return sorted(num for (num,) in rows)


def retract(session: Session, after: int) -> set[int]:
    """Take these touchpoints out of every list and number; the answer is the customers they were with."""
    rows = session.all(
        "SELECT DISTINCT customer, organisation FROM touchpoint WHERE occurred_at > $1 AND retracted_at IS NULL", after
    )
    rollups.take_out_later(session, after)
    for table in ("participant", "line_item", "matter_touchpoint"):
        session.run(f"DELETE FROM {table} WHERE touchpoint IN ({_LATER})", after)
    session.run(
        "UPDATE touchpoint SET retracted_at = occurred_at, digest = '' WHERE occurred_at > $1 AND retracted_at IS NULL",
        after,
    )
    return {num for pair in rows for num in pair if num is not None}


def owners(session: Session, nums: Sequence[int]) -> dict[int, tuple[int | None, int | None]]:
    """(customer, organisation) of matters."""
    rows = session.all("SELECT num, customer, organisation FROM matter WHERE num = ANY($1::bigint[])", list(nums))
    return {num: (customer, organisation) for num, customer, organisation in rows}


def unsee(session: Session, after: int) -> set[int]:
    """Identifiers were last seen before the moment, those first seen later are not shown; whose they are.

    Whom they name stays known.
    """
    rows = session.all("SELECT num, customer FROM identifier WHERE last_seen > $1", after)
    identities.see_again(session, [num for num, _ in rows])
    session.run("DELETE FROM claim_identifier WHERE claim IN (SELECT num FROM claim WHERE first_at > $1)", after)
    session.run("UPDATE identifier SET hidden = TRUE WHERE first_seen > $1", after)
    return {customer for _, customer in rows if customer is not None}
