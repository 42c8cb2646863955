"""Group-bys over touchpoints and customers as clients see them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry

from hub.analysis.group_bys import CustomerFigures, Key, TouchpointFigures
from hub.api.context import Info
from hub.api.graph import column, described, field, input_type, object_type, optional
from hub.api.scalars import Date, DateTime, Exact
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money
from hub.api.types.enums import shown
from hub.api.types.reference import Campaign, User
from hub.journey.buckets import Calendar, TimeBucket
from hub.journey.choices import CustomerDimension, TouchpointDimension
from hub.values import Channel, Direction, Relationship, Side, Stage, Standing

if TYPE_CHECKING:
    from hub.api.types.customers import Customer
    from hub.api.types.sources import Source

T = TypeVar("T")
LazyCustomer = Annotated["Customer", strawberry.lazy("hub.api.types.customers")]
LazySource = Annotated["Source", strawberry.lazy("hub.api.types.sources")]

shown(
    TouchpointDimension,
    "What touchpoints can be grouped by. CUSTOMER_ is of the organisation, or else the person, as of today.",
    KIND="What happened.",
    CHANNEL="How contact was made.",
    DIRECTION="Who acted.",
    AUTOMATED="Whether a person did it for this customer.",
    SOURCE="Where they came from.",
    CAMPAIGN="The campaign they are of.",
    UTM_SOURCE="Their utm_source.",
    UTM_MEDIUM="Their utm_medium.",
    CUSTOMER="The customer.",
    CUSTOMER_KIND="Person or organisation.",
    CUSTOMER_STAGE="The customer's stage.",
    CUSTOMER_STANDING="The customer's standing.",
    CUSTOMER_COUNTRY="The customer's country.",
    CUSTOMER_CITY="The customer's city. Needs the scope pii.",
    CUSTOMER_OWNER="Who looks after the customer.",
)
shown(
    CustomerDimension,
    "What customers can be grouped by.",
    STAGE="How far the relationship has come.",
    STANDING="How alive it is.",
    KIND="Person or organisation.",
    RELATIONSHIP="What they are to us.",
    OWNER="Who looks after them.",
    COUNTRY="Their country.",
    CITY="Their city. Needs the scope pii.",
    LANGUAGE="Their language.",
    ABC_CLASS="Their class of the last scoring run.",
    ACQUISITION_CHANNEL="The channel of the first touch that counts.",
    ACQUISITION_SOURCE="Its utm_source.",
    ACQUISITION_CAMPAIGN="Its campaign.",
    FIRST_TOUCH_MONTH="The month in which they were first heard of.",
    FIRST_PURCHASE_MONTH="The month in which they first bought.",
    TAG="Their tags; who has two counts twice.",
)


class TouchpointStatsOrder(StrEnum):
    """Which groups come first; in time buckets the order is within each."""

    TOUCHPOINTS = "TOUCHPOINTS"
    CUSTOMERS = "CUSTOMERS"
    AMOUNT = "AMOUNT"


class CustomerStatsOrder(StrEnum):
    """Which groups come first."""

    CUSTOMERS = "CUSTOMERS"
    REVENUE = "REVENUE"


shown(
    TouchpointStatsOrder,
    "Which groups come first, the largest before the others; of a time bucket, within it.",
    TOUCHPOINTS="Those with the most touchpoints.",
    CUSTOMERS="Those of the most customers.",
    AMOUNT="Those worth the most.",
)
shown(
    CustomerStatsOrder,
    "Which groups come first, the largest before the others.",
    CUSTOMERS="Those with the most customers.",
    REVENUE="Those with the most revenue.",
)


@input_type
class Having:
    """Which groups to keep."""

    touchpoints_at_least: int | None = optional("With so many touchpoints.")
    customers_at_least: int | None = optional("With so many customers.")
    amount_at_least: Exact | None = optional("Worth so much, in the currency of the answer.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of groups was asked for."""

    dimensions: Sequence[StrEnum]
    currency: str
    calendar: Calendar | None = None

    def value(self, key: Key, dimension: StrEnum) -> Any:
        """The part of a key that is of one dimension; None when it was not asked for."""
        if dimension not in self.dimensions:
            return None
        return key[self.dimensions.index(dimension) + (self.calendar is not None)]


def _as(kind: Callable[[Any], T], value: Any) -> T | None:
    return None if value is None else kind(value)


@object_type
class TouchpointKey:
    """What the touchpoints of a group have in common; null in a dimension that was asked for means unknown."""

    key: strawberry.Private[Key]
    asked: strawberry.Private[Asked]

    def _of(self, dimension: TouchpointDimension) -> Any:
        return self.asked.value(self.key, dimension)

    @field
    def period(self) -> Date | None:
        """The first day of the time in which they happened."""
        calendar = self.asked.calendar
        return None if calendar is None else Date(calendar.starts_on(self.key[0]).isoformat())

    @field
    def kind(self) -> str | None:
        """What happened."""
        return _as(str, self._of(TouchpointDimension.KIND))

    @field
    def channel(self) -> Channel | None:
        """How contact was made."""
        return _as(Channel, self._of(TouchpointDimension.CHANNEL))

    @field
    def direction(self) -> Direction | None:
        """Who acted."""
        return _as(Direction, self._of(TouchpointDimension.DIRECTION))

    @field
    def automated(self) -> bool | None:
        """Whether no person did it for this customer."""
        return _as(bool, self._of(TouchpointDimension.AUTOMATED))

    @field
    async def source(self, info: Info) -> LazySource | None:
        """Where they came from."""
        from hub.api.types.sources import source_of

        number = self._of(TouchpointDimension.SOURCE)
        return None if number is None else await source_of(info, number)

    @field
    async def campaign(self, info: Info) -> Campaign | None:
        """The campaign. Needs the scope read."""
        return await reference.campaign_of(info, self._of(TouchpointDimension.CAMPAIGN))

    @field
    def utm_source(self) -> str | None:
        """Their utm_source."""
        return _as(str, self._of(TouchpointDimension.UTM_SOURCE))

    @field
    def utm_medium(self) -> str | None:
        """Their utm_medium."""
        return _as(str, self._of(TouchpointDimension.UTM_MEDIUM))

    @field
    async def customer(self, info: Info) -> LazyCustomer | None:
        """The customer. Needs the scope read."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self._of(TouchpointDimension.CUSTOMER))

    @field
    def customer_kind(self) -> Side | None:
        """Person or organisation."""
        return _as(Side, self._of(TouchpointDimension.CUSTOMER_KIND))

    @field
    def customer_stage(self) -> Stage | None:
        """The customer's stage."""
        return _as(Stage, self._of(TouchpointDimension.CUSTOMER_STAGE))

    @field
    def customer_standing(self) -> Standing | None:
        """The customer's standing."""
        return _as(Standing, self._of(TouchpointDimension.CUSTOMER_STANDING))

    @field
    def customer_country(self) -> str | None:
        """The customer's country."""
        return _as(str, self._of(TouchpointDimension.CUSTOMER_COUNTRY))

    @field
    def customer_city(self) -> str | None:
        """The customer's city."""
        return _as(str, self._of(TouchpointDimension.CUSTOMER_CITY))

    @field
    async def customer_owner(self, info: Info) -> User | None:
        """Who looks after the customer. Needs the scope read."""
        return await reference.user_of(info, self._of(TouchpointDimension.CUSTOMER_OWNER))


@object_type
class TouchpointStatsRow:
    """Figures of one group of touchpoints."""

    row: strawberry.Private[TouchpointFigures]
    asked: strawberry.Private[Asked]
    touchpoints: int = column("How many.")
    customers: int = column("Of how many customers: organisations, or else persons.")

    @field
    def key(self) -> TouchpointKey:
        """What they have in common."""
        return TouchpointKey(key=self.row.key, asked=self.asked)

    @field
    def amount(self) -> Money:
        """What they are worth, each converted by the rate of its day."""
        return amounts.sure(self.row.amount, self.asked.currency)

    @field
    def cost(self) -> Money:
        """What they cost."""
        return amounts.sure(self.row.cost, self.asked.currency)


@object_type
class TouchpointStats:
    """Groups of touchpoints."""

    rows: list[TouchpointStatsRow] = described("The groups.")
    truncated: bool = described("Whether there are more groups than asked for.")
    not_converted: list[Money] = described("Amounts in currencies without a rate, which are in no figure.")
    computed_at: DateTime = described("When this was reckoned.")


@object_type
class CustomerKey:
    """What the customers of a group have in common; null in a dimension that was asked for means unknown."""

    key: strawberry.Private[Key]
    asked: strawberry.Private[Asked]

    def _of(self, dimension: CustomerDimension) -> Any:
        return self.asked.value(self.key, dimension)

    def _month(self, dimension: CustomerDimension) -> Date | None:
        number = self._of(dimension)
        return None if number is None else Date(Calendar(TimeBucket.MONTH).starts_on(number).isoformat())

    @field
    def stage(self) -> Stage | None:
        """How far the relationship has come."""
        return _as(Stage, self._of(CustomerDimension.STAGE))

    @field
    def standing(self) -> Standing | None:
        """How alive it is."""
        return _as(Standing, self._of(CustomerDimension.STANDING))

    @field
    def kind(self) -> Side | None:
        """Person or organisation."""
        return _as(Side, self._of(CustomerDimension.KIND))

    @field
    def relationship(self) -> Relationship | None:
        """What they are to us."""
        return _as(Relationship, self._of(CustomerDimension.RELATIONSHIP))

    @field
    async def owner(self, info: Info) -> User | None:
        """Who looks after them. Needs the scope read."""
        return await reference.user_of(info, self._of(CustomerDimension.OWNER))

    @field
    def country(self) -> str | None:
        """Their country."""
        return _as(str, self._of(CustomerDimension.COUNTRY))

    @field
    def city(self) -> str | None:
        """Their city."""
        return _as(str, self._of(CustomerDimension.CITY))

    @field
    def language(self) -> str | None:
        """Their language."""
        return _as(str, self._of(CustomerDimension.LANGUAGE))

    @field
    def abc_class(self) -> str | None:
        """A, B or C; null for who was not scored."""
        return _as(str, self._of(CustomerDimension.ABC_CLASS))

    @field
    def acquisition_channel(self) -> Channel | None:
        """The channel of the first touch that counts."""
        return _as(Channel, self._of(CustomerDimension.ACQUISITION_CHANNEL))

    @field
    def acquisition_source(self) -> str | None:
        """Its utm_source."""
        return _as(str, self._of(CustomerDimension.ACQUISITION_SOURCE))

    @field
    async def acquisition_campaign(self, info: Info) -> Campaign | None:
        """Its campaign. Needs the scope read."""
        return await reference.campaign_of(info, self._of(CustomerDimension.ACQUISITION_CAMPAIGN))

    @field
    def first_touch_month(self) -> Date | None:
        """The first day of the month in which they were first heard of."""
        return self._month(CustomerDimension.FIRST_TOUCH_MONTH)

    @field
    def first_purchase_month(self) -> Date | None:
        """The first day of the month in which they first bought."""
        return self._month(CustomerDimension.FIRST_PURCHASE_MONTH)

    @field
    def tag(self) -> str | None:
        """The tag."""
        return _as(str, self._of(CustomerDimension.TAG))


@object_type
class CustomerStatsRow:
    """Figures of one group of customers."""

    row: strawberry.Private[CustomerFigures]
    asked: strawberry.Private[Asked]
    customers: int = column("How many.")

    @field
    def key(self) -> CustomerKey:
        """What they have in common."""
        return CustomerKey(key=self.row.key, asked=self.asked)

    @field
    def revenue(self) -> Money:
        """What they have bought."""
        return amounts.sure(self.row.revenue, self.asked.currency)

    @field
    def average_revenue(self) -> Money:
        """What one of them has bought on average, rounded half to even."""
        return amounts.sure(round(Fraction(self.row.revenue, max(self.row.customers, 1))), self.asked.currency)


@object_type
class CustomerStats:
    """Groups of customers, and all of them together."""

    rows: list[CustomerStatsRow] = described("The groups.")
    truncated: bool = described("Whether there are more groups than asked for.")
    total_customers: int = described("How many customers there are in all groups; who is in two counts once.")
    total_revenue: Money = described("What they have bought.")
    not_converted: list[Money] = described("Revenue in currencies without a rate, which is in no figure.")
    computed_at: DateTime = described("When this was reckoned.")
