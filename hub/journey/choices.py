"""What analyses of journeys may be asked for. Apart from them, so that a schema is made without numpy."""

from __future__ import annotations

from enum import StrEnum


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


class Conversion(StrEnum):
    """Which purchases attribution counts."""

    PURCHASE = "PURCHASE"
    FIRST_PURCHASE = "FIRST_PURCHASE"


class CohortStart(StrEnum):
    """What puts a customer into a cohort."""

    FIRST_PURCHASE = "FIRST_PURCHASE"
    FIRST_TOUCH = "FIRST_TOUCH"


class CohortPeriod(StrEnum):
    """How long the periods of a cohort are."""

    MONTH = "MONTH"
    QUARTER = "QUARTER"
    FISCAL_QUARTER = "FISCAL_QUARTER"
