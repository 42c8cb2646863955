"""Matters and what touchpoints say about them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from hub.store.session import Session

COLUMNS = (
    "num id source kind reference title pipeline state outcome open amount outstanding currency owner "
    "opened_at due_at closed_at customer organisation campaign properties owner_named state_since opened_on closed_on "
    "closed_after answered_after balance balance_unit due_place closed_place amount_place"
).split()
CHANGE = "matter position at before after open outcome touchpoint lasted".split()


def by_id(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Row numbers of matters by public id."""
    return {id_: num for num, id_ in session.among("SELECT num, id FROM matter WHERE id = ANY($1::text[])", ids)}


def insert_claims(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write what touchpoints say: matter, touchpoint, occurred_at, claim."""
    session.insert("matter_touchpoint", ["matter", "touchpoint", "occurred_at", "claim"], rows)


def of_touchpoints(session: Session, nums: Sequence[int]) -> list[int]:
    """The matters that touchpoints speak of."""
    rows = session.among("SELECT DISTINCT matter FROM matter_touchpoint WHERE touchpoint = ANY($1::bigint[])", nums)
    return [matter for (matter,) in rows]


def of_ids(session: Session, touchpoints: Sequence[str]) -> list[int]:
    """The matters that touchpoints speak of, by the public ids of these."""
    rows = session.among(
        "SELECT DISTINCT m.matter FROM touchpoint t JOIN matter_touchpoint m ON m.touchpoint = t.num "
        "WHERE t.id = ANY($1::text[])",
        touchpoints,
    )
    return [matter for (matter,) in rows]


def of_claims(session: Session, claims: Sequence[int]) -> list[int]:
    """The matters that touchpoints with these claims speak of."""
    rows = session.among(
        "SELECT DISTINCT m.matter FROM touchpoint t JOIN matter_touchpoint m ON m.touchpoint = t.num "
        "WHERE t.claim = ANY($1::bigint[])",
        claims,
    )
    return [matter for (matter,) in rows]


def ids(session: Session, nums: Sequence[int]) -> dict[int, str]:
    """Public ids of matters by row number."""
    return dict(session.among("SELECT num, id FROM matter WHERE num = ANY($1::bigint[])", nums))


SAID = (
    "SELECT m.matter, m.occurred_at, t.id, m.claim, t.amount, t.currency, t.kind, t.num, t.campaign, "
    "t.direction, t.automated, t.time_precision, t.quantity, t.quantity_unit "
    "FROM matter_touchpoint m JOIN touchpoint t ON t.num = m.touchpoint WHERE m.matter = ANY($1::bigint[]) "
    "ORDER BY m.matter, m.occurred_at, t.id"
)
"""The statement of ``said``: the matter's number before each row."""

Told = dict[int, list[tuple[Any, ...]]]
"""What is said about matters, by row number."""


def identities(session: Session, nums: Sequence[int]) -> dict[int, tuple[str, int, str, str]]:
    """(id, source, kind, reference) of matters."""
    rows = session.among("SELECT num, id, source, kind, reference FROM matter WHERE num = ANY($1::bigint[])", nums)
    return {num: (id_, source, kind, reference) for num, id_, source, kind, reference in rows}


def said(session: Session, nums: Sequence[int]) -> Told:
    """All that standing touchpoints say about matters, by matter, the earliest first:
    (occurred_at, touchpoint id, claim, amount, currency, kind, touchpoint num, campaign, direction, automated,
    time_precision, quantity, quantity_unit)."""
    found: Told = {}
    for matter, *rest in session.among(SAID, nums):
        found.setdefault(matter, []).append(tuple(rest))
    return found


def write(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write matters, in the order of ``COLUMNS``."""
    session.upsert("matter", ["num"], COLUMNS[1:], rows)


def delete(session: Session, nums: Sequence[int]) -> None:
    """Remove matters that nothing speaks of any more."""
    if nums:
        session.run("DELETE FROM matter WHERE num = ANY($1::bigint[])", list(nums))
        session.run("DELETE FROM matter_change WHERE matter = ANY($1::bigint[])", list(nums))


State = tuple[str, bool, str | None]
"""(state, open, outcome) of a matter."""


def write_changes(session: Session, nums: Sequence[int], rows: Sequence[Sequence[object]]) -> dict[int, State]:
    """Write the states that matters went through, in the order of ``CHANGE``: what stands already is not touched.

    The answer is what they were before, of those that were anything.
    """
    if not nums:
        return {}
    held = session.all(f"SELECT {', '.join(CHANGE)} FROM matter_change WHERE matter = ANY($1::bigint[])", list(nums))
    known = {(matter, position): rest for matter, position, *rest in held}
    wanted = {(row[0], row[1]): list(row[2:]) for row in rows}
    session.insert("matter_change", CHANGE, [[*key, *rest] for key, rest in wanted.items() if key not in known])
    session.upsert(
        "matter_change",
        CHANGE[:2],
        CHANGE[2:],
        [[*key, *rest] for key, rest in wanted.items() if key in known and known[key] != rest],
    )
    session.delete("matter_change", CHANGE[:2], [key for key in known if key not in wanted])
    return {matter: state_of(row) for (matter, _), row in sorted(known.items())}


def state_of(row: Sequence[Any]) -> State:
    """What a matter was from a change on, given as its row without matter and position."""
    return row[2], bool(row[3]), row[4]


def named_by(session: Session, owners: Sequence[str]) -> list[int]:
    """The matters whose sources name one of these as their owner."""
    rows = session.among("SELECT num FROM matter WHERE owner_named = ANY($1::text[])", owners)
    return [num for (num,) in rows]


def unfolded(session: Session, most: int) -> list[int]:
    """Some matters that were written before their states were kept."""
    return [num for (num,) in session.all(f"SELECT num FROM matter WHERE state_since IS NULL LIMIT {most}")]


def users(session: Session) -> dict[str, int]:
    """Row numbers of the company's people by reference, by id and by e-mail."""
    return users_of(session.all(USERS))


USERS = "SELECT num, id, reference, email FROM hub_user"


def users_of(rows: Iterable[Sequence[Any]]) -> dict[str, int]:
    """The same from the rows of ``USERS``."""
    found: dict[str, int] = {}
    for num, id_, reference, email in rows:
        found[reference] = num
        found.setdefault(id_, num)
        if email:
            found.setdefault(email.lower(), num)
    return found
