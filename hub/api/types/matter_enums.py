"""The enumerations of matters and their figures as the schema shows them."""

from __future__ import annotations

from enum import StrEnum

from hub.api.types.enums import shown
from hub.journey.buckets import TimeBucket


class MatterOrderField(StrEnum):
    """What matters can be ordered by."""

    OPENED = "OPENED"
    DUE = "DUE"
    AMOUNT = "AMOUNT"
    CLOSED = "CLOSED"


shown(
    MatterOrderField,
    "What matters can be ordered by.",
    OPENED="When they began.",
    DUE="When they are due; those that are not come after all others.",
    AMOUNT="What they are worth in the hub's currency; those worth nothing in it count as the least.",
    CLOSED="When they ended; open ones count as before all others.",
)


class MatterDimension(StrEnum):
    """What matters can be grouped by."""

    KIND = "KIND"
    PIPELINE = "PIPELINE"
    STATE = "STATE"
    OUTCOME = "OUTCOME"
    OWNER = "OWNER"
    CUSTOMER = "CUSTOMER"
    CAMPAIGN = "CAMPAIGN"
    SOURCE = "SOURCE"


shown(
    MatterDimension,
    "What matters can be grouped by.",
    KIND="Deals, cases, orders ...",
    PIPELINE="The pipeline they move along.",
    STATE="The state they are in now.",
    OUTCOME="How they ended; null for those that have not.",
    OWNER="Who looks after them.",
    CUSTOMER="The organisation they are for, or else the person.",
    CAMPAIGN="The campaign that brought them.",
    SOURCE="Where they came from.",
)


class MatterTime(StrEnum):
    """Which time of a matter counts."""

    OPENED = "OPENED"
    CLOSED = "CLOSED"


shown(
    MatterTime,
    "Which time of a matter counts.",
    OPENED="When it began.",
    CLOSED="When it ended; open ones are in no group.",
)


class MatterStatsOrder(StrEnum):
    """By what groups of matters are ordered; groups of a time come in its order."""

    MATTERS = "MATTERS"
    AMOUNT = "AMOUNT"
    WON_AMOUNT = "WON_AMOUNT"
    OPEN_AMOUNT = "OPEN_AMOUNT"
    OVERDUE = "OVERDUE"
    OUTSTANDING = "OUTSTANDING"
    WIN_RATE = "WIN_RATE"


shown(
    MatterStatsOrder,
    "By what groups of matters are ordered, the largest first unless asked; of a time bucket, within it.",
    MATTERS="How many they are.",
    AMOUNT="What they are worth.",
    WON_AMOUNT="What those that ended WON are worth.",
    OPEN_AMOUNT="What the open ones are worth.",
    OVERDUE="How many are overdue.",
    OUTSTANDING="What is still owed for them.",
    WIN_RATE="Won of those that were won or lost; those of which none was come last.",
)
shown(
    TimeBucket,
    "Stretches of the calendar. Weeks begin on the hub's first day, fiscal ones in the hub's month.",
    DAY="A day of the hub.",
    WEEK="A week.",
    MONTH="A calendar month.",
    QUARTER="A quarter of the calendar year.",
    YEAR="A calendar year.",
    FISCAL_QUARTER="A quarter of the hub's fiscal year.",
    FISCAL_YEAR="The hub's fiscal year.",
)
