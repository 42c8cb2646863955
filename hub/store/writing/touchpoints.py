"""Touchpoints with their parts: which record yields them, participants, line items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hub.store.session import Session

COLUMNS = (
    "num id source record heard kind channel direction automated historical occurred_at occurred_on time_precision recorded_at "
    "retracted_at title text amount currency cost cost_currency quantity quantity_unit origin_source origin_medium "
    "origin_campaign origin_term origin_content origin_click_id origin_referrer origin_landing_page campaign document "
    "document_key settles thread due_on deal_open properties traits claim anchor customer organisation gave_id digest"
).split()  # fmt: skip


@dataclass(slots=True)
class Stored:
    """A touchpoint as it stands in the projection: enough to see what has changed."""

    num: int
    id: str
    digest: str
    claim: int | None
    customer: int | None
    organisation: int | None
    gave_id: bool
    retracted: bool
    heard: int


def stored(session: Session, ids: Sequence[str]) -> dict[str, Stored]:
    """Touchpoints by public id."""
    rows = session.all(
        "SELECT num, id, digest, claim, customer, organisation, gave_id, retracted_at, heard FROM touchpoint "
        "WHERE id = ANY($1::text[])",
        list(ids),
    )
    return {
        id_: Stored(num, id_, digest, claim, customer, organisation, bool(gave), retracted is not None, heard)
        for num, id_, digest, claim, customer, organisation, gave, retracted, heard in rows
    }


def records_of(session: Session, ids: Sequence[str]) -> dict[str, list[int]]:
    """The standing records that yield touchpoints, by touchpoint id."""
    found: dict[str, list[int]] = {}
    for id_, record in session.all(
        "SELECT t.id, r.record FROM touchpoint t JOIN record_touchpoint r ON r.touchpoint = t.num WHERE t.id = ANY($1::text[])",
        list(ids),
    ):
        found.setdefault(id_, []).append(record)
    return found


def yielded_by(session: Session, records: Sequence[int]) -> dict[int, list[tuple[int, str]]]:
    """(row number, id) of the touchpoints that records yield, by record number."""
    found: dict[int, list[tuple[int, str]]] = {}
    for record, num, id_ in session.all(
        "SELECT r.record, t.num, t.id FROM record_touchpoint r JOIN touchpoint t ON t.num = r.touchpoint "
        "WHERE r.record = ANY($1::bigint[])",
        list(records),
    ):
        found.setdefault(record, []).append((num, id_))
    return found


def link_records(session: Session, links: Iterable[tuple[int, int]]) -> None:
    """Say which records yield which touchpoints (record, touchpoint)."""
    session.insert("record_touchpoint", ["record", "touchpoint"], list(links))


def unlink_records(session: Session, records: Sequence[int]) -> None:
    """Forget what records yielded."""
    if records:
        session.run("DELETE FROM record_touchpoint WHERE record = ANY($1::bigint[])", list(records))


def insert(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write new touchpoints, in the order of ``COLUMNS``."""
    session.insert("touchpoint", COLUMNS, rows)


def replace(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write changed touchpoints, in the order of ``COLUMNS``."""
    session.upsert("touchpoint", ["num"], COLUMNS[1:], rows)


def clear_parts(session: Session, nums: Sequence[int]) -> None:
    """Remove the participants, lines and matter links of touchpoints that are written anew or retracted."""
    if nums:
        for table in ("participant", "line_item", "matter_touchpoint"):
            session.run(f"DELETE FROM {table} WHERE touchpoint = ANY($1::bigint[])", list(nums))


def retract(session: Session, nums: Sequence[int], at: int) -> None:
    """Take touchpoints out of every list and number; their ids still resolve."""
    session.run("UPDATE touchpoint SET retracted_at = $1, digest = '' WHERE num = ANY($2::bigint[])", at, list(nums))


def insert_participants(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write participants."""
    session.insert(
        "participant",
        ["touchpoint", "position", "role", "name", "identifier", "identifier_masked", "name_masked"],
        rows,
    )


def insert_lines(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write line items."""
    session.insert("line_item", ["touchpoint", "position", "id", "product", "description", "quantity", "unit_price", "amount", "tax", "currency"], rows)  # fmt: skip


def assign(session: Session, claims: Sequence[tuple[int | None, int | None, int]]) -> None:
    """Give the touchpoints of claims to customers: (customer, organisation, claim)."""
    session.many("UPDATE touchpoint SET customer = $1, organisation = $2 WHERE claim = $3", claims)


def assign_each(session: Session, rows: Sequence[tuple[int | None, int | None, str | None, int]]) -> None:
    """Give single touchpoints to customers: (customer, organisation, anchor, touchpoint)."""
    session.many("UPDATE touchpoint SET customer = $1, organisation = $2, anchor = $3 WHERE num = $4", rows)


def anchored(session: Session, anchors: Sequence[str]) -> list[tuple[Any, ...]]:
    """Touchpoints without a customer of their own whose anchor is one of these, where their customer is not the anchor's:
    (num, id, customer, organisation, the anchor's customer, the anchor's organisation, anchor)."""
    if not anchors:
        return []
    return session.all(
        "SELECT d.num, d.id, d.customer, d.organisation, a.customer, a.organisation, d.anchor FROM touchpoint d "
        "LEFT JOIN claim c ON c.num = d.claim "
        "JOIN touchpoint a ON a.id = d.anchor WHERE d.anchor = ANY($1::text[]) AND c.customer IS NULL AND c.organisation IS NULL "
        "AND (coalesce(d.customer, 0) <> coalesce(a.customer, 0) OR coalesce(d.organisation, 0) <> coalesce(a.organisation, 0))",
        list(anchors),
    )


def anchors_of_claims(session: Session, claims: Sequence[int]) -> list[str]:
    """Ids of touchpoints with these claims that others are about."""
    if not claims:
        return []
    rows = session.all(
        "SELECT DISTINCT a.id FROM touchpoint a JOIN touchpoint d ON d.anchor = a.id WHERE a.claim = ANY($1::bigint[])",
        list(claims),
    )
    return [id_ for (id_,) in rows]


def mark_named(session: Session, ids: Sequence[str]) -> None:
    """Remember that touchpoints gave a customer its id."""
    if ids:
        session.run("UPDATE touchpoint SET gave_id = TRUE WHERE id = ANY($1::text[])", list(ids))
