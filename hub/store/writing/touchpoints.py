"""Touchpoints with their parts: which record yields them, participants, line items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.store.session import Session
from hub.store.writing import rollups

COLUMNS = (
    "num id source record heard kind channel direction automated historical "
    "occurred_at occurred_on time_precision recorded_at retracted_at title text "
    "amount currency cost cost_currency quantity quantity_unit origin_source origin_medium origin_campaign "
    "origin_term origin_content origin_click_id origin_referrer origin_landing_page campaign "
    "document document_key settles thread due_on deal_open properties traits "
    "claim anchor customer organisation gave_id digest"
).split()


@dataclass(slots=True)
class Stored:
    """A touchpoint as it stands in the projection: enough to see what has changed."""

    num: int
    id: str
    record: int
    digest: str
    claim: int | None
    customer: int | None
    organisation: int | None
    gave_id: bool
    retracted: bool
    heard: int


@dataclass(frozen=True, slots=True)
class Speaker:
    """A standing touchpoint, whom it names itself (customer, organisation), if anybody, and who has it now."""

    num: int
    id: str
    anchor: str | None
    names: tuple[int | None, int | None] | None
    held: tuple[int | None, int | None]


def stored(session: Session, ids: Sequence[str]) -> dict[str, Stored]:
    """Touchpoints by public id."""
    rows = session.all(
        "SELECT num, id, record, digest, claim, customer, organisation, gave_id, retracted_at, heard FROM touchpoint "
        "WHERE id = ANY($1::text[])",
        list(ids),
    )
    return {
        id_: Stored(num, id_, record, digest, claim, customer, organisation, bool(gave), retracted is not None, heard)
        for num, id_, record, digest, claim, customer, organisation, gave, retracted, heard in rows
    }


def retracted(session: Session, ids: Sequence[str]) -> set[str]:
    """Which of these touchpoints stand no more."""
    rows = session.all("SELECT id FROM touchpoint WHERE id = ANY($1::text[]) AND retracted_at IS NOT NULL", list(ids))
    return {id_ for (id_,) in rows}


def records_of(session: Session, ids: Sequence[str]) -> dict[str, list[int]]:
    """The standing records that yield touchpoints, by touchpoint id."""
    found: dict[str, list[int]] = {}
    for id_, record in session.among(
        "SELECT t.id, r.record FROM touchpoint t JOIN record_touchpoint r ON r.touchpoint = t.num "
        "WHERE t.id = ANY($1::text[])",
        ids,
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
    rollups.add_new(session, [num for num, *_ in rows])


def replace(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write changed touchpoints, in the order of ``COLUMNS``."""
    rollups.take_out(session, "num", [num for num, *_ in rows])
    session.upsert("touchpoint", ["num"], COLUMNS[1:], rows)


def clear_parts(session: Session, nums: Sequence[int]) -> None:
    """Remove the participants, lines and matter links of touchpoints that are written anew or retracted."""
    if nums:
        for table in ("participant", "line_item", "matter_touchpoint"):
            session.run(f"DELETE FROM {table} WHERE touchpoint = ANY($1::bigint[])", list(nums))


def retract(session: Session, nums: Sequence[int], at: int) -> None:
    """Take touchpoints out of every list and number; their ids still resolve."""
    rollups.take_out(session, "num", nums)
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
    columns = "touchpoint position id product description quantity unit_price amount tax currency".split()
    session.insert("line_item", columns, rows)


def assign(session: Session, claims: Sequence[tuple[int, int | None, int | None]]) -> None:
    """Give the touchpoints of claims to customers: (claim, customer, organisation)."""
    rollups.take_out(session, "claim", [claim for claim, *_ in claims])
    session.update("touchpoint", ["claim"], ["customer", "organisation"], claims)


def assign_each(session: Session, rows: Sequence[tuple[int, int | None, int | None]]) -> None:
    """Give single touchpoints to customers: (touchpoint, customer, organisation)."""
    rollups.take_out(session, "num", [num for num, *_ in rows])
    session.update("touchpoint", ["num"], ["customer", "organisation"], rows)


_NAMELESS = "c.customer IS NULL AND c.organisation IS NULL"
_SPEAKER = (
    "SELECT t.num, t.id, t.anchor, c.customer, c.organisation, t.customer, t.organisation "
    "FROM touchpoint t LEFT JOIN claim c ON c.num = t.claim WHERE t.retracted_at IS NULL AND"
)


def nameless(session: Session, ids: Iterable[str]) -> list[Speaker]:
    """Which of these standing touchpoints name nobody."""
    return _speakers(session, f"{_SPEAKER} t.id = ANY($1::text[]) AND {_NAMELESS}", list(ids))


def nameless_of_claims(session: Session, claims: Sequence[int]) -> list[Speaker]:
    """Which of the standing touchpoints of these claims name nobody."""
    return _speakers(session, f"{_SPEAKER} t.claim = ANY($1::bigint[]) AND {_NAMELESS}", claims)


def any_anchored(session: Session) -> bool:
    """Whether any touchpoint at all is about another."""
    # In order, so that PostgreSQL reads the index over those alone.
    first = "SELECT anchor FROM touchpoint WHERE anchor IS NOT NULL ORDER BY anchor LIMIT 1"
    return session.value(first) is not None


def anchored(session: Session, anchors: Sequence[str]) -> list[Speaker]:
    """Standing touchpoints that name nobody themselves and are about one of these anchors."""
    statement = f"{_SPEAKER} t.anchor = ANY($1::text[]) AND t.anchor IS NOT NULL AND {_NAMELESS}"
    return _speakers(session, statement, anchors)


def speakers(session: Session, nums: Sequence[int], ids: Sequence[str]) -> list[Speaker]:
    """Standing touchpoints by row number and by id."""
    by_num = _speakers(session, f"{_SPEAKER} t.num = ANY($1::bigint[])", nums)
    return by_num + _speakers(session, f"{_SPEAKER} t.id = ANY($1::text[])", ids)


def _speakers(session: Session, statement: str, wanted: Sequence[object]) -> list[Speaker]:
    return [
        Speaker(num, id_, anchor, None if customer is None and firm is None else (customer, firm), (held, held_firm))
        for num, id_, anchor, customer, firm, held, held_firm in session.among(statement, wanted)
    ]


def carrying(session: Session, ids: Sequence[str], customer: int) -> set[str]:
    """Which of these standing touchpoints name a customer by an identifier of their own."""
    rows = session.all(
        "SELECT t.id FROM touchpoint t JOIN claim c ON c.num = t.claim WHERE t.id = ANY($1::text[]) "
        "AND (c.customer = $2 OR c.organisation = $3) AND t.retracted_at IS NULL",
        list(ids), customer, customer,
    )  # fmt: skip
    return {id_ for (id_,) in rows}


def first_of_customer(session: Session, customer: int, most: int) -> list[str]:
    """The touchpoints that name a customer by an identifier of their own, the first heard first."""
    rows = session.all(
        "SELECT t.id FROM touchpoint t JOIN claim c ON c.num = t.claim WHERE (c.customer = $1 OR c.organisation = $2) "
        "AND t.retracted_at IS NULL ORDER BY t.heard, t.id LIMIT $3",
        customer, customer, most,
    )  # fmt: skip
    return [id_ for (id_,) in rows]


def customers_of(session: Session, ids: Sequence[str]) -> list[int]:
    """Row numbers of all customers and organisations that touchpoints are with; one may come more than once."""
    rows = session.all("SELECT customer, organisation FROM touchpoint WHERE id = ANY($1::text[])", list(ids))
    return [num for pair in rows for num in pair if num is not None]


def held_by(session: Session, claims: Sequence[int]) -> set[int]:
    """Row numbers of the customers and organisations that touchpoints with these claims are with."""
    rows = session.among(
        "SELECT DISTINCT customer, organisation FROM touchpoint WHERE claim = ANY($1::bigint[])", claims
    )
    return {num for pair in rows for num in pair if num is not None}


def belongings(session: Session, customers: Sequence[int]) -> dict[int, tuple[str, str | None, str | None]]:
    """(id, customer's id, organisation's id) of each standing touchpoint of these customers, by row number."""
    found: dict[int, tuple[str, str | None, str | None]] = {}
    for column in ("customer", "organisation"):
        rows = session.all(
            "SELECT t.num, t.id, c.id, o.id FROM touchpoint t LEFT JOIN customer c ON c.num = t.customer "
            "LEFT JOIN customer o ON o.num = t.organisation "
            f"WHERE t.{column} = ANY($1::bigint[]) AND t.retracted_at IS NULL",
            list(customers),
        )
        found |= {num: (id_, customer, firm) for num, id_, customer, firm in rows}
    return found


def reclaim(session: Session, rows: Sequence[tuple[int, int, int | None, int | None]]) -> None:
    """Give touchpoints other claims, and whose those are: (touchpoint, claim, customer, organisation)."""
    rollups.take_out(session, "num", [num for num, *_ in rows])
    session.update("touchpoint", ["num"], ["claim", "customer", "organisation"], rows)


def ids_of_claims(session: Session, claims: Sequence[int]) -> set[str]:
    """Ids of all touchpoints with these claims."""
    return {id_ for (id_,) in session.among("SELECT id FROM touchpoint WHERE claim = ANY($1::bigint[])", claims)}


def forget_claims(session: Session, claims: Sequence[int]) -> None:
    """Retracted touchpoints may still name claims that are gone; their numbers will be given again."""
    if claims:
        session.run("UPDATE touchpoint SET claim = NULL WHERE claim = ANY($1::bigint[])", list(claims))


def mark_named(session: Session, ids: Sequence[str]) -> None:
    """Remember that touchpoints gave a customer its id."""
    if ids:
        session.run("UPDATE touchpoint SET gave_id = TRUE WHERE id = ANY($1::text[])", list(ids))
