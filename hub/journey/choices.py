"""What analyses of journeys may be asked for. Apart from them, so that a schema is made without numpy."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

NO_TOUCHES: Final = tuple(
    "invoice credit_note payment refund reversal order quote delivery return contract deal case follow_up note profile "
    "bounce complaint auto_reply read_receipt unsubscription unfollow".split()
)
"""Kinds that led nobody to buy: papers of a sale, what colleagues wrote down, what machines report, farewells."""


class AttributionModel(StrEnum):
    """How a conversion is shared among the touches before it."""

    FIRST = "FIRST"
    LAST = "LAST"
    LINEAR = "LINEAR"
    POSITION = "POSITION"
    TIME_DECAY = "TIME_DECAY"
    SHAPLEY = "SHAPLEY"
    MARKOV = "MARKOV"


class AttributionDimension(StrEnum):
    """What gets the credit."""

    CHANNEL = "CHANNEL"
    CAMPAIGN = "CAMPAIGN"
    UTM_SOURCE = "UTM_SOURCE"


class CohortStart(StrEnum):
    """What puts a customer into a cohort."""

    FIRST_PURCHASE = "FIRST_PURCHASE"
    FIRST_TOUCH = "FIRST_TOUCH"


class CohortPeriod(StrEnum):
    """How long the periods of a cohort are."""

    MONTH = "MONTH"
    QUARTER = "QUARTER"
    FISCAL_QUARTER = "FISCAL_QUARTER"


class ChurnBasis(StrEnum):
    """What makes a customer lost."""

    PURCHASES = "PURCHASES"
    STANDING = "STANDING"


class AcquisitionDimension(StrEnum):
    """By what customers are told apart."""

    CHANNEL = "CHANNEL"
    CAMPAIGN = "CAMPAIGN"
    SOURCE = "SOURCE"


class ValueBasis(StrEnum):
    """What a customer's value is."""

    PREDICTED = "PREDICTED"
    PAST = "PAST"


class TouchpointDimension(StrEnum):
    """By what touchpoints are grouped; what is said of customers is of today, and of the account."""

    KIND = "KIND"
    CHANNEL = "CHANNEL"
    DIRECTION = "DIRECTION"
    AUTOMATED = "AUTOMATED"
    SOURCE = "SOURCE"
    CAMPAIGN = "CAMPAIGN"
    UTM_SOURCE = "UTM_SOURCE"
    UTM_MEDIUM = "UTM_MEDIUM"
    IDENTIFIED = "IDENTIFIED"
    PROPERTY = "PROPERTY"
    HOUR = "HOUR"
    WEEKDAY = "WEEKDAY"
    QUANTITY_UNIT = "QUANTITY_UNIT"
    PRODUCT = "PRODUCT"
    PRODUCT_CATEGORY = "PRODUCT_CATEGORY"
    AGENT = "AGENT"
    CUSTOMER = "CUSTOMER"
    CUSTOMER_KIND = "CUSTOMER_KIND"
    CUSTOMER_RELATIONSHIP = "CUSTOMER_RELATIONSHIP"
    CUSTOMER_STAGE = "CUSTOMER_STAGE"
    CUSTOMER_STANDING = "CUSTOMER_STANDING"
    CUSTOMER_COUNTRY = "CUSTOMER_COUNTRY"
    CUSTOMER_CITY = "CUSTOMER_CITY"
    CUSTOMER_LANGUAGE = "CUSTOMER_LANGUAGE"
    CUSTOMER_OWNER = "CUSTOMER_OWNER"
    CUSTOMER_ABC_CLASS = "CUSTOMER_ABC_CLASS"
    CUSTOMER_ACQUISITION_CHANNEL = "CUSTOMER_ACQUISITION_CHANNEL"
    CUSTOMER_FIRST_TOUCH_MONTH = "CUSTOMER_FIRST_TOUCH_MONTH"
    CUSTOMER_FIRST_PURCHASE_MONTH = "CUSTOMER_FIRST_PURCHASE_MONTH"


class CustomerDimension(StrEnum):
    """By what customers are grouped."""

    STAGE = "STAGE"
    STANDING = "STANDING"
    KIND = "KIND"
    RELATIONSHIP = "RELATIONSHIP"
    OWNER = "OWNER"
    COUNTRY = "COUNTRY"
    CITY = "CITY"
    LANGUAGE = "LANGUAGE"
    ABC_CLASS = "ABC_CLASS"
    ACQUISITION_CHANNEL = "ACQUISITION_CHANNEL"
    ACQUISITION_SOURCE = "ACQUISITION_SOURCE"
    ACQUISITION_CAMPAIGN = "ACQUISITION_CAMPAIGN"
    FIRST_TOUCH_MONTH = "FIRST_TOUCH_MONTH"
    FIRST_PURCHASE_MONTH = "FIRST_PURCHASE_MONTH"
    TAG = "TAG"


class CustomerTime(StrEnum):
    """Which time of customers the calendar cuts."""

    FIRST_TOUCH = "FIRST_TOUCH"
    LAST_TOUCH = "LAST_TOUCH"
    ACQUIRED = "ACQUIRED"
    FIRST_PURCHASE = "FIRST_PURCHASE"
    LAST_PURCHASE = "LAST_PURCHASE"
