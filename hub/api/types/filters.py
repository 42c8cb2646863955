"""Filters as clients write them, and what they ask the store for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import orjson
import strawberry

from hub import money
from hub.api.context import Info
from hub.api.graph import described, input_type, optional
from hub.api.scalars import JSON, Currency, DateTime, Duration, Exact
from hub.api.types.enums import CustomerOrderField, OrderDirection
from hub.api.types.matter_enums import MatterOrderField
from hub.api.types.score_filters import RfmFilter, classes, scores
from hub.clock import micros, moment
from hub.errors import InputWrong
from hub.identity.names import words
from hub.identity.normalise import canonical, fold
from hub.ingest.rows import document_key
from hub.journey.engagement import level_of
from hub.reading import digits
from hub.store import filters, matters
from hub.store.pages import Order
from hub.store.scores import MILLION
from hub.values import Channel, Direction, Identifier, MatterKind, Money, Relationship, Side, Stage, Standing

T = TypeVar("T")

MOST_VALUES = 500
DEEPEST = 10
_PHONE = re.compile(r"[\s\d()+./-]{5,}")


@input_type
class TimeRange:
    """A span of time. Give absolute ends, or a duration back from now (last) or on from now (next)."""

    from_: DateTime | None = optional("From this moment on.", name="from")
    until: DateTime | None = optional("Before this moment.")
    last: Duration | None = optional("Back from now, for segments that are kept.")
    next: Duration | None = optional("On from now.")


@input_type
class MoneyRange:
    """A range of amounts; the currency is the hub's by default."""

    min: Exact | None = optional("At least.")
    max: Exact | None = optional("At most.")
    currency: Currency | None = optional("The currency.")


@input_type
class ProbabilityRange:
    """A range of probabilities, 0 to 1."""

    min: float | None = optional("At least.")
    max: float | None = optional("At most.")


@input_type
class PropertyFilter:
    """A declared property or trait, compared with a value."""

    name: str = described("Its name.")
    equals: JSON | None = optional("It has this value.")
    in_: list[JSON] | None = optional("It has one of these values.", name="in")
    exists: bool | None = optional("It is there at all, or is not.")


@input_type
class TouchpointFilter:
    """Which touchpoints."""

    kinds: list[str] | None = optional("Of one of these kinds.")
    channels: list[Channel] | None = optional("By one of these channels.")
    directions: list[Direction] | None = optional("In one of these directions.")
    automated: bool | None = optional("Done by a machine, or not.")
    occurred: TimeRange | None = optional("That happened then.")
    recorded: TimeRange | None = optional("That became known then.")
    sources: list[strawberry.ID] | None = optional("From one of these sources.")
    campaign: strawberry.ID | None = optional("Of this campaign.")
    utm_source: str | None = optional("Brought by this utm_source.")
    amount: MoneyRange | None = optional("About such an amount.")
    products: list[strawberry.ID] | None = optional("With a line that sells one of these.")
    properties: list[PropertyFilter] | None = optional("With such properties.")
    search: str | None = optional("With this document number, or of customers whom these words find.")
    and_: list[TouchpointFilter] | None = optional("All of these.", name="and")
    or_: list[TouchpointFilter] | None = optional("One of these.", name="or")
    not_: TouchpointFilter | None = optional("Not this.", name="not")


@input_type
class DidFilter:
    """Customers that did something, at least and at most so often."""

    what: TouchpointFilter = described("What they did.")
    at_least: int = optional("At least so often.", 1)
    at_most: int | None = optional("At most so often.")


@input_type
class MatterFilter:
    """Which matters."""

    kinds: list[MatterKind] | None = optional("Of one of these kinds.")
    open: bool | None = optional("Still open, or closed.")
    overdue: bool | None = optional("Open and past the due time, or not.")
    owner: strawberry.ID | None = optional("Looked after by this user, or whom the source calls so.")
    pipeline: str | None = optional("In this pipeline.")
    states: list[str] | None = optional("In one of these states.")
    due: TimeRange | None = optional("Due then.")
    opened: TimeRange | None = optional("Opened then.")
    closed: TimeRange | None = optional("Closed then.")


@input_type
class MatterOrder:
    """An order of matters."""

    field: MatterOrderField = described("By what.")
    direction: OrderDirection = optional("Up or down.", OrderDirection.DESC)


@input_type
class CustomerFilter:
    """Which customers. Lists hold those whose relationship is CUSTOMER unless asked."""

    search: str | None = optional("Whom these words find: name, e-mail, phone or document number, in any script.")
    kinds: list[Side] | None = optional("Persons or organisations.")
    relationships: list[Relationship] | None = optional("Who are one of these to us.")
    stages: list[Stage] | None = optional("In one of these stages.")
    standings: list[Standing] | None = optional("In one of these standings.")
    owner: strawberry.ID | None = optional("Looked after by this user.")
    tags: list[str] | None = optional("With all of these tags.")
    segment: strawberry.ID | None = optional("Members of this segment.")
    traits: list[PropertyFilter] | None = optional("With such traits.")
    birthday: TimeRange | None = optional("Whose birthday is on a day of this span, in whatever year.")
    did: list[DidFilter] | None = optional("Who did all of these.")
    did_not: list[TouchpointFilter] | None = optional("Who did none of these.")
    revenue: MoneyRange | None = optional("Worth such an amount.")
    engagement_at_least: float | None = optional("Engaged at least so much today.")
    overdue: bool | None = optional("Whether something they owe was to be paid before today.")
    predicted_value: MoneyRange | None = optional("Of whom so much is expected, in the hub's currency.")
    p_alive: ProbabilityRange | None = optional("Who have not left for good with such a probability.")
    abc_classes: list[str] | None = optional("In one of the classes A, B, C of revenue, as the last scoring run found.")
    rfm: RfmFilter | None = optional("With such scores.")
    last_touch: TimeRange | None = optional("Last met then.")
    matters: MatterFilter | None = optional("With such a matter.")
    and_: list[CustomerFilter] | None = optional("All of these.", name="and")
    or_: list[CustomerFilter] | None = optional("One of these.", name="or")
    not_: CustomerFilter | None = optional("Not this.", name="not")


@input_type
class CustomerOrder:
    """An order of customers."""

    field: CustomerOrderField = described("By what.")
    direction: OrderDirection = optional("Up or down.", OrderDirection.DESC)


@input_type
class IdentifierInput:
    """An identifier as a person would type it; the hub normalises it. `source` scopes ids that only mean something
    there."""

    kind: str = described("Its kind: email, phone, social, contact ...")
    value: str = described("As a person would type it, in any script.")
    source: strawberry.ID | None = optional("The source that minted it.")
    namespace: str | None = optional("The network it belongs to, for social ids and handles.")


@strawberry.input(one_of=True, description="One way to name a customer.")
class CustomerBy:
    """One way to name a customer."""

    id: strawberry.ID | None = strawberry.field(description="By id, a former one too.", default=strawberry.UNSET)
    identifier: IdentifierInput | None = strawberry.field(description="By an identifier.", default=strawberry.UNSET)
    touchpoint: strawberry.ID | None = strawberry.field(
        description="The one a touchpoint belongs to.", default=strawberry.UNSET
    )


def _values(values: Sequence[Any] | None) -> tuple[str, ...] | None:
    if values is None:
        return None
    if len(values) > MOST_VALUES:
        raise InputWrong(f"A filter takes at most {MOST_VALUES} values.", path="filter")
    return tuple(str(value) for value in values)


def span(wanted: TimeRange | None, at: int) -> filters.Span | None:
    """The span a client means at a time (microseconds). Raises ``InputWrong``."""
    if wanted is None:
        return None
    absolute = wanted.from_ is not None or wanted.until is not None
    if absolute + (wanted.last is not None) + (wanted.next is not None) > 1:
        raise InputWrong("A span of time has absolute ends, or last, or next: only one of them.", path="filter")
    present = moment(at)
    if wanted.last is not None:
        return filters.Span(micros(wanted.last.added_to(present, -1)), micros(present) + 1)
    if wanted.next is not None:
        return filters.Span(micros(present), micros(wanted.next.added_to(present)))
    return filters.Span(wanted.from_, wanted.until)


def _amounts(info: Info, wanted: MoneyRange | None) -> filters.AmountRange | None:
    if wanted is None:
        return None
    currency = wanted.currency or info.context.hub.company.currency

    def minor(amount: Exact | None) -> int | None:
        return None if amount is None else money.minor(Money(amount, currency))

    return filters.AmountRange(currency, minor(wanted.min), minor(wanted.max))


def _properties(info: Info, wanted: list[PropertyFilter] | None, what: str) -> tuple[filters.PropertyFilter, ...]:
    if wanted:
        info.context.principal.demand_contacts(f"A filter by {what}")
    return tuple(_property(each) for each in wanted or ())


def _property(wanted: PropertyFilter) -> filters.PropertyFilter:
    values = list(wanted.in_ or []) + ([] if wanted.equals is None else [wanted.equals])
    if len(values) > MOST_VALUES:
        raise InputWrong(f"A filter takes at most {MOST_VALUES} values.", path="filter")
    asked = wanted.in_ is not None or wanted.equals is not None
    texts = tuple(orjson.dumps(value).decode() for value in values)
    return filters.PropertyFilter(wanted.name, texts if asked else None, wanted.exists)


def search(info: Info, text: str | None) -> filters.Search | None:
    """What to look up for the words of a search box."""
    if text is None or not text.strip():
        return None
    info.context.principal.demand_contacts("Search")
    plain = digits(text.strip())[:200]
    alternatives = [tuple(words(plain))]
    if "@" in plain:
        alternatives.append((fold(plain),))
    if _PHONE.fullmatch(plain):
        bare = re.sub(r"\D", "", plain)
        alternatives += [(bare,), (bare.lstrip("0") or bare,)]
        phone = canonical(Identifier("phone", plain), "", info.context.hub.company.country)
        if phone is not None:
            alternatives.append((phone.identifier.value.lstrip("+"),))
    return filters.Search(tuple(dict.fromkeys(alternatives)), document_key(text.strip()[:200]))


def _deeper(level: int) -> int:
    if level >= DEEPEST:
        raise InputWrong(f"A filter may be nested {DEEPEST} deep.", path="filter")
    return level + 1


def touchpoint_filter(info: Info, wanted: TouchpointFilter | None, level: int = 0) -> filters.TouchpointFilter:
    """What the store is asked for."""
    if wanted is None:
        return filters.TouchpointFilter()
    inner = partial(touchpoint_filter, info, level=_deeper(level))
    return filters.TouchpointFilter(
        kinds=_values(wanted.kinds),
        channels=_values(wanted.channels),
        directions=_values(wanted.directions),
        automated=wanted.automated,
        occurred=span(wanted.occurred, info.context.now()),
        recorded=span(wanted.recorded, info.context.now()),
        sources=_values(wanted.sources),
        campaign=wanted.campaign,
        utm_source=wanted.utm_source,
        amount=_amounts(info, wanted.amount),
        products=_values(wanted.products),
        properties=_properties(info, wanted.properties, "properties"),
        search=search(info, wanted.search),
        all_of=tuple(inner(each) for each in wanted.and_ or ()),
        any_of=None if wanted.or_ is None else tuple(inner(each) for each in wanted.or_),
        none_of=None if wanted.not_ is None else inner(wanted.not_),
    )


def matter_filter(wanted: MatterFilter | None, at: int) -> filters.MatterFilter:
    """What the store is asked for at a time (microseconds)."""
    if wanted is None:
        return filters.MatterFilter()
    return filters.MatterFilter(
        kinds=_values(wanted.kinds),
        open=wanted.open,
        overdue=wanted.overdue,
        overdue_at=0 if wanted.overdue is None else at,
        owner=wanted.owner,
        pipeline=wanted.pipeline,
        states=_values(wanted.states),
        due=span(wanted.due, at),
        opened=span(wanted.opened, at),
        closed=span(wanted.closed, at),
    )


Members = Mapping[str, filters.CustomerFilter]
"""What the members of segments are, by id."""


def matter_order(wanted: MatterOrder | None) -> Order:
    """What the store is asked for."""
    if wanted is None:
        return matters.ORDER
    return matters.order(wanted.field.value, descending=wanted.direction is OrderDirection.DESC)


def customer_filter(
    info: Info, wanted: CustomerFilter | None, level: int = 0, segments: Members | None = None
) -> filters.CustomerFilter:
    """What the store is asked for; nothing about relationships is added.

    ``segments``: those that the filter names; ``hub.api.saved_filters.narrowed`` looks them up.
    """
    if wanted is None:
        return filters.CustomerFilter()
    inner = partial(customer_filter, info, level=_deeper(level), segments=segments)
    revenue = _amounts(info, wanted.revenue)
    return filters.CustomerFilter(
        search=search(info, wanted.search),
        kinds=_values(wanted.kinds),
        relationships=_values(wanted.relationships),
        stages=_values(wanted.stages),
        standings=_values(wanted.standings),
        owner=wanted.owner,
        tags=_values(wanted.tags) or (),
        traits=_properties(info, wanted.traits, "traits"),
        birthdays=_birthdays(info, wanted.birthday),
        did=tuple(
            filters.Did(touchpoint_filter(info, did.what), did.at_least, did.at_most) for did in wanted.did or ()
        ),
        did_not=tuple(touchpoint_filter(info, each) for each in wanted.did_not or ()),
        revenue=revenue,
        revenue_in_hub=revenue is None or revenue.currency == info.context.hub.company.currency,
        engagement=level_of(wanted.engagement_at_least or 0.0, moment(info.context.now())),
        overdue=wanted.overdue,
        overdue_on=info.context.today() if wanted.overdue is not None else 0,
        predicted=_expected(info, wanted.predicted_value),
        p_alive=_probability(wanted.p_alive),
        abc_classes=classes(wanted.abc_classes),
        scores=scores(wanted.rfm),
        last_touch=span(wanted.last_touch, info.context.now()),
        matters=None if wanted.matters is None else matter_filter(wanted.matters, info.context.now()),
        all_of=(*_members(wanted.segment, segments), *(inner(each) for each in wanted.and_ or ())),
        any_of=None if wanted.or_ is None else tuple(inner(each) for each in wanted.or_),
        none_of=None if wanted.not_ is None else inner(wanted.not_),
    )


def _expected(info: Info, wanted: MoneyRange | None) -> filters.Range | None:
    if (found := _amounts(info, wanted)) is None:
        return None
    if found.currency != info.context.hub.company.currency:
        raise InputWrong("Values are predicted in the hub's currency alone.", path="filter.predictedValue.currency")
    return filters.Range(found.least, found.most)


def _probability(wanted: ProbabilityRange | None) -> filters.Range | None:
    if wanted is None:
        return None
    ends = [None if each is None else round(each * MILLION) for each in (wanted.min, wanted.max)]
    if any(each is not None and not 0 <= each <= MILLION for each in ends):
        raise InputWrong("A probability is between 0 and 1.", path="filter.pAlive")
    return filters.Range(*ends)


def _members(segment: str | None, segments: Members | None) -> tuple[filters.CustomerFilter, ...]:
    if segment is None:
        return ()
    if segments is None:
        raise InputWrong("This list cannot be narrowed by a segment.", path="filter.segment")
    return (segments[segment],)


def _birthdays(info: Info, wanted: TimeRange | None) -> tuple[int, ...] | None:
    """The days of a span as month * 100 + day, in the hub's time zone."""
    if wanted is None:
        return None
    info.context.principal.demand_contacts("A filter by birthday")
    found = span(wanted, info.context.now())
    if found is None or found.start is None or found.end is None:
        raise InputWrong("A span of birthdays has two ends.", path="filter.birthday")
    zone = ZoneInfo(info.context.hub.company.time_zone)
    first: datetime = moment(found.start).astimezone(zone)
    last = moment(max(found.start, found.end - 1)).astimezone(zone)
    days = min((last.date() - first.date()).days, 366)
    dates = (first.date() + timedelta(days=each) for each in range(days + 1))
    return tuple(dict.fromkeys(date.month * 100 + date.day for date in dates))
