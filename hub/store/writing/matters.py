"""Matters and what touchpoints say about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hub.store.session import Session

COLUMNS = (
    "num id source kind reference title pipeline state outcome open amount outstanding currency owner "
    "opened_at due_at closed_at customer organisation campaign properties"
).split()


def by_id(session: Session, ids: Sequence[str]) -> dict[str, int]:
    """Row numbers of matters by public id."""
    return {id_: num for num, id_ in session.all("SELECT num, id FROM matter WHERE id = ANY($1::text[])", list(ids))}


def insert_claims(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write what touchpoints say: matter, touchpoint, occurred_at, claim."""
    session.insert("matter_touchpoint", ["matter", "touchpoint", "occurred_at", "claim"], rows)


def of_touchpoints(session: Session, nums: Sequence[int]) -> list[int]:
    """The matters that touchpoints speak of."""
    rows = session.all("SELECT DISTINCT matter FROM matter_touchpoint WHERE touchpoint = ANY($1::bigint[])", list(nums))
    return [matter for (matter,) in rows]


def of_ids(session: Session, touchpoints: Sequence[str]) -> list[int]:
    """The matters that touchpoints speak of, by the public ids of these."""
    rows = session.all(
        "SELECT DISTINCT m.matter FROM touchpoint t JOIN matter_touchpoint m ON m.touchpoint = t.num "
        "WHERE t.id = ANY($1::text[])",
        list(touchpoints),
    )
    return [matter for (matter,) in rows]


def of_claims(session: Session, claims: Sequence[int]) -> list[int]:
    """The matters that touchpoints with these claims speak of."""
    if not claims:
        return []
    rows = session.all(
        "SELECT DISTINCT m.matter FROM touchpoint t JOIN matter_touchpoint m ON m.touchpoint = t.num "
        "WHERE t.claim = ANY($1::bigint[])",
        list(claims),
    )
    return [matter for (matter,) in rows]


def ids(session: Session, nums: Sequence[int]) -> dict[int, str]:
    """Public ids of matters by row number."""
    if not nums:
        return {}
    return dict(session.all("SELECT num, id FROM matter WHERE num = ANY($1::bigint[])", list(nums)))


Told = dict[int, list[tuple[Any, ...]]]
"""What is said about matters, by row number."""


def identities(session: Session, nums: Sequence[int]) -> dict[int, tuple[str, int, str, str]]:
    """(id, source, kind, reference) of matters."""
    rows = session.all("SELECT num, id, source, kind, reference FROM matter WHERE num = ANY($1::bigint[])", list(nums))
    return {num: (id_, source, kind, reference) for num, id_, source, kind, reference in rows}


def said(session: Session, nums: Sequence[int]) -> Told:
    """All that standing touchpoints say about matters, by matter, the earliest first:
    (occurred_at, touchpoint id, claim, amount, currency, kind, touchpoint num, campaign)."""
    found: Told = {}
    if not nums:
        return found
    for matter, *rest in session.all(
        "SELECT m.matter, m.occurred_at, t.id, m.claim, t.amount, t.currency, t.kind, t.num, t.campaign "
        "FROM matter_touchpoint m JOIN touchpoint t ON t.num = m.touchpoint WHERE m.matter = ANY($1::bigint[]) "
        "ORDER BY m.matter, m.occurred_at, t.id",
        list(nums),
    ):
        found.setdefault(matter, []).append(tuple(rest))
    return found


def write(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write matters, in the order of ``COLUMNS``."""
    session.upsert("matter", ["num"], COLUMNS[1:], rows)


def delete(session: Session, nums: Sequence[int]) -> None:
    """Remove matters that nothing speaks of any more."""
    if nums:
        session.run("DELETE FROM matter WHERE num = ANY($1::bigint[])", list(nums))


def users(session: Session) -> dict[str, int]:
    """Row numbers of the company's people by reference and by e-mail."""
    found: dict[str, int] = {}
    for num, reference, email in session.all("SELECT num, reference, email FROM hub_user"):
        found[reference] = num
        if email:
            found.setdefault(email.lower(), num)
    return found
