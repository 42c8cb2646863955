"""Identifiers, and the claims that identity is resolved from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.ids import claim_id, identifier_id
from hub.store import lists
from hub.store.pages import Order, Page, Window
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.values import Side


@dataclass(frozen=True, slots=True)
class StoredIdentifier:
    """Something by which a customer is recognised; ``hidden`` ones the hub made from a touchpoint's hints."""

    num: int
    id: str
    kind: str
    namespace: str
    value: str
    side: str
    rank: int
    display: str
    masked: str
    hidden: bool
    blocked: str | None
    capped: str | None
    joins: bool
    customer: int | None
    first_seen: int
    last_seen: int


@dataclass(frozen=True, slots=True)
class StoredClaim:
    """A distinct set of identifiers and name with which touchpoints name their subject."""

    num: int
    name_key: str
    touchpoint: str | None
    first_at: int
    first_key: str
    touchpoints: int
    customer: int | None
    organisation: int | None

    @property
    def id(self) -> str:
        """The public id: that of the first touchpoint that makes the claim, as each makes one."""
        return claim_id(self.first_key)


IDENTIFIERS = lists.Listing("identifier i", Shape(StoredIdentifier, "i"), "i.num")
ORDER = Order("FIRST_HEARD", "i.num", "i.id", unique=True)
_CLAIMS = lists.Listing("claim k", Shape(StoredClaim, "k"), "k.num")


async def of_customers(snapshot: Snapshot, numbers: Sequence[int], window: Window) -> dict[int, Page[StoredIdentifier]]:
    """The same part of many customers' identifiers, without those that the hub makes from hints."""
    return await lists.pages_of(snapshot, IDENTIFIERS, "i.customer", numbers, lambda _: "NOT i.hidden", ORDER, window)


async def of_claims(snapshot: Snapshot, claims: Sequence[int]) -> dict[int, list[StoredIdentifier]]:
    """The identifiers of claims, strongest first."""
    listing = lists.Listing("claim_identifier x JOIN identifier i ON i.num = x.identifier", IDENTIFIERS.shape, "i.num")
    return await lists.grouped(snapshot, listing, "x.claim", claims, "x.claim, i.rank, i.num")


async def claims_of_touchpoints(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredClaim]:
    """The claims that touchpoints make, by the touchpoint's public id."""
    listing = lists.Listing("touchpoint t JOIN claim k ON k.num = t.claim", _CLAIMS.shape, "k.num")
    return await lists.by_id(snapshot, listing, "t.id", ids)


async def by_number(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredIdentifier]:
    """Identifiers by row number."""
    return await lists.by_number(snapshot, IDENTIFIERS, "i.num", numbers)


async def by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredIdentifier]:
    """Identifiers by public id."""
    return await lists.by_id(snapshot, IDENTIFIERS, "i.id", ids)


async def customer_of(snapshot: Snapshot, ids: Sequence[str]) -> str | None:
    """The public id of the customer that the strongest of these identifiers belongs to."""
    customer: str | None = await snapshot.value(
        "SELECT c.id FROM identifier i JOIN customer c ON c.num = i.customer WHERE i.id = ANY($1::text[]) "
        "ORDER BY i.rank LIMIT 1",
        list(ids),
    )
    return customer


async def component(
    snapshot: Snapshot, customers: Sequence[int], *, organisation: bool, limit: int
) -> list[StoredClaim]:
    """The claims that could be of customers by their identifiers: their own, then those a refused join kept apart."""
    part, whole = ("organisation_component", "organisation") if organisation else ("person_component", "customer")
    rows = await snapshot.all(
        f"SELECT {_CLAIMS.shape.columns} FROM claim k WHERE k.{part} IN"
        f" (SELECT own.{part} FROM claim own WHERE own.{whole} = ANY($1::bigint[]))"
        f" ORDER BY CASE WHEN k.{whole} = ANY($1::bigint[]) THEN 0 ELSE 1 END, k.first_at, k.first_key LIMIT {limit}",
        list(customers),
    )
    return _CLAIMS.shape.all(rows)


MOST_EXAMPLES = 1000


async def names_beside(snapshot: Snapshot, identifier: int) -> list[str]:
    """The distinct names in the claims that carry an identifier, the first 1,000."""
    rows = await snapshot.all(
        "SELECT DISTINCT k.name_key FROM claim_identifier x JOIN claim k ON k.num = x.claim"
        f" WHERE x.identifier = $1::bigint AND k.name_key <> '' ORDER BY k.name_key LIMIT {MOST_EXAMPLES}",
        identifier,
    )
    return [name for (name,) in rows]


async def stronger_beside(snapshot: Snapshot, identifier: int) -> list[StoredIdentifier]:
    """The distinct stronger identifiers in the claims that carry an identifier, the first 1,000."""
    rows = await snapshot.all(
        f"SELECT DISTINCT {IDENTIFIERS.shape.columns} FROM claim_identifier x"
        " JOIN claim_identifier y ON y.claim = x.claim"
        " JOIN identifier i ON i.num = y.identifier JOIN identifier o ON o.num = x.identifier"
        " WHERE x.identifier = $1::bigint AND i.rank < o.rank AND i.blocked IS NULL"
        f" ORDER BY i.num LIMIT {MOST_EXAMPLES}",
        identifier,
    )
    return IDENTIFIERS.shape.all(rows)


async def dirty(snapshot: Snapshot) -> int:
    """How many raw components wait to be resolved again."""
    return int(await snapshot.value("SELECT count(*) FROM dirty_component") or 0)


async def ever(snapshot: Snapshot, kind: str, namespaces: Sequence[str], value: str) -> dict[str, list[str]]:
    """The ids that identifiers of this value have or may have had, by side; without namespaces, those there are."""
    found: dict[str, list[str]] = {}
    rows = await snapshot.all(
        "SELECT id, side, namespace FROM identifier WHERE kind = $1::text AND value = $2::text", kind, value
    )
    for id_, side, namespace in rows:
        if not namespaces or namespace in namespaces:
            found.setdefault(side, []).append(id_)
    for side in Side:
        for namespace in namespaces:
            id_ = identifier_id(kind, namespace, value, side.value)
            if id_ not in found.setdefault(side.value, []):
                found[side.value].append(id_)
    return found


async def side_ever(snapshot: Snapshot, id_: str) -> Side | None:
    """The side of an identifier that is there, or was."""
    statement = (
        "SELECT side FROM identifier WHERE id = $1::text UNION ALL SELECT side FROM trace WHERE said = $1::text LIMIT 1"
    )
    side = await snapshot.value(statement, id_)
    return None if side is None else Side(side)
