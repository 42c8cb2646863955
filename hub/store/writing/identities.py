"""Identifiers, claims and decisions: what identity resolution reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hub.identity.resolve import Decision
from hub.identity.rules import Node
from hub.store.session import Session
from hub.values import Side


@dataclass(slots=True)
class StoredIdentifier:
    """An identifier as it stands."""

    num: int
    id: str
    node: Node
    side: Side
    blocked: bool
    capped: str | None
    component: int | None
    hidden: bool
    customer: int | None = None
    first_seen: int = 0
    last_seen: int = 0

    @property
    def joins(self) -> bool:
        """Whether it may join."""
        return not self.blocked and self.capped is None

    @property
    def resolved(self) -> tuple[object, ...]:
        """What resolving identity says of it, as ``insert_identifiers`` takes it."""
        return self.capped, self.joins, self.component, self.customer


@dataclass(slots=True)
class StoredClaim:
    """A claim as it stands, with the numbers of its identifiers."""

    num: int
    name_key: str
    touchpoint: str | None
    first_at: int
    first_key: str
    heard: int
    heard_id: str
    touchpoints: int
    person_component: int | None
    organisation_component: int | None
    customer: int | None
    organisation: int | None
    identifiers: tuple[int, ...] = ()
    digest: str = ""

    @property
    def person(self) -> int | None:
        """The person it belongs to: its customer, unless it names an organisation only."""
        return self.customer if self.person_component is not None else None


_IDENTIFIER = (
    "num, id, rank, kind, namespace, value, side, blocked, capped, component, hidden, customer, first_seen, last_seen"
)
CLAIM = (
    "num, name_key, touchpoint, first_at, first_key, heard, heard_id, touchpoints, "
    "person_component, organisation_component, customer, organisation, digest"
)
_CLAIM_COLUMNS = [
    "digest", "name_key", "touchpoint", "first_at", "first_key", "heard", "heard_id", "touchpoints",
    "person_component", "organisation_component", "customer", "organisation",
]  # fmt: skip


_SIDES = {side.value: side for side in Side}


def _identifier(row: Sequence[Any]) -> StoredIdentifier:
    num, id_, rank, kind, namespace, value, side, blocked, capped, component, hidden, customer, first, last = row
    return StoredIdentifier(
        num,
        id_,
        (rank, kind, namespace, value),
        _SIDES[side],
        blocked is not None,
        capped,
        component,
        bool(hidden),
        customer,
        first,
        last,
    )


def stored_claim(row: Sequence[Any]) -> StoredClaim:
    """A claim from its row of ``CLAIM``; its identifiers are read apart."""
    (num, name_key, touchpoint, first_at, first_key, heard, heard_id, touchpoints,
     person_component, organisation_component, customer, organisation, digest) = row  # fmt: skip
    return StoredClaim(
        num, name_key, touchpoint, first_at, first_key, heard, heard_id, touchpoints,
        person_component, organisation_component, customer, organisation, digest=digest,
    )  # fmt: skip


def identifiers_by_id(session: Session, ids: Sequence[str]) -> dict[str, StoredIdentifier]:
    """Identifiers by public id."""
    rows = session.among(f"SELECT {_IDENTIFIER} FROM identifier WHERE id = ANY($1::text[])", ids)
    return {row[1]: _identifier(row) for row in rows}


def identifiers_by_num(session: Session, nums: Iterable[int]) -> dict[int, StoredIdentifier]:
    """Identifiers by row number."""
    rows = session.among(f"SELECT {_IDENTIFIER} FROM identifier WHERE num = ANY($1::bigint[])", nums)
    return {row[0]: _identifier(row) for row in rows}


def insert_identifiers(session: Session, rows: Sequence[Sequence[object]]) -> None:
    """Write new identifiers."""
    columns = (
        "num id kind namespace value side rank display masked hidden blocked first_seen last_seen "
        "capped joins component customer"
    ).split()
    session.insert("identifier", columns, rows)


def component_column(side: Side) -> str:
    """The column of a claim that holds its raw component of one side."""
    return "person_component" if side is Side.PERSON else "organisation_component"


def component_sizes(session: Session, components: Sequence[int]) -> dict[tuple[Side, int], int]:
    """How many identifiers raw components have."""
    rows = session.among(
        "SELECT side, component, count(*) FROM identifier WHERE component = ANY($1::bigint[]) GROUP BY side, component",
        components,
    )
    return {(Side(side), component): count for side, component, count in rows}


def components_decided(session: Session, side: Side, components: Sequence[int]) -> set[int]:
    """Which of these raw components of one side have a claim of a touchpoint that a decision names."""
    column = component_column(side)
    rows = session.all(
        f"SELECT DISTINCT {column} FROM claim WHERE {column} = ANY($1::bigint[]) AND touchpoint IS NOT NULL",
        list(components),
    )
    return {component for (component,) in rows}


def see_identifiers(session: Session, rows: Sequence[tuple[int, int, int]]) -> None:
    """Write when identifiers were first and last seen: (identifier, first, last)."""
    session.update("identifier", ["num"], ["first_seen", "last_seen"], rows)


def see_again(session: Session, identifiers: Sequence[int]) -> None:
    """Read first and last seen again from the standing touchpoints, for identifiers that touchpoints have left."""
    rows = session.among(
        "SELECT ci.identifier, min(t.occurred_at), max(t.occurred_at) FROM claim_identifier ci "
        "JOIN touchpoint t ON t.claim = ci.claim "
        "WHERE ci.identifier = ANY($1::bigint[]) AND t.retracted_at IS NULL GROUP BY ci.identifier",
        identifiers,
    )
    see_identifiers(session, rows)


def forget_identifiers(session: Session, identifiers: Sequence[int]) -> None:
    """Remove those of the identifiers that no claim carries any more."""
    if identifiers:
        session.run(
            "DELETE FROM identifier WHERE num = ANY($1::bigint[]) AND NOT EXISTS "
            "(SELECT 1 FROM claim_identifier ci WHERE ci.identifier = identifier.num)",
            list(identifiers),
        )


def cap_identifiers(session: Session, rows: Sequence[tuple[str | None, int]]) -> None:
    """Switch identifiers off or on for joining: (why or None, identifier)."""
    session.many(
        "UPDATE identifier SET capped = $1::text, joins = ($1::text IS NULL AND blocked IS NULL) WHERE num = $2", rows
    )


def place_identifiers(session: Session, rows: Sequence[tuple[int, int | None, int | None]]) -> None:
    """Say where identifiers belong: (identifier, component, customer)."""
    session.update("identifier", ["num"], ["component", "customer"], rows)


def _claims(session: Session, condition: str, values: Sequence[object]) -> dict[int, StoredClaim]:
    rows = session.among(f"SELECT {CLAIM} FROM claim WHERE {condition}", values)
    found = {row[0]: stored_claim(row) for row in rows}
    held: dict[int, list[int]] = {}
    for claim, identifier in session.among(
        "SELECT claim, identifier FROM claim_identifier WHERE claim = ANY($1::bigint[])", found
    ):
        held.setdefault(claim, []).append(identifier)
    for num, claim in found.items():
        claim.identifiers = tuple(held.get(num, ()))
    return found


def claims_by_digest(session: Session, digests: Sequence[str]) -> dict[str, StoredClaim]:
    """Claims by digest."""
    return {claim.digest: claim for claim in _claims(session, "digest = ANY($1::text[])", digests).values()}


def claims_by_num(session: Session, nums: Iterable[int]) -> dict[int, StoredClaim]:
    """Claims by row number."""
    return _claims(session, "num = ANY($1::bigint[])", list(nums))


def claims_of_components(session: Session, side: Side, components: Iterable[int]) -> dict[int, StoredClaim]:
    """The claims of raw components of one side."""
    column = component_column(side)
    return _claims(session, f"{column} = ANY($1::bigint[])", list(components))


def claims_carrying(session: Session, identifiers: Sequence[int]) -> list[int]:
    """Row numbers of all claims that carry any of these identifiers."""
    rows = session.all(
        "SELECT DISTINCT claim FROM claim_identifier WHERE identifier = ANY($1::bigint[])", list(identifiers)
    )
    return [claim for (claim,) in rows]


def claims_named(session: Session, touchpoints: Sequence[str]) -> dict[int, StoredClaim]:
    """The claims of touchpoints that decisions name."""
    return _claims(session, "touchpoint = ANY($1::text[])", touchpoints)


def crowds_of(session: Session, identifiers: Sequence[int]) -> dict[int, int]:
    """How many identifiers, each counted once for every claim, the claims of identifiers carry."""
    rows = session.among(
        "SELECT ci.identifier, count(*) FROM claim_identifier ci JOIN claim_identifier co ON co.claim = ci.claim "
        "WHERE ci.identifier = ANY($1::bigint[]) GROUP BY ci.identifier",
        identifiers,
    )
    return dict(rows)


def names_of(session: Session, identifiers: Sequence[int]) -> dict[int, set[str]]:
    """The distinct name keys in the standing claims of identifiers."""
    found: dict[int, set[str]] = {}
    for identifier, name in session.among(
        "SELECT DISTINCT ci.identifier, c.name_key FROM claim_identifier ci JOIN claim c ON c.num = ci.claim "
        "WHERE ci.identifier = ANY($1::bigint[]) AND c.touchpoints > 0",
        identifiers,
    ):
        found.setdefault(identifier, set()).add(name)
    return found


def companions_of(session: Session, identifiers: Sequence[int]) -> dict[int, set[Node]]:
    """The distinct stronger identifiers seen together with identifiers in standing claims."""
    # In two steps, each by a key: one statement for both is planned badly while a database knows little of its tables.
    beside = session.among(
        "SELECT DISTINCT ci.identifier, co.identifier FROM claim_identifier ci JOIN claim c ON c.num = ci.claim "
        "JOIN claim_identifier co ON co.claim = ci.claim WHERE ci.identifier = ANY($1::bigint[]) AND c.touchpoints > 0",
        identifiers,
    )
    held = identifiers_by_num(session, {num for pair in beside for num in pair})
    found: dict[int, set[Node]] = {}
    for num, other in beside:
        if held[other].node[0] < held[num].node[0] and not held[other].blocked:
            found.setdefault(num, set()).add(held[other].node)
    return found


def insert_claims(session: Session, claims: Sequence[StoredClaim]) -> None:
    """Write new claims with their identifiers."""
    session.insert("claim", ["num", *_CLAIM_COLUMNS], [(c.num, *_claim_values(c)) for c in claims])
    session.insert(
        "claim_identifier", ["claim", "identifier"], [(c.num, held) for c in claims for held in c.identifiers]
    )


def count_claims(session: Session, claims: Iterable[StoredClaim]) -> None:
    """Write how many touchpoints claims have, and which came first."""
    columns = "touchpoints first_at first_key heard heard_id".split()
    rows = [(c.num, c.touchpoints, c.first_at, c.first_key, c.heard, c.heard_id) for c in claims]
    session.update("claim", ["num"], columns, rows)


def label_claims(session: Session, claims: Iterable[StoredClaim]) -> None:
    """Write where claims belong."""
    columns = "person_component organisation_component customer organisation".split()
    rows = [(c.num, c.person_component, c.organisation_component, c.customer, c.organisation) for c in claims]
    session.update("claim", ["num"], columns, rows)


def _claim_values(claim: StoredClaim) -> tuple[object, ...]:
    return (
        claim.digest, claim.name_key, claim.touchpoint, claim.first_at, claim.first_key, claim.heard, claim.heard_id,
        claim.touchpoints, claim.person_component, claim.organisation_component, claim.customer, claim.organisation,
    )  # fmt: skip


def delete_claims(session: Session, nums: Sequence[int]) -> None:
    """Remove claims that no standing touchpoint makes any more."""
    if nums:
        session.run("DELETE FROM claim_identifier WHERE claim = ANY($1::bigint[])", list(nums))
        session.run("DELETE FROM claim WHERE num = ANY($1::bigint[])", list(nums))


def recount_claims(session: Session, nums: Sequence[int]) -> dict[int, tuple[int, int, str, int, str]]:
    """(touchpoints, first_at, first_key, heard, heard_id) of claims, read from their standing touchpoints."""
    found: dict[int, tuple[int, int, str, int, str]] = {}
    for num in nums:
        count = session.value("SELECT count(*) FROM touchpoint WHERE claim = $1 AND retracted_at IS NULL", num)
        if count:
            at, key = session.all(
                "SELECT occurred_at, id FROM touchpoint WHERE claim = $1 AND retracted_at IS NULL "
                "ORDER BY occurred_at, id LIMIT 1",
                num,
            )[0]
            heard, heard_id = session.all(
                "SELECT heard, id FROM touchpoint WHERE claim = $1 AND retracted_at IS NULL ORDER BY heard, id LIMIT 1",
                num,
            )[0]
            found[num] = (count, at, key, heard, heard_id)
    return found


def live_decisions(session: Session, touchpoints: Sequence[str]) -> list[tuple[Side, Decision]]:
    """Decisions that name any of these touchpoints and are not withdrawn, each with the side it is about."""
    rows = session.all(
        "SELECT d.number, d.side, d.kind, d.a, d.b FROM decision d "
        "WHERE (d.a = ANY($1::text[]) OR d.b = ANY($2::text[])) "
        "AND NOT coalesce((SELECT w.restore = FALSE FROM withdrawal w "
        "WHERE w.kind = 'DECISION' AND w.target = d.operation "
        "ORDER BY w.number DESC LIMIT 1), FALSE)",
        list(touchpoints), list(touchpoints),
    )  # fmt: skip
    return [(Side(side), Decision(number, kind == "SAME", a, b)) for number, side, kind, a, b in rows]


def decided_between(session: Session, after: int, until: int) -> list[str]:
    """Touchpoints named by decisions made, withdrawn or restored in (after, until]."""
    rows = session.all(
        "SELECT a, b FROM decision WHERE number > $1 AND number <= $2 UNION ALL "
        "SELECT d.a, d.b FROM withdrawal w JOIN decision d ON d.operation = w.target WHERE w.kind = 'DECISION' "
        "AND w.number > $3 AND w.number <= $4",
        after, until, after, until,
    )  # fmt: skip
    return list(dict.fromkeys(touchpoint for pair in rows for touchpoint in pair))
