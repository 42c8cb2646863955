"""Customers, and what stands beside them: traits, tags, value, stage history, affiliations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.ids import customer_id, naming_touchpoint, side_of
from hub.store import conditions, lists
from hub.store.filters import CustomerFilter
from hub.store.pages import LARGEST_SIZE, Order, Page, Window
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.sql import Query
from hub.values import Side


@dataclass(frozen=True, slots=True)
class StoredCustomer:
    """A resolved person or organisation. Numbers name rows; times are microseconds, amounts minor units."""

    num: int
    id: str
    kind: str
    relationship: str
    display_name: str
    display_name_masked: str
    name: str | None
    name_masked: str | None
    email: str | None
    email_masked: str | None
    phone: str | None
    phone_masked: str | None
    birthday: str | None
    language: str | None
    country: str | None
    city: str | None
    owner: int | None
    organisation: int | None
    first_touch: int | None
    last_touch: int | None
    acquired_by: int | None
    stage: str | None
    stage_since: int | None
    standing: str | None
    because: str | None
    next_change_at: int | None
    revenue: int
    currency: str


@dataclass(frozen=True, slots=True)
class StoredValue:
    """Value of one customer in one currency, minor units."""

    currency: str
    invoiced: int
    credited: int
    paid: int
    refunded: int
    reversals: int
    revenue: int
    outstanding: int
    orders: int
    first_purchase_at: int | None
    last_purchase_at: int | None
    settled: int
    days_to_pay: int
    settled_due: int
    days_late: int


@dataclass(frozen=True, slots=True)
class StoredStageChange:
    """One change of stage or standing. ``facts`` is a JSON object, ``touchpoints`` a JSON list of ids."""

    axis: str
    at: int
    before: str | None
    after: str | None
    rule: str
    rule_version: str
    text: str
    facts: str
    touchpoints: str


@dataclass(frozen=True, slots=True)
class StoredTrait:
    """One thing known about a customer; position 0 is the value that stands. ``value`` is JSON."""

    name: str
    position: int
    value: str
    since: int
    touchpoint: int
    decided: bool


@dataclass(frozen=True, slots=True)
class StoredAffiliation:
    """A person at an organisation."""

    person: int
    organisation: int
    title: str | None
    since: int
    until: int
    touchpoint: int


@dataclass(frozen=True, slots=True)
class _Tag:
    tag: str


CUSTOMERS = lists.Listing("customer c", Shape(StoredCustomer, "c"), "c.num")
_VALUES = lists.Listing("customer_value v", Shape(StoredValue, "v"), "v.customer")
_CHANGES = lists.Listing("stage_change h", Shape(StoredStageChange, "h"), "h.customer")
_TRAITS = lists.Listing("trait r", Shape(StoredTrait, "r"), "r.customer")
_TAGS = lists.Listing("tag g", Shape(_Tag, "g"), "g.customer")
_AFFILIATIONS = Shape(StoredAffiliation, "a")

ORDERS = {
    "FIRST_TOUCH": ("c.first_touch_at", "bigint"),
    "LAST_TOUCH": ("c.last_touch_at", "bigint"),
    "NAME": ("c.name_key", "text"),
    "REVENUE": ("c.revenue", "bigint"),
}


def order_by(field: str, *, descending: bool) -> Order:
    """The order of customers by one of ``ORDERS``; ``hub.store.ranked`` has the others."""
    column, kind = ORDERS[field]
    return Order(f"{field} {'DESC' if descending else 'ASC'}", column, "c.id", descending, column_type=kind)


async def page(snapshot: Snapshot, wanted: CustomerFilter, order: Order, window: Window) -> Page[StoredCustomer]:
    """A page of customers."""
    return await lists.page_of(snapshot, CUSTOMERS, lambda query: conditions.customers(query, wanted), order, window)


async def count(snapshot: Snapshot, wanted: CustomerFilter, *, limited: bool) -> int:
    """How many customers."""
    return await lists.count(snapshot, "customer c", lambda query: conditions.customers(query, wanted), limited=limited)


async def by_number(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredCustomer]:
    """Customers by row number."""
    return await lists.by_number(snapshot, CUSTOMERS, "c.num", numbers)


async def by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredCustomer]:
    """Customers by public id, a former one too: it names the touchpoint it was given by."""
    found = await lists.by_id(snapshot, CUSTOMERS, "c.id", ids)
    former = [each for each in ids if each not in found and each.startswith("cus_")]
    for side in Side if former else ():
        column = "organisation" if side is Side.ORGANISATION else "customer"
        rows = await snapshot.all(
            f"SELECT {CUSTOMERS.shape.columns}, t.id FROM touchpoint t JOIN customer c ON c.num = t.{column}"
            " WHERE t.id = ANY($1::text[]) AND t.gave_id AND c.kind = $2::text",
            [naming_touchpoint(each) for each in former if side_of(each) is side],
            side.value,
        )
        found |= {customer_id(row[CUSTOMERS.shape.width], side): CUSTOMERS.shape.one(row) for row in rows}
    return found


async def of_touchpoint(snapshot: Snapshot, touchpoint: str) -> StoredCustomer | None:
    """The customer of a touchpoint."""
    row = await snapshot.one(
        f"SELECT {CUSTOMERS.shape.columns} FROM touchpoint t JOIN customer c ON c.num = t.customer"
        " WHERE t.id = $1::text",
        touchpoint,
    )
    return CUSTOMERS.shape.one(row) if row else None


async def of_side(snapshot: Snapshot, touchpoint: str, side: Side) -> StoredCustomer | None:
    """The person or the organisation that a touchpoint is with, whether it still stands or not."""
    column = "organisation" if side is Side.ORGANISATION else "customer"
    row = await snapshot.one(
        f"SELECT {CUSTOMERS.shape.columns} FROM touchpoint t JOIN customer c ON c.num = t.{column}"
        " WHERE t.id = $1::text AND c.kind = $2::text",
        touchpoint,
        side.value,
    )
    return CUSTOMERS.shape.one(row) if row else None


async def of_identifier(
    snapshot: Snapshot, kind: str, namespaces: Sequence[str], value: str, side: str | None
) -> StoredCustomer | None:
    """The customer an identifier names. One in several namespaces names nobody: the caller must say which."""
    query = Query(f"SELECT DISTINCT {CUSTOMERS.shape.columns} FROM identifier i JOIN customer c ON c.num = i.customer")
    query.add(f" WHERE i.kind = {query.bind(kind, 'text')} AND i.value = {query.bind(value, 'text')}")
    if namespaces:
        query.add(f" AND i.namespace {query.bind_list(namespaces, 'text')}")
    if side is not None:
        query.add(f" AND i.side = {query.bind(side, 'text')}")
    rows = await snapshot.query(query.add(" LIMIT 2"))
    return CUSTOMERS.shape.one(rows[0]) if len(rows) == 1 else None


def holder(query: Query, kind: str, namespaces: Sequence[str], value: str) -> str:
    """The condition on ``c`` that it is the customer of ``of_identifier``."""
    named = f"i.kind = {query.bind(kind, 'text')} AND i.value = {query.bind(value, 'text')}"
    if namespaces:
        named += f" AND i.namespace {query.bind_list(namespaces, 'text')}"
    held = f"SELECT DISTINCT o.num FROM identifier i JOIN customer o ON o.num = i.customer WHERE {named} LIMIT 2"
    return f"c.num = (SELECT CASE WHEN count(*) = 1 THEN max(h.num) END FROM ({held}) h)"


async def former_ids(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[str]]:
    """Every id that touchpoints of a customer ever gave, its present one included."""
    found: dict[int, list[str]] = {}
    for side in Side:
        column = "organisation" if side is Side.ORGANISATION else "customer"
        rows = await snapshot.all(
            f"SELECT c.num, t.id FROM touchpoint t JOIN customer c ON c.num = t.{column}"
            " WHERE c.num = ANY($1::bigint[]) AND c.kind = $2::text AND t.gave_id ORDER BY t.heard, t.id",
            list(numbers),
            side.value,
        )
        for customer, touchpoint in rows:
            found.setdefault(customer, []).append(customer_id(touchpoint, side))
    return found


async def values(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[StoredValue]]:
    """Value in every currency a customer used."""
    return await lists.grouped(snapshot, _VALUES, "v.customer", numbers, "v.customer, v.currency")


async def stage_changes(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[StoredStageChange]]:
    """Changes of stage and standing, oldest first."""
    return await lists.grouped(snapshot, _CHANGES, "h.customer", numbers, "h.customer, h.position")


async def traits(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[StoredTrait]]:
    """What is known about customers, by name; the value that stands comes first."""
    return await lists.grouped(snapshot, _TRAITS, "r.customer", numbers, "r.customer, r.name, r.position")


async def tags(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[str]]:
    """Tags in bytewise order."""
    found = await lists.grouped(snapshot, _TAGS, "g.customer", numbers, "g.customer, g.tag")
    return {number: [each.tag for each in held] for number, held in found.items()}


async def affiliations(
    snapshot: Snapshot, numbers: Sequence[int], *, organisations: bool
) -> dict[int, list[StoredAffiliation]]:
    """Organisations of persons, or with ``organisations`` the persons at organisations. At most 500 each."""
    parent, other = ("organisation", "person") if organisations else ("person", "organisation")
    rows = await snapshot.all(
        f"SELECT {_AFFILIATIONS.columns}, a.{parent} FROM (SELECT b.*, row_number() OVER"
        f" (PARTITION BY b.{parent} ORDER BY b.since, b.{other}) AS place FROM affiliation b"
        f" WHERE b.{parent} = ANY($1::bigint[])) a WHERE a.place <= {LARGEST_SIZE} ORDER BY a.{parent}, a.place",
        list(numbers),
    )
    found: dict[int, list[StoredAffiliation]] = {}
    for row in rows:
        found.setdefault(row[_AFFILIATIONS.width], []).append(_AFFILIATIONS.one(row))
    return found
