"""Touchpoints, timelines, and what belongs to a touchpoint: participants, lines, identifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hub.store import conditions, lists
from hub.store.filters import TouchpointFilter
from hub.store.pages import Order, Page, Window
from hub.store.reader import Snapshot
from hub.store.shapes import Shape
from hub.store.sql import Query


@dataclass(frozen=True, slots=True)
class StoredTouchpoint:
    """One thing that happened. Numbers name rows; times are microseconds, amounts minor units."""

    num: int
    id: str
    source: int
    record: int
    kind: str
    channel: str
    direction: str
    automated: bool
    historical: bool
    occurred_at: int
    occurred_on: str
    time_precision: str
    recorded_at: int
    retracted_at: int | None
    title: str
    text: str | None
    amount: int | None
    currency: str | None
    cost: int | None
    cost_currency: str | None
    quantity: str | None
    quantity_unit: str | None
    origin_source: str | None
    origin_medium: str | None
    origin_campaign: str | None
    origin_term: str | None
    origin_content: str | None
    origin_click_id: str | None
    origin_referrer: str | None
    origin_landing_page: str | None
    campaign: int | None
    document: str | None
    due_on: str | None
    thread: str | None
    settles: str | None
    properties: str
    traits: str | None
    claim: int | None
    customer: int | None
    organisation: int | None


@dataclass(frozen=True, slots=True)
class StoredParticipant:
    """Someone named in a touchpoint who is not its customer."""

    role: str
    name: str
    identifier: str
    identifier_masked: str
    name_masked: str


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line of a document; amounts are exact decimals as text."""

    id: str
    touchpoint: int
    position: int
    product: int | None
    description: str
    quantity: str
    unit_price: str
    amount: str
    tax: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose timeline: a customer by row number, and whether it is an organisation."""

    num: int
    organisation: bool = False


TOUCHPOINTS = lists.Listing("touchpoint t", Shape(StoredTouchpoint, "t"), "t.num")
_PARTICIPANTS = lists.Listing("participant p", Shape(StoredParticipant, "p"), "p.touchpoint")
_LINES = lists.Listing("line_item l", Shape(StoredLine, "l"), "l.id")

ORDERS = {
    "NEWEST_FIRST": Order("NEWEST_FIRST", "t.occurred_at", "t.id", descending=True),
    "OLDEST_FIRST": Order("OLDEST_FIRST", "t.occurred_at", "t.id"),
    "RECORDED_FIRST": Order("RECORDED_FIRST", "t.recorded_at", "t.id"),
}
LINE_ORDER = Order("POSITION", "l.position", "l.id")

STANDING = TouchpointFilter()


async def page(snapshot: Snapshot, wanted: TouchpointFilter, order: Order, window: Window) -> Page[StoredTouchpoint]:
    """A page of all touchpoints."""
    return await lists.page_of(
        snapshot, TOUCHPOINTS, lambda query: conditions.touchpoints(query, wanted), order, window
    )


async def count(snapshot: Snapshot, wanted: TouchpointFilter, *, limited: bool) -> int:
    """How many touchpoints."""
    return await lists.count(
        snapshot, "touchpoint t", lambda query: conditions.touchpoints(query, wanted), limited=limited
    )


async def timelines(
    snapshot: Snapshot, subjects: Sequence[Subject], wanted: TouchpointFilter, order: Order, window: Window
) -> dict[Subject, Page[StoredTouchpoint]]:
    """The same part of many own timelines: one statement for the persons, one for the organisations."""
    found: dict[Subject, Page[StoredTouchpoint]] = {}
    for organisation in (False, True):
        numbers = [subject.num for subject in subjects if subject.organisation is organisation]
        if numbers:
            parent = "t.organisation" if organisation else "t.customer"
            pages = await lists.pages_of(
                snapshot,
                TOUCHPOINTS,
                parent,
                numbers,
                lambda query: conditions.touchpoints(query, wanted),
                order,
                window,
            )
            found |= {Subject(number, organisation): each for number, each in pages.items()}
    return found


def _with_people(query: Query, subject: Subject, wanted: TouchpointFilter) -> str:
    number = query.bind(subject.num, "bigint")
    people = f"t.customer IN (SELECT person FROM affiliation WHERE organisation = {number})"
    return f"(t.organisation = {number} OR {people}) AND {conditions.touchpoints(query, wanted)}"


def _own(query: Query, subject: Subject, wanted: TouchpointFilter) -> str:
    column = "t.organisation" if subject.organisation else "t.customer"
    return f"{column} = {query.bind(subject.num, 'bigint')} AND {conditions.touchpoints(query, wanted)}"


async def timeline_with_people(
    snapshot: Snapshot, subject: Subject, wanted: TouchpointFilter, order: Order, window: Window
) -> Page[StoredTouchpoint]:
    """The timeline of an organisation together with those of its people."""
    return await lists.page_of(snapshot, TOUCHPOINTS, lambda query: _with_people(query, subject, wanted), order, window)


async def timeline_count(snapshot: Snapshot, subject: Subject, wanted: TouchpointFilter, *, with_people: bool) -> int:
    """How many touchpoints a timeline has, at most one more than ``COUNT_LIMIT`` when it is narrowed."""
    which = _with_people if with_people else _own
    return await lists.count(
        snapshot, "touchpoint t", lambda query: which(query, subject, wanted), limited=wanted != STANDING
    )


async def by_number(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, StoredTouchpoint]:
    """Touchpoints by row number, retracted ones too."""
    return await lists.by_number(snapshot, TOUCHPOINTS, "t.num", numbers)


async def by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredTouchpoint]:
    """Touchpoints by public id, retracted ones too."""
    return await lists.by_id(snapshot, TOUCHPOINTS, "t.id", ids)


async def participants(snapshot: Snapshot, numbers: Sequence[int]) -> dict[int, list[StoredParticipant]]:
    """Who took part, in the order the source named them."""
    return await lists.grouped(snapshot, _PARTICIPANTS, "p.touchpoint", numbers, "p.touchpoint, p.position")


async def lines(snapshot: Snapshot, numbers: Sequence[int], window: Window) -> dict[int, Page[StoredLine]]:
    """The same part of many documents' lines."""
    return await lists.pages_of(snapshot, _LINES, "l.touchpoint", numbers, lists.everything, LINE_ORDER, window)


async def lines_by_id(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, StoredLine]:
    """Lines by public id."""
    return await lists.by_id(snapshot, _LINES, "l.id", ids)


async def of_records(snapshot: Snapshot, records: Sequence[int]) -> dict[int, list[StoredTouchpoint]]:
    """The standing touchpoints that records yield."""
    listing = lists.Listing(
        "record_touchpoint x JOIN touchpoint t ON t.num = x.touchpoint AND t.retracted_at IS NULL",
        TOUCHPOINTS.shape,
        "t.num",
    )
    return await lists.grouped(snapshot, listing, "x.record", records, "x.record, t.id")


@dataclass(frozen=True, slots=True)
class StoredMoment:
    """What a path needs of one touchpoint. ``book_of_record``: whether its source counts in value."""

    id: str
    kind: str
    channel: str
    direction: str
    automated: bool
    occurred_at: int
    amount: int | None
    currency: str | None
    document: str | None
    settles: str | None
    organisation: int | None
    book_of_record: bool


MOST_MOMENTS = 50_000


async def moments(snapshot: Snapshot, subject: Subject) -> list[StoredMoment]:
    """The standing touchpoints of one customer, oldest first; at most ``MOST_MOMENTS``."""
    query = Query(
        "SELECT t.id, t.kind, t.channel, t.direction, t.automated, t.occurred_at, t.amount, t.currency, t.document,"
        " t.settles, t.organisation, s.book_of_record FROM touchpoint t JOIN source s ON s.num = t.source WHERE "
    )
    query.add(_own(query, subject, STANDING))
    query.add(f" ORDER BY t.occurred_at, t.id LIMIT {MOST_MOMENTS}")
    return [StoredMoment(*row) for row in await snapshot.query(query)]
