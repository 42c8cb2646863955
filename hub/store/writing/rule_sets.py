"""Rule sets, as truth; and whom other rules touch: identifiers whose claims cross a cap, components beyond a limit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from hub.store.session import Session
from hub.store.writing.identities import component_column
from hub.values import Side

IDENTITY = "IDENTITY"
LIFECYCLE = "LIFECYCLE"
COLUMNS = ["number", "kind", "version", "text", "decided_by", "reason", "decided_at"]


def insert(session: Session, row: Sequence[object]) -> None:
    """Append a rule set, in the order of ``COLUMNS``."""
    session.insert("rule_set", COLUMNS, [row])


def standing(session: Session, kind: str, until: int | None = None) -> int:
    """The number of the last rule set of a kind, of the last up to a truth number; 0 when there is none."""
    last = "SELECT max(number) FROM rule_set WHERE kind = $1 AND number <= coalesce($2::bigint, number)"
    return int(session.value(last, kind, until) or 0)


def text(session: Session, number: int) -> str:
    """The text of a rule set by its truth number."""
    return str(session.value("SELECT text FROM rule_set WHERE number = $1", number))


def identifiers(session: Session, chunk: int) -> Iterator[list[tuple[Any, ...]]]:
    """(num, kind, value, why blocked, why capped) of all identifiers, so many at a time."""
    last = 0
    while True:
        rows = session.all(
            "SELECT num, kind, value, blocked, capped FROM identifier WHERE num > $1 ORDER BY num LIMIT $2", last, chunk
        )
        if not rows:
            return
        yield rows
        last = rows[-1][0]


def block(session: Session, rows: Sequence[tuple[str | None, int]]) -> None:
    """Block identifiers, or let them join until a cap says otherwise: (why or None, identifier)."""
    session.many(
        "UPDATE identifier SET blocked = $1::text, capped = NULL, joins = $1::text IS NULL WHERE num = $2", rows
    )


def beside(session: Session, identifiers: Sequence[int]) -> list[int]:
    """Identifiers that may be capped and stand in a claim with any of these, themselves included."""
    rows = session.all(
        "SELECT DISTINCT i.num FROM claim_identifier ci JOIN claim_identifier co ON co.claim = ci.claim "
        "JOIN identifier i ON i.num = co.identifier "
        "WHERE ci.identifier = ANY($1::bigint[]) AND i.blocked IS NULL AND i.hidden = FALSE ORDER BY i.num",
        list(identifiers),
    )
    return [num for (num,) in rows]


def with_names_beyond(session: Session, most: int, *, phones: bool) -> list[int]:
    """Identifiers, phones or others, in whose claims stand more than ``most`` names of whatever script."""
    rows = session.all(
        "SELECT ci.identifier FROM claim_identifier ci JOIN claim c ON c.num = ci.claim "
        "JOIN identifier i ON i.num = ci.identifier "
        f"WHERE c.touchpoints > 0 AND c.name_key <> '' AND i.kind {'=' if phones else '<>'} 'phone' "
        "AND i.blocked IS NULL AND i.hidden = FALSE "
        "GROUP BY ci.identifier HAVING count(DISTINCT c.name_key) > $1 ORDER BY ci.identifier",
        most,
    )
    return [num for (num,) in rows]


def with_stronger_beyond(session: Session, most: int) -> list[int]:
    """Identifiers in whose claims stand more than ``most`` values of one stronger kind and namespace."""
    rows = session.all(
        "SELECT DISTINCT identifier FROM (SELECT ci.identifier AS identifier FROM claim_identifier ci "
        "JOIN identifier i ON i.num = ci.identifier JOIN claim c ON c.num = ci.claim "
        "JOIN claim_identifier co ON co.claim = ci.claim JOIN identifier o ON o.num = co.identifier "
        "WHERE c.touchpoints > 0 AND i.blocked IS NULL AND i.hidden = FALSE AND o.blocked IS NULL AND o.rank < i.rank "
        "GROUP BY ci.identifier, o.kind, o.namespace HAVING count(DISTINCT o.num) > $1) AS crowded ORDER BY identifier",
        most,
    )
    return [num for (num,) in rows]


def components_beyond(session: Session, side: Side, most: int) -> list[int]:
    """Raw components of one side with more than ``most`` identifiers."""
    rows = session.all(
        "SELECT component FROM identifier WHERE component IS NOT NULL AND side = $1 "
        "GROUP BY component HAVING count(*) > $2 ORDER BY component",
        side.value,
        most,
    )
    return [component for (component,) in rows]


def claims_within(session: Session, side: Side, components: Sequence[int]) -> list[int]:
    """One claim of each of these components; the component's label is its number."""
    column = component_column(side)
    rows = session.all(
        f"SELECT min(num) FROM claim WHERE {column} = ANY($1::bigint[]) GROUP BY {column}", list(components)
    )
    return [claim for (claim,) in rows]


def in_order_of_components(session: Session, claims: Sequence[int]) -> list[int]:
    """Claims with those of one component beside each other."""
    rows = session.all(
        "SELECT num FROM claim WHERE num = ANY($1::bigint[]) "
        "ORDER BY coalesce(person_component, organisation_component, num), num",
        list(claims),
    )
    return [claim for (claim,) in rows]
