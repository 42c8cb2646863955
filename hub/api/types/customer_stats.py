"""Groups of customers as clients see them."""

from __future__ import annotations

from typing import Any

import strawberry

from hub.analysis.group_bys import CustomerFigures, Key
from hub.api.context import Info
from hub.api.graph import column, described, field, object_type
from hub.api.scalars import Date, DateTime
from hub.api.types import amounts, reference
from hub.api.types.amounts import Money
from hub.api.types.group_bys import Asked, as_, month_of
from hub.api.types.reference import Campaign, User
from hub.journey.choices import CustomerDimension
from hub.values import Channel, Relationship, Side, Stage, Standing


@object_type
class CustomerKey:
    """What the customers of a group have in common; null in a dimension that was asked for means unknown."""

    key: strawberry.Private[Key]
    asked: strawberry.Private[Asked]

    def _of(self, dimension: CustomerDimension) -> Any:
        return self.asked.value(self.key, dimension)

    @field
    def period(self) -> Date | None:
        """The first day of the stretch in which their time lies; null for who has no such time."""
        return self.asked.period(self.key)

    @field
    def stage(self) -> Stage | None:
        """How far the relationship has come."""
        return as_(Stage, self._of(CustomerDimension.STAGE))

    @field
    def standing(self) -> Standing | None:
        """How alive it is."""
        return as_(Standing, self._of(CustomerDimension.STANDING))

    @field
    def kind(self) -> Side | None:
        """Person or organisation."""
        return as_(Side, self._of(CustomerDimension.KIND))

    @field
    def relationship(self) -> Relationship | None:
        """What they are to us."""
        return as_(Relationship, self._of(CustomerDimension.RELATIONSHIP))

    @field
    async def owner(self, info: Info) -> User | None:
        """Who looks after them. Needs the scope read."""
        return await reference.user_of(info, self._of(CustomerDimension.OWNER))

    @field
    def country(self) -> str | None:
        """Their country."""
        return as_(str, self._of(CustomerDimension.COUNTRY))

    @field
    def city(self) -> str | None:
        """Their city."""
        return as_(str, self._of(CustomerDimension.CITY))

    @field
    def language(self) -> str | None:
        """Their language."""
        return as_(str, self._of(CustomerDimension.LANGUAGE))

    @field
    def abc_class(self) -> str | None:
        """A, B or C; null for who was not scored."""
        return as_(str, self._of(CustomerDimension.ABC_CLASS))

    @field
    def acquisition_channel(self) -> Channel | None:
        """The channel of the first touch that counts."""
        return as_(Channel, self._of(CustomerDimension.ACQUISITION_CHANNEL))

    @field
    def acquisition_source(self) -> str | None:
        """Its utm_source."""
        return as_(str, self._of(CustomerDimension.ACQUISITION_SOURCE))

    @field
    async def acquisition_campaign(self, info: Info) -> Campaign | None:
        """Its campaign. Needs the scope read."""
        return await reference.campaign_of(info, self._of(CustomerDimension.ACQUISITION_CAMPAIGN))

    @field
    def first_touch_month(self) -> Date | None:
        """The first day of the month in which they were first heard of."""
        return month_of(self._of(CustomerDimension.FIRST_TOUCH_MONTH))

    @field
    def first_purchase_month(self) -> Date | None:
        """The first day of the month in which they first bought."""
        return month_of(self._of(CustomerDimension.FIRST_PURCHASE_MONTH))

    @field
    def tag(self) -> str | None:
        """The tag."""
        return as_(str, self._of(CustomerDimension.TAG))


@object_type
class CustomerStatsRow:
    """Figures of one group of customers."""

    row: strawberry.Private[CustomerFigures]
    asked: strawberry.Private[Asked]
    customers: int = column("How many.")
    buyers: int = column("How many of them have bought.")
    purchases: int = column("How often they bought, all together.")

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
        return amounts.sure(self.row.average, self.asked.currency)

    @field
    def cost_to_serve(self) -> Money:
        """What touchpoints with them cost, each converted by the rate of its day."""
        return amounts.sure(self.row.cost, self.asked.currency)


@object_type
class CustomerStats:
    """Groups of customers, and all of them together."""

    rows: list[CustomerStatsRow] = described("The groups.")
    truncated: bool = described("Whether there are more groups than asked for.")
    total_customers: int = described("How many customers there are in all groups; who is in two counts once.")
    total_revenue: Money = described("What they have bought.")
    not_converted: list[Money] = described("Revenue and costs in currencies without a rate, which are in no figure.")
    computed_at: DateTime = described("When this was reckoned.")
