"""What group-bys may be asked for, and what both kinds of groups share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from hub.analysis.group_bys import Key
from hub.api.graph import input_type, optional
from hub.api.scalars import Date, Exact
from hub.api.types.enums import shown
from hub.journey.buckets import Calendar, TimeBucket
from hub.journey.choices import CustomerDimension, CustomerTime, TouchpointDimension

T = TypeVar("T")

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
    IDENTIFIED="Whether it is known whose they are.",
    PROPERTY="The property that the argument names. Needs the scope pii.",
    HOUR="The hour of the day in which they happened, by the clocks of `timeZone`.",
    WEEKDAY="The day of the week on which they happened, by the clocks of `timeZone`.",
    QUANTITY_UNIT="What their quantities count.",
    PRODUCT="What was sold in their lines; a touchpoint is in the group of each.",
    PRODUCT_CATEGORY="The category of what was sold in their lines; a touchpoint is in the group of each.",
    AGENT="Who of the company took part; a touchpoint is in the group of each.",
    CUSTOMER="The customer.",
    CUSTOMER_KIND="Person or organisation.",
    CUSTOMER_RELATIONSHIP="What the customer is to us.",
    CUSTOMER_STAGE="The customer's stage.",
    CUSTOMER_STANDING="The customer's standing.",
    CUSTOMER_COUNTRY="The customer's country.",
    CUSTOMER_CITY="The customer's city. Needs the scope pii.",
    CUSTOMER_LANGUAGE="The customer's language.",
    CUSTOMER_OWNER="Who looks after the customer.",
    CUSTOMER_ABC_CLASS="The customer's class of the last scoring run.",
    CUSTOMER_ACQUISITION_CHANNEL="The channel of the touch that won the customer.",
    CUSTOMER_FIRST_TOUCH_MONTH="The month in which the customer was first heard of.",
    CUSTOMER_FIRST_PURCHASE_MONTH="The month in which the customer first bought.",
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
    COST = "COST"
    QUANTITY = "QUANTITY"


class CustomerStatsOrder(StrEnum):
    """Which groups come first; in time buckets the order is within each."""

    CUSTOMERS = "CUSTOMERS"
    REVENUE = "REVENUE"
    AVERAGE_REVENUE = "AVERAGE_REVENUE"
    COST_TO_SERVE = "COST_TO_SERVE"
    BUYERS = "BUYERS"
    PURCHASES = "PURCHASES"


shown(
    TouchpointStatsOrder,
    "What groups are ordered by, the largest before the others unless asked; of a time bucket, within it.",
    TOUCHPOINTS="Those with the most touchpoints.",
    CUSTOMERS="Those of the most customers.",
    AMOUNT="Those worth the most.",
    COST="Those that cost the most.",
    QUANTITY="Those with the largest quantity; those without one last.",
)
shown(
    CustomerStatsOrder,
    "What groups are ordered by, the largest before the others unless asked; of a time bucket, within it.",
    CUSTOMERS="Those with the most customers.",
    REVENUE="Those with the most revenue.",
    AVERAGE_REVENUE="Those whose customers bought for the most on average.",
    COST_TO_SERVE="Those that cost the most.",
    BUYERS="Those with the most buyers.",
    PURCHASES="Those with the most purchases.",
)
shown(
    CustomerTime,
    "Which time of customers the calendar cuts.",
    FIRST_TOUCH="When they were first heard of.",
    LAST_TOUCH="When they were last heard of.",
    ACQUIRED="When the first touch that counts happened.",
    FIRST_PURCHASE="When they first bought.",
    LAST_PURCHASE="When they last bought.",
)


@input_type
class Having:
    """Which groups to keep."""

    touchpoints_at_least: int | None = optional("With so many touchpoints.")
    customers_at_least: int | None = optional("With so many customers.")
    amount_at_least: Exact | None = optional("Worth so much, in the currency of the answer.")
    cost_at_least: Exact | None = optional("That cost so much, in the currency of the answer.")
    quantity_at_least: Exact | None = optional("With so large a quantity.")


@input_type
class CustomersHaving:
    """Which groups of customers to keep."""

    customers_at_least: int | None = optional("With so many customers.")
    buyers_at_least: int | None = optional("With so many who have bought.")
    purchases_at_least: int | None = optional("With so many purchases.")
    revenue_at_least: Exact | None = optional("That bought for so much, in the currency of the answer.")
    cost_to_serve_at_least: Exact | None = optional("That cost so much, in the currency of the answer.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page of groups was asked for."""

    dimensions: Sequence[StrEnum]
    currency: str
    calendar: Calendar | None = None

    def value(self, key: Key, dimension: StrEnum, part: int = 0) -> Any:
        """The part of a key that is of one dimension, of which AGENT has two; None when it was not asked for."""
        place = part + (self.calendar is not None)
        for each in self.dimensions:
            if each is dimension:
                return key[place]
            place += 2 if each is TouchpointDimension.AGENT else 1
        return None

    def period(self, key: Key) -> Date | None:
        """The first day of the stretch of the calendar that a group is of."""
        if self.calendar is None or key[0] is None:
            return None
        return Date(self.calendar.starts_on(key[0]).isoformat())


def as_(kind: Callable[[Any], T], value: Any) -> T | None:
    """A value of a key as its type, where it is known."""
    return None if value is None else kind(value)


def month_of(number: int | None) -> Date | None:
    """The first day of a month that is known by its number."""
    return None if number is None else Date(Calendar(TimeBucket.MONTH).starts_on(number).isoformat())
