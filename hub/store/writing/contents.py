"""What touchpoints say as they are stored, without row numbers, to compare it with what they would say today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.store.session import Session

COLUMNS = (
    "kind channel direction automated occurred_at occurred_on time_precision title text amount currency cost "
    "cost_currency quantity quantity_unit origin_source origin_medium origin_campaign origin_term origin_content "
    "origin_click_id origin_referrer origin_landing_page document document_key settles thread due_on deal_open "
    "properties traits anchor"
).split()


@dataclass(slots=True)
class Content:
    """One touchpoint: its columns, identifiers by id as they are shown, the name it gives, and the rows below it."""

    columns: dict[str, Any]
    identifiers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    participants: list[tuple[Any, ...]] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    matters: dict[str, str] = field(default_factory=dict)
    """What it says of matters as JSON, by matter id."""
    retracted: bool = False


def contents(session: Session, ids: Sequence[str]) -> dict[str, Content]:
    """Touchpoints by public id."""
    wanted = list(ids)
    rows = session.all(
        f"SELECT id, retracted_at, {', '.join(COLUMNS)} FROM touchpoint WHERE id = ANY($1::text[])", wanted
    )
    found = {row[0]: Content(dict(zip(COLUMNS, row[2:], strict=True)), retracted=row[1] is not None) for row in rows}
    for id_, name, identifier, display in session.all(
        "SELECT t.id, c.name_key, i.id, i.display FROM touchpoint t JOIN claim c ON c.num = t.claim "
        "JOIN claim_identifier ci ON ci.claim = c.num JOIN identifier i ON i.num = ci.identifier "
        "WHERE t.id = ANY($1::text[])",
        wanted,
    ):
        found[id_].name = name
        found[id_].identifiers[identifier] = display
    for id_, *row in session.all(
        "SELECT t.id, p.role, p.name, p.identifier FROM touchpoint t JOIN participant p ON p.touchpoint = t.num "
        "WHERE t.id = ANY($1::text[]) ORDER BY t.id, p.position",
        wanted,
    ):
        found[id_].participants.append(tuple(row))
    for id_, *row in session.all(
        "SELECT t.id, l.description, l.quantity, l.unit_price, l.amount, l.tax, l.currency FROM touchpoint t "
        "JOIN line_item l ON l.touchpoint = t.num WHERE t.id = ANY($1::text[]) ORDER BY t.id, l.position",
        wanted,
    ):
        found[id_].lines.append(tuple(row))
    for id_, matter, claim in session.all(
        "SELECT t.id, m.id, x.claim FROM touchpoint t JOIN matter_touchpoint x ON x.touchpoint = t.num "
        "JOIN matter m ON m.num = x.matter WHERE t.id = ANY($1::text[])",
        wanted,
    ):
        found[id_].matters[matter] = claim
    return found


def doubt(session: Session, ids: Sequence[str]) -> None:
    """Forget from what touchpoints were read, so that they are written again when they are read next."""
    if ids:
        session.run("UPDATE touchpoint SET digest = '' WHERE id = ANY($1::text[])", list(ids))
