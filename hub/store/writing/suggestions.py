"""What the search for probable duplicates reads, part by part, and the suggestions that it leaves behind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hub.store.session import Session
from hub.values import Side

COLUMNS = ["id", "side", "a", "b", "identifier", "reason", "weight", "levels", "found_at"]
_PART = 1000
"""Customers, or identifiers, that are read by one statement."""
_TRAITS = ["name", "company", "street", "postcode", "city", "birthday"]


@dataclass(slots=True)
class Told:
    """What is told of one customer: identifiers (kind, namespace, value) and traits (name, value as JSON)."""

    id: str
    identifiers: list[tuple[str, str, str]] = field(default_factory=list)
    traits: list[tuple[str, str]] = field(default_factory=list)


def count(session: Session, side: Side) -> int:
    """How many customers of a side there are that concern the company."""
    statement = "SELECT count(*) FROM customer WHERE kind = $1 AND relationship <> 'IRRELEVANT'"
    return int(session.value(statement, side.value))


def told(session: Session, side: Side) -> Iterator[list[Told]]:
    """What is told of all customers of a side, in parts; of those that concern the company.

    Each part is as it stands when it is read: no transaction is held, so that nobody waits.
    """
    after = 0
    while part := session.all(
        "SELECT num, id FROM customer WHERE kind = $1 AND relationship <> 'IRRELEVANT' AND num > $2 "
        f"ORDER BY num LIMIT {_PART}",
        side.value,
        after,
    ):
        found = {num: Told(id_) for num, id_ in part}
        column = "organisation" if side is Side.ORGANISATION else "customer"
        for num, *held in session.all(
            f"SELECT DISTINCT k.{column}, i.kind, i.namespace, i.value FROM claim k "
            "JOIN claim_identifier x ON x.claim = k.num JOIN identifier i ON i.num = x.identifier "
            f"WHERE k.{column} = ANY($1::bigint[]) AND k.touchpoints > 0 AND i.side = $2 AND i.blocked IS NULL "
            "AND i.hidden = FALSE",
            list(found),
            side.value,
        ):
            found[num].identifiers.append((held[0], held[1], held[2]))
        for num, name, value in session.all(
            "SELECT customer, name, value FROM trait WHERE customer = ANY($1::bigint[]) AND name = ANY($2::text[])",
            list(found),
            _TRAITS,
        ):
            found[num].traits.append((name, value))
        yield list(found.values())
        after = part[-1][0]


def refused(session: Session, side: Side) -> Iterator[list[tuple[str, str, str]]]:
    """Joins that the rule refused, in parts: (customer, customer, identifier) by public id.

    An identifier that joins is held by one customer; whoever else carries it was refused.
    """
    column = "organisation" if side is Side.ORGANISATION else "customer"
    after, last = 0, int(session.value("SELECT coalesce(max(num), 0) FROM identifier"))
    while after < last:
        yield [
            (holder, other, identifier)
            for holder, other, identifier in session.all(
                "SELECT DISTINCT h.id, o.id, i.id FROM identifier i JOIN customer h ON h.num = i.customer "
                "JOIN claim_identifier x ON x.identifier = i.num JOIN claim k ON k.num = x.claim "
                f"JOIN customer o ON o.num = k.{column} WHERE i.num > $1 AND i.num <= $2 AND i.side = $3 "
                "AND i.joins = TRUE AND k.touchpoints > 0 AND o.num <> h.num AND o.kind = h.kind",
                after, after + _PART, side.value,
            )
        ]  # fmt: skip
        after += _PART


def unique_values(session: Session, ids: Sequence[str], kinds: Sequence[str]) -> dict[str, dict[tuple[str, str], str]]:
    """The values of unique kinds that customers have, by (kind, namespace), by public id."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    for at in range(0, len(ids), _PART):
        for customer, kind, namespace, value in session.all(
            "SELECT c.id, i.kind, i.namespace, i.value FROM customer c JOIN identifier i ON i.customer = c.num "
            "WHERE c.id = ANY($1::text[]) AND i.kind = ANY($2::text[]) AND i.joins = TRUE",
            list(ids[at : at + _PART]),
            list(kinds),
        ):
            found.setdefault(customer, {})[kind, namespace] = value
    return found


def nameless_phones(session: Session, side: Side, most: int) -> list[tuple[str, list[str]]]:
    """Phones that several share and that nameless touchpoints of nobody carry: (identifier, customers).

    A phone that more than ``most`` customers share is left out: it says too little of any of them.
    """
    column = "organisation" if side is Side.ORGANISATION else "customer"
    phones: dict[str, list[str]] = {}
    for identifier, customer in session.all(
        "SELECT DISTINCT i.id, c.id FROM identifier i JOIN claim_identifier x ON x.identifier = i.num "
        f"JOIN claim k ON k.num = x.claim JOIN customer c ON c.num = k.{column} "
        "WHERE i.kind = 'phone' AND i.side = $1 AND i.capped IS NOT NULL AND c.kind = $2 AND k.touchpoints > 0 "
        "AND EXISTS (SELECT 1 FROM claim_identifier y JOIN claim n ON n.num = y.claim "
        "JOIN touchpoint t ON t.claim = n.num WHERE y.identifier = i.num AND n.name_key = '' "
        "AND +t.customer IS NULL AND t.retracted_at IS NULL)",
        side.value, side.value,
    ):  # fmt: skip
        phones.setdefault(identifier, []).append(customer)
    return [(id_, sorted(sharing)) for id_, sharing in sorted(phones.items()) if len(sharing) <= most]


def replace(session: Session, rows: Sequence[Sequence[object]]) -> int:
    """Put ``rows``, in the order of ``COLUMNS``, in the place of all suggestions; how many of them are new."""
    before = {id_ for (id_,) in session.all("SELECT id FROM suggestion")}
    session.run("DELETE FROM suggestion")
    session.insert("suggestion", COLUMNS, rows)
    return sum(1 for row in rows if row[0] not in before)
