"""Matters: deals, cases, orders and what else has a life of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hub.store import conditions, lists
from hub.store.filters import MatterFilter
from hub.store.pages import Order, Page, Window
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.sql import Query
from hub.store.touchpoints import TOUCHPOINTS, StoredTouchpoint, Subject
from hub.store.writing.matters import SAID, USERS, users_of


@dataclass(frozen=True, slots=True)
class StoredMatter:
    """A matter as folded from its touchpoints. Times are microseconds, amounts minor units."""

    num: int
    id: str
    source: int
    kind: str
    reference: str
    title: str
    pipeline: str | None
    state: str
    outcome: str | None
    open: bool
    amount: int | None
    outstanding: int | None
    currency: str | None
    owner: int | None
    opened_at: int
    due_at: int | None
    closed_at: int | None
    customer: int | None
    organisation: int | None
    campaign: int | None
    properties: str
    owner_named: str | None
    state_since: int | None
    closed_after: int | None
    answered_after: int | None
    balance: str | None
    balance_unit: str | None


@dataclass(frozen=True, slots=True)
class StoredMatterChange:
    """A matter came into another state; ``lasted`` microseconds until the next change, None for the state it is in."""

    matter: int
    at: int
    before: str | None
    after: str
    open: bool
    outcome: str | None
    touchpoint: int
    lasted: int | None


CHANGES = lists.Listing("matter_change h", Shape(StoredMatterChange, "h"), "h.matter")
MATTERS = lists.Listing("matter m", Shape(StoredMatter, "m"), "m.num")
ORDER = Order("NEWEST_FIRST", "m.opened_at", "m.id", descending=True)
_PLACES = {"OPENED": "m.opened_at", "DUE": "m.due_place", "AMOUNT": "m.amount_place", "CLOSED": "m.closed_place"}
TIMELINE_ORDER = Order("NEWEST_FIRST", "x.occurred_at", "t.id", descending=True)
_ALL = MatterFilter()


def order(field: str, *, descending: bool) -> Order:
    """An order of matters: by OPENED, DUE, AMOUNT or CLOSED."""
    if field == "OPENED" and descending:
        return ORDER
    return Order(f"{field} {'DESC' if descending else 'ASC'}", _PLACES[field], "m.id", descending=descending)


async def page(snapshot: Snapshot, wanted: MatterFilter, order: Order, window: Window) -> Page[StoredMatter]:
    """A page of matters."""
    return await lists.page_of(snapshot, MATTERS, lambda query: conditions.matters(query, wanted), order, window)


async def count(snapshot: Snapshot, wanted: MatterFilter) -> int:
    """How many matters; at most one more than ``COUNT_LIMIT`` when they are narrowed."""
    return await lists.count(
        snapshot, "matter m", lambda query: conditions.matters(query, wanted), limited=wanted != _ALL
    )


def _column(subject: Subject) -> str:
    return "m.organisation" if subject.organisation else "m.customer"


async def of_customers(
    snapshot: Snapshot, subjects: Sequence[Subject], wanted: MatterFilter, order: Order, window: Window
) -> dict[Subject, Page[StoredMatter]]:
    """The same part of many customers' matters: one statement for the persons, one for the organisations."""
    found: dict[Subject, Page[StoredMatter]] = {}
    for organisation in (False, True):
        numbers = [subject.num for subject in subjects if subject.organisation is organisation]
        if numbers:
            pages = await lists.pages_of(
                snapshot,
                MATTERS,
                "m.organisation" if organisation else "m.customer",
                numbers,
                lambda query: conditions.matters(query, wanted),
                order,
                window,
            )
            found |= {Subject(number, organisation): each for number, each in pages.items()}
    return found


async def count_of_customer(snapshot: Snapshot, subject: Subject, wanted: MatterFilter) -> int:
    """How many matters one customer has."""

    def own(query: Query) -> str:
        number = query.bind(subject.num, "bigint")
        return f"{_column(subject)} = {number} AND {conditions.matters(query, wanted)}"

    return await lists.count(snapshot, "matter m", own, limited=True)


async def of_touchpoints(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[StoredMatter]]:
    """What touchpoints are about."""
    listing = lists.Listing("matter_touchpoint x JOIN matter m ON m.num = x.matter", MATTERS.shape, "m.num")
    return await lists.grouped(snapshot, listing, "x.touchpoint", numbers, "x.touchpoint, m.id")


_ABOUT = lists.Listing(
    "matter_touchpoint x JOIN touchpoint t ON t.num = x.touchpoint AND t.retracted_at IS NULL",
    TOUCHPOINTS.shape,
    "t.num",
)


async def timeline(snapshot: Snapshot, matter: int, window: Window) -> Page[StoredTouchpoint]:
    """The touchpoints about one matter, newest first."""
    return await lists.page_of(snapshot, _ABOUT, _of(matter), TIMELINE_ORDER, window)


async def timeline_count(snapshot: Snapshot, matter: int) -> int:
    """How many touchpoints are about one matter."""
    return await lists.count(snapshot, _ABOUT.source, _of(matter), limited=False)


def _of(matter: int) -> lists.Where:
    return lambda query: f"x.matter = {query.bind(matter, 'bigint')}"


async def by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredMatter]:
    """Matters by public id."""
    return await lists.by_id(snapshot, MATTERS, "m.id", ids)


async def changes(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[StoredMatterChange]]:
    """The states that matters went through, the first one first."""
    return await lists.grouped(snapshot, CHANGES, "h.matter", numbers, "h.matter, h.position")


async def said(snapshot: Snapshot, number: int) -> list[tuple[Any, ...]]:
    """All that is said about a matter, as ``writing.matters.said`` reads it."""
    return [tuple(row)[1:] for row in await snapshot.all(SAID, [number])]


async def users(snapshot: Snapshot) -> dict[str, int]:
    """Row numbers of the company's people, by whatever a matter may call them."""
    return users_of(await snapshot.all(USERS))
