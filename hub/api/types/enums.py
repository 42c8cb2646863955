"""The enumerations of the house as the schema shows them. Importing this module gives them to strawberry."""

from __future__ import annotations

from enum import Enum, StrEnum
from typing import Any, TypeVar

import strawberry

from hub import values
from hub.ingest.health import HealthState
from hub.ingest.outcomes import RowOutcome
from hub.ingest.suggesting import SuggestionReason
from hub.journey import choices

E = TypeVar("E", bound=type[Enum])


def shown(enum: E, description: str, *, name: str | None = None, **meanings: str) -> E:
    """Put an enumeration into the schema, each value with its meaning."""
    strawberry.enum(enum, name=name, description=description)
    definition: Any = enum.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = meanings[value.name]
    return enum


shown(
    values.Channel,
    "How contact was made. Families of connectors are not channels.",
    EMAIL="Electronic mail.",
    PHONE="A call.",
    SMS="A text message.",
    CHAT="A chat.",
    SOCIAL="A social network.",
    WEB="The company's website.",
    APP="The company's own product.",
    IN_PERSON="Face to face.",
    POST="Letters and parcels.",
    MARKETPLACE="A shop that sells for others.",
    ACCOUNTING="The books.",
    OTHER="Anything else.",
)
shown(
    values.Direction,
    "Who acted.",
    INBOUND="The customer.",
    OUTBOUND="The company.",
    INTERNAL="Nobody outside.",
)
shown(
    values.TimePrecision,
    "How exactly the source gave the time.",
    INSTANT="To the moment.",
    DAY="To the day; the touchpoint stands at noon of it.",
    MONTH="To the month.",
)
shown(
    values.Side,
    "A person or a firm.",
    name="CustomerKind",
    PERSON="A human being.",
    ORGANISATION="A firm, an office, an association.",
)
shown(
    values.Relationship,
    "What this party is to us.",
    CUSTOMER="Buys from us, or might.",
    SUPPLIER="Sells to us.",
    PARTNER="Works with us.",
    COLLEAGUE="One of us.",
    IRRELEVANT="None of our business.",
)
shown(
    values.Stage,
    "How far the relationship has come.",
    PROSPECT="We know of them, or wrote to them.",
    LEAD="They came to us.",
    OPPORTUNITY="There is a quote or an open deal.",
    CUSTOMER="They bought.",
    LOYAL="They bought again and again.",
    ADVOCATE="They recommend us.",
)
shown(
    values.Standing,
    "How alive the relationship is.",
    ACTIVE="In touch at their usual pace.",
    AT_RISK="Quieter than usual.",
    LAPSED="Gone quiet.",
    WON_BACK="Came back after having lapsed.",
)
shown(
    values.MatterKind,
    "Kinds of matter.",
    DEAL="A sale in the making.",
    CASE="A question or complaint.",
    ORDER="Goods or work ordered.",
    INVOICE="A bill.",
    CONTRACT="A standing agreement.",
    CONVERSATION="A thread of messages.",
    FOLLOW_UP="Something that was promised.",
    LOYALTY="A card with points.",
    OTHER="Anything else.",
)
shown(
    values.MatterOutcome,
    "How a closed matter ended.",
    WON="With a sale.",
    LOST="Without a sale.",
    RESOLVED="Settled.",
    CANCELLED="Called off.",
)
shown(
    values.ParticipantRole,
    "What a participant did.",
    FROM="Sent it.",
    TO="Was written to.",
    CC="Got a copy.",
    ATTENDEE="Was there.",
    AGENT="Acted for the company.",
    REFERRER="Recommended.",
    REFERRED="Was recommended.",
    OTHER="Something else.",
)
shown(
    values.RevenueBasis,
    "What counts as revenue.",
    BILLED="Documents issued.",
    CASH="Money received.",
)
shown(
    RowOutcome,
    "What happened to a row.",
    NEW="Stored for the first time.",
    CHANGED="Stored as a new version.",
    UNCHANGED="Known already; nothing was stored.",
    REFUSED="Not stored; the row's problem says why.",
)
shown(
    HealthState,
    "How a source does.",
    HEALTHY="Nobody need do anything.",
    NEW="No pull of it has come to its end yet.",
    LATE="It should have been pulled long ago.",
    FAILING="Its pulls fail one after the other.",
    INCOMPLETE="It gave less than it says there is, or more of its rows are gone than may vanish at once.",
    SIGN_IN_AGAIN="Its credentials are no good any more; its owner must give new ones.",
    BROKEN="Its connector or its key cannot be used.",
    PAUSED="Somebody paused it.",
    WITHDRAWN="Somebody took it out of the picture.",
)
shown(
    SuggestionReason,
    "Why something is suggested.",
    ALIKE="The two are alike.",
    UNIQUE="An identifier would join them, but they have two values of a kind of which a customer has one.",
    SIZE="An identifier would join them, but the customer would have too many.",
    SHARED_PHONE="Nameless touchpoints carry a phone that the customer shares with somebody.",
)


class DayOfWeek(StrEnum):
    """A day of the week."""

    MONDAY = "MONDAY"
    TUESDAY = "TUESDAY"
    WEDNESDAY = "WEDNESDAY"
    THURSDAY = "THURSDAY"
    FRIDAY = "FRIDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


shown(DayOfWeek, "A day of the week.", **{day: f"{day.title()}." for day in DayOfWeek})


class TimelineOrder(StrEnum):
    """Order of a timeline."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"
    RECORDED_FIRST = "RECORDED_FIRST"


shown(
    TimelineOrder,
    "Order of a timeline. Equal times are ordered by touchpoint id.",
    NEWEST_FIRST="Latest occurrence first.",
    OLDEST_FIRST="Earliest occurrence first.",
    RECORDED_FIRST="In the order the hub came to know them.",
)


class TimelineScope(StrEnum):
    """Whose touchpoints a timeline holds."""

    OWN = "OWN"
    WITH_PEOPLE = "WITH_PEOPLE"


shown(
    TimelineScope,
    "Whose touchpoints a timeline holds.",
    OWN="The customer's own.",
    WITH_PEOPLE="An organisation's own, and those of its people.",
)


class CustomerOrderField(StrEnum):
    """What customers can be ordered by."""

    FIRST_TOUCH = "FIRST_TOUCH"
    LAST_TOUCH = "LAST_TOUCH"
    NAME = "NAME"
    REVENUE = "REVENUE"
    STAGE = "STAGE"
    STANDING = "STANDING"
    ABC_CLASS = "ABC_CLASS"
    ENGAGEMENT = "ENGAGEMENT"
    PREDICTED_VALUE = "PREDICTED_VALUE"


shown(
    CustomerOrderField,
    "What customers can be ordered by. Whoever has nothing to be ordered by comes last, in either direction.",
    FIRST_TOUCH="When they were first met.",
    LAST_TOUCH="When they were last met.",
    NAME="Their name, folded so that scripts and accents meet.",
    REVENUE="Revenue in the hub's currency.",
    STAGE="How far the relationship has come: ADVOCATE is largest. In a stage by when they were last met.",
    STANDING="How alive the relationship is: ACTIVE is largest, then WON_BACK, AT_RISK and LAPSED. "
    "In a standing by when they were last met.",
    ABC_CLASS="The class by revenue: A is largest. In a class as PREDICTED_VALUE does.",
    ENGAGEMENT="How much contact there was lately.",
    PREDICTED_VALUE="Value expected in the coming twelve months, or past spend where that ordered them better so far.",
)


class OrderDirection(StrEnum):
    """Up or down."""

    ASC = "ASC"
    DESC = "DESC"


shown(OrderDirection, "Up or down.", ASC="Smallest first.", DESC="Largest first.")


class ChangeKind(StrEnum):
    """Kinds of change."""

    TOUCHPOINT_ADDED = "TOUCHPOINT_ADDED"
    TOUCHPOINT_CHANGED = "TOUCHPOINT_CHANGED"
    TOUCHPOINT_RETRACTED = "TOUCHPOINT_RETRACTED"
    CUSTOMERS_MERGED = "CUSTOMERS_MERGED"
    CUSTOMER_SPLIT = "CUSTOMER_SPLIT"
    STAGE_CHANGED = "STAGE_CHANGED"
    STANDING_CHANGED = "STANDING_CHANGED"
    MATTER_CHANGED = "MATTER_CHANGED"
    CUSTOMER_DESCRIBED = "CUSTOMER_DESCRIBED"
    CUSTOMER_ERASED = "CUSTOMER_ERASED"


shown(
    ChangeKind,
    "Kinds of change.",
    TOUCHPOINT_ADDED="A touchpoint became known.",
    TOUCHPOINT_CHANGED="A touchpoint says something else now.",
    TOUCHPOINT_RETRACTED="No standing row yields the touchpoint any more.",
    CUSTOMERS_MERGED="Two customers turned out to be one.",
    CUSTOMER_SPLIT="One customer turned out to be two.",
    STAGE_CHANGED="A customer's stage changed.",
    STANDING_CHANGED="A customer's standing changed.",
    MATTER_CHANGED="A matter came into another state, was opened or closed, or is spoken of no more.",
    CUSTOMER_DESCRIBED="People decided something about a customer.",
    CUSTOMER_ERASED="A customer was erased.",
)


class Axis(StrEnum):
    """The two axes of a lifecycle."""

    STAGE = "STAGE"
    STANDING = "STANDING"


shown(
    Axis,
    "The two axes of a lifecycle.",
    STAGE="How far the relationship has come.",
    STANDING="How alive it is.",
)
shown(
    choices.AttributionModel,
    "How a conversion is shared among the touches before it.",
    FIRST="The first touch gets all.",
    LAST="The last touch gets all.",
    LINEAR="All touches get the same.",
    POSITION="The first and the last get 40 % each, those between share 20 %.",
    TIME_DECAY="A touch gets half as much as one that is a half-life later.",
    SHAPLEY="Each channel gets its Shapley value: the mean of what it adds, over all orders of channels.",
    MARKOV="Each channel gets by its removal effect: how many conversions a chain of touches would lose without it.",
)
shown(
    choices.AttributionDimension,
    "What conversions are shared among.",
    CHANNEL="Channels.",
    CAMPAIGN="Campaigns; only touches of one count.",
    UTM_SOURCE="Values of utm_source; only touches with one count.",
)
shown(
    choices.CohortStart,
    "What puts a customer into a cohort.",
    FIRST_PURCHASE="The first purchase that stands.",
    FIRST_TOUCH="The first touchpoint that was not automated.",
)
shown(
    choices.CohortPeriod,
    "How long the periods of a cohort are.",
    MONTH="A calendar month.",
    QUARTER="A quarter of the calendar year.",
    FISCAL_QUARTER="A quarter of the hub's fiscal year.",
)
