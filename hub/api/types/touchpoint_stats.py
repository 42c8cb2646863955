"""Groups of touchpoints as clients see them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from hub.analysis.group_bys import Key, TouchpointFigures
from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import JSON, Date, DateTime, Exact, raw
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money
from hub.api.types.group_bys import Asked, as_, month_of
from hub.api.types.reference import Campaign, Product, User
from hub.identity.normalise import masked_name
from hub.journey.choices import TouchpointDimension
from hub.values import Channel, Direction, Relationship, Side, Stage, Standing

if TYPE_CHECKING:
    from hub.api.types.customers import Customer
    from hub.api.types.sources import Source

LazyCustomer = Annotated["Customer", strawberry.lazy("hub.api.types.customers")]
LazySource = Annotated["Source", strawberry.lazy("hub.api.types.sources")]
Quantities = Callable[[], Awaitable[Mapping[Key, Decimal | None]]]
"""What quantities come to, by group; reckoned once somebody asks."""


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
        return self.asked.period(self.key)

    @field
    def kind(self) -> str | None:
        """What happened."""
        return as_(str, self._of(TouchpointDimension.KIND))

    @field
    def channel(self) -> Channel | None:
        """How contact was made."""
        return as_(Channel, self._of(TouchpointDimension.CHANNEL))

    @field
    def direction(self) -> Direction | None:
        """Who acted."""
        return as_(Direction, self._of(TouchpointDimension.DIRECTION))

    @field
    def automated(self) -> bool | None:
        """Whether no person did it for this customer."""
        return as_(bool, self._of(TouchpointDimension.AUTOMATED))

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
        return as_(str, self._of(TouchpointDimension.UTM_SOURCE))

    @field
    def utm_medium(self) -> str | None:
        """Their utm_medium."""
        return as_(str, self._of(TouchpointDimension.UTM_MEDIUM))

    @field
    def identified(self) -> bool | None:
        """Whether it is known whose they are."""
        return as_(bool, self._of(TouchpointDimension.IDENTIFIED))

    @field
    def property(self) -> JSON | None:
        """The value of the property."""
        return as_(raw, self._of(TouchpointDimension.PROPERTY))

    @field
    def hour(self) -> int | None:
        """The hour of the day, 0 to 23."""
        return as_(int, self._of(TouchpointDimension.HOUR))

    @field
    def weekday(self) -> int | None:
        """The day of the week, 1 for Monday to 7."""
        return as_(int, self._of(TouchpointDimension.WEEKDAY))

    @field
    def quantity_unit(self) -> str | None:
        """What their quantities count: points, minutes."""
        return as_(str, self._of(TouchpointDimension.QUANTITY_UNIT))

    @field
    async def product(self, info: Info) -> Product | None:
        """What was sold in one of their lines. Needs the scope read."""
        return await reference.product_of(info, self._of(TouchpointDimension.PRODUCT))

    @field
    def product_category(self) -> str | None:
        """The group of products that one of their lines is of."""
        return as_(str, self._of(TouchpointDimension.PRODUCT_CATEGORY))

    @field
    async def agent(self, info: Info) -> User | None:
        """Who of the company took part. Needs the scope read."""
        return await reference.user_of(info, self._of(TouchpointDimension.AGENT))

    @field
    async def agent_name(self, info: Info) -> str | None:
        """Their name, or what the source calls who is no user; that is masked without the scope pii."""
        user = await reference.user_of(info, self._of(TouchpointDimension.AGENT))
        if user is not None:
            return user.row.name
        named = as_(str, self.asked.value(self.key, TouchpointDimension.AGENT, 1))
        return named if named is None or info.context.principal.sees_contacts else masked_name(named)

    @field
    async def customer(self, info: Info) -> LazyCustomer | None:
        """The customer. Needs the scope read."""
        from hub.api.types.customers import customer_of

        return await customer_of(info, self._of(TouchpointDimension.CUSTOMER))

    @field
    def customer_kind(self) -> Side | None:
        """Person or organisation."""
        return as_(Side, self._of(TouchpointDimension.CUSTOMER_KIND))

    @field
    def customer_relationship(self) -> Relationship | None:
        """What the customer is to us."""
        return as_(Relationship, self._of(TouchpointDimension.CUSTOMER_RELATIONSHIP))

    @field
    def customer_stage(self) -> Stage | None:
        """The customer's stage."""
        return as_(Stage, self._of(TouchpointDimension.CUSTOMER_STAGE))

    @field
    def customer_standing(self) -> Standing | None:
        """The customer's standing."""
        return as_(Standing, self._of(TouchpointDimension.CUSTOMER_STANDING))

    @field
    def customer_country(self) -> str | None:
        """The customer's country."""
        return as_(str, self._of(TouchpointDimension.CUSTOMER_COUNTRY))

    @field
    def customer_city(self) -> str | None:
        """The customer's city."""
        return as_(str, self._of(TouchpointDimension.CUSTOMER_CITY))

    @field
    async def customer_owner(self, info: Info) -> User | None:
        """Who looks after the customer. Needs the scope read."""
        return await reference.user_of(info, self._of(TouchpointDimension.CUSTOMER_OWNER))

    @field
    def customer_language(self) -> str | None:
        """The customer's language."""
        return as_(str, self._of(TouchpointDimension.CUSTOMER_LANGUAGE))

    @field
    def customer_abc_class(self) -> str | None:
        """A, B or C; null for who was not scored."""
        return as_(str, self._of(TouchpointDimension.CUSTOMER_ABC_CLASS))

    @field
    def customer_acquisition_channel(self) -> Channel | None:
        """The channel of the touch that won the customer."""
        return as_(Channel, self._of(TouchpointDimension.CUSTOMER_ACQUISITION_CHANNEL))

    @field
    def customer_first_touch_month(self) -> Date | None:
        """The first day of the month in which the customer was first heard of."""
        return month_of(self._of(TouchpointDimension.CUSTOMER_FIRST_TOUCH_MONTH))

    @field
    def customer_first_purchase_month(self) -> Date | None:
        """The first day of the month in which the customer first bought."""
        return month_of(self._of(TouchpointDimension.CUSTOMER_FIRST_PURCHASE_MONTH))


@object_type
class TouchpointStatsRow:
    """Figures of one group of touchpoints."""

    row: strawberry.Private[TouchpointFigures]
    asked: strawberry.Private[Asked]
    quantities: strawberry.Private[Quantities]
    touchpoints: int = column("How many.")
    customers: int = column("Of how many customers: organisations, or else persons.")

    @field
    def key(self) -> TouchpointKey:
        """What they have in common."""
        return TouchpointKey(key=self.row.key, asked=self.asked)

    @field
    async def quantity(self) -> Exact | None:
        """How much was sold, added up from lines; of touchpoints without lines what they measure. Null where there is
        nothing, and where things differ: group by QUANTITY_UNIT."""
        return as_(Exact, (await self.quantities()).get(self.row.key))

    @field
    def amount(self) -> Money:
        """What they are worth, each converted by the rate of its day; in groups of products, what those lines are."""
        return amounts.sure(self.row.amount, self.asked.currency)

    @field
    def cost(self) -> Money:
        """What they cost, each converted by the rate of its day."""
        return amounts.sure(self.row.cost, self.asked.currency)


@object_type
class TouchpointStats:
    """Groups of touchpoints."""

    rows: list[TouchpointStatsRow] = described("The groups.")
    truncated: bool = described("Whether there are more groups than asked for.")
    not_converted: list[Money] = described("Amounts in currencies without a rate, which are in no figure.")
    computed_at: DateTime = described("When this was reckoned.")
