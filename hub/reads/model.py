"""Where what the schema shows is stored: a declarative map from its types and fields to tables, columns and relations.

Fields that show a column as it is are not listed: the schema itself says of which. A field of an interface holds for
the types that have none of their own. What is neither is answered the ordinary way.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.reads import groups, incoming, journeys, worth
from hub.reads.specs import All, Arguments, ById, ByName, Here, Listed, Other, Spec, Value
from hub.reads.tables import (
    AFFILIATION,
    CAMPAIGN,
    CHANGE,
    CUSTOMER,
    CUSTOMER_OF_TOUCHPOINT,
    FORMER,
    FORMER_ID,
    IDENTIFIER,
    IDENTIFIER_OF_CLAIM,
    KIND_OF_SIDE,
    LEDGER,
    LINE,
    MATTER,
    MATTER_CHANGE,
    MATTER_OF_TOUCHPOINT,
    PARTICIPANT,
    PRODUCT,
    RECORD,
    SOURCE,
    STAGE_TIME,
    TAG,
    TODAY_OR_BEFORE,
    TOUCHPOINT,
    TOUCHPOINT_OF_MATTER,
    TRAIT,
    USER,
)
from hub.reads.tree import Parent, Unsupported
from hub.store import identifiers, ledger, matters, ranked, touchpoints
from hub.store.pages import LARGEST_SIZE, Order
from hub.values import Side

_ORIGIN = ("source", "medium", "campaign", "term", "content", "click_id", "referrer", "landing_page")
_PAGES = ("referrer", "landing_page")
_ORIGIN_HERE = Here(absent=" AND ".join(f"coalesce({{origin_{name}}}, '') = ''" for name in _ORIGIN))
_BECAUSE = {
    "rule": "({because}::json ->> 'rule')",
    "rule_version": "({because}::json ->> 'ruleVersion')",
    "text": "({because}::json ->> 'text')",
    "facts": "CAST({because}::json -> 'facts' AS text)",
    "said": "({because}::json -> 'facts')",
    "touchpoints": "({because}::json -> 'touchpoints')",
}
_BECAUSE_OF_CHANGE = {"rule": "{rule}", "rule_version": "{rule_version}", "text": "{text}", "facts": "{facts}"} | {
    "said": "{facts}::json", "touchpoints": "{touchpoints}",
}  # fmt: skip
_BEYOND = 10**18
"""A time that is none: the ordinary way tells."""
_DAY = 86_400_000_000
_SINCE = "coalesce({exited_at}, {_now}) - {latest_entered_at}"
_LATEST = f"CASE WHEN {_SINCE} < 0 THEN 0 ELSE {_SINCE} END"
_SPENT = "CASE WHEN {_now} < {opened_at} THEN 0 ELSE {_now} - {opened_at} END"
_ANSWERED = "CAST({properties}::json -> 'answered' AS text)"
_AMOUNT = Here({"amount": "{amount}", "currency": "{currency}"}, absent="{amount} IS NULL OR {currency} IS NULL")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


def _text_property(name: str) -> str:
    """A property, where it is text."""
    held = f"{{properties}}::json -> '{name}'"
    return f"(CASE WHEN substr(CAST({held} AS text), 1, 1) = '\"' THEN {{properties}}::json ->> '{name}' END)"


def _object_property(name: str) -> str:
    """A property, where it is an object."""
    held = f"CAST({{properties}}::json -> '{name}' AS text)"
    brace = "{" * 4  # templates are filled in twice
    return f"(CASE WHEN substr({held}, 1, 1) = '{brace}' THEN {held} END)"


def _whole_property(name: str) -> str:
    """A property, where it is a number: a whole one, or what is beyond any for those that need more than reading."""
    held = f"CAST({{properties}}::json -> '{name}' AS text)"
    plain = f"ltrim({held}, '0123456789') = '' AND length({held}) < 10"
    number = f"ltrim(substr({held}, 1, 1), '-0123456789') = ''"
    return f"CASE WHEN {plain} THEN CAST({held} AS bigint) WHEN {number} THEN {10**10} END"


def _line_amount(name: str) -> Here:
    return Here({"amount": f"{{{name}}}", "currency": "{currency}", "exact": "yes"}, absent=f"{{{name}}} IS NULL")


def _timeline_order(arguments: Arguments, _: bool) -> Order:
    return touchpoints.ORDERS[str(arguments["orderBy"])]


def _customer_order(arguments: Arguments, contacts: bool) -> Order:
    asked = arguments.get("orderBy") or {}
    field_, way = str(asked.get("field", "LAST_TOUCH")), str(asked.get("direction", "DESC"))
    if field_ == "NAME" and not contacts:
        raise Unsupported
    return ranked.order_by(field_, descending=way == "DESC")


def _matter_order(arguments: Arguments, _: bool) -> Order:
    asked = arguments.get("orderBy")
    if asked is None:
        return matters.ORDER
    return matters.order(str(asked["field"]), descending=str(asked.get("direction", "DESC")) == "DESC")


_OF_SIDES = (
    Parent("customer", when=KIND_OF_SIDE[Side.PERSON]),
    Parent("organisation", when=KIND_OF_SIDE[Side.ORGANISATION]),
)
_OR_OF_PEOPLE = (
    "(t.organisation = {num} OR t.customer IN (SELECT f.person FROM affiliation f WHERE f.organisation = {num}))"
)

FIELDS: Mapping[str, Spec] = {
    **groups.FIELDS,
    **incoming.FIELDS,
    **journeys.FIELDS,
    **worth.FIELDS,
    "Query.hub": Here(),
    "Query.node": ById("id"),
    "Query.customer": ByName(
        "by",
        {
            "id": (CUSTOMER, TODAY_OR_BEFORE),
            "touchpoint": (CUSTOMER_OF_TOUCHPOINT, "t.id = {given}"),
            "identifier": (CUSTOMER, ""),
        },
    ),
    "Query.customers": Listed(
        CUSTOMER,
        "Query.customers",
        _customer_order,
        narrowed="customers",
        unfiltered="c.relationship = 'CUSTOMER'",
        only={"asOf": None},
    ),
    "Query.touchpoints": Listed(
        TOUCHPOINT,
        "Query.touchpoints",
        _timeline_order,
        narrowed="touchpoints",
        unfiltered="t.retracted_at IS NULL",
        only={"asOf": None},
    ),
    "Query.matters": Listed(MATTER, "Query.matters", _matter_order, narrowed="matters", only={"asOf": None}),
    "Customer.displayName": Value("{display_name}", "{display_name_masked}"),
    "Customer.name": Value("{name}", "{name_masked}"),
    "Customer.email": Value("{email}", "{email_masked}"),
    "Customer.phone": Value("{phone}", "{phone_masked}"),
    "Customer.city": Value("{city}", ""),
    "Customer.birthday": Here(absent="coalesce({birthday}, '') = ''", contacts=True),
    "Birthday.year": Value(
        "CASE WHEN ltrim(substr({birthday}, 1, 4), '0123456789') = '' THEN CAST(substr({birthday}, 1, 4) AS bigint) END"
    ),
    "Birthday.month": Value("CAST(substr({birthday}, length({birthday}) - 4, 2) AS bigint)"),
    "Birthday.day": Value("CAST(substr({birthday}, length({birthday}) - 1, 2) AS bigint)"),
    "Customer.traits": All(TRAIT, "r.customer", "r.name", where="r.position = 0", among="names r.name"),
    "Trait.value": Value("{value}", ""),
    "Trait.touchpoint": Other(TOUCHPOINT, "num", "touchpoint"),
    "Trait.others": All(
        TRAIT, "r.customer", "r.position", of="customer", where="r.name = {name} AND r.position > 0 AND {position} = 0"
    ),
    "Customer.affiliations": All(
        AFFILIATION,
        "",
        "a.since, a.person, a.organisation",
        parents=(
            Parent("person", when=KIND_OF_SIDE[Side.PERSON]),
            Parent("organisation", when=KIND_OF_SIDE[Side.ORGANISATION]),
        ),
        most=LARGEST_SIZE,
    ),
    "Affiliation.person": Other(CUSTOMER, "num", "person"),
    "Affiliation.organisation": Other(CUSTOMER, "num", "organisation"),
    "Affiliation.because": All(TOUCHPOINT, "t.num", "t.num", of="touchpoint"),
    "Customer.acquisition": Other(TOUCHPOINT, "num", "acquired_by"),
    "Acquisition.touchpoint": Here(),
    "Acquisition.at": Value("{occurred_at}"),
    "Acquisition.channel": Value("{channel}"),
    "Acquisition.origin": _ORIGIN_HERE,
    "Acquisition.campaign": Other(CAMPAIGN, "num", "campaign"),
    "Customer.formerIds": All(
        FORMER, "", "t.heard, t.id", where=f"t.gave_id AND {FORMER_ID} <> {{id}}", value="{former}", parents=_OF_SIDES
    ),
    "Customer.tags": All(TAG, "g.customer", "g.tag", value="{tag}"),
    "Customer.owner": Other(USER, "num", "owner"),
    "Customer.organisation": Other(CUSTOMER, "num", "organisation"),
    "Customer.firstTouch": Other(TOUCHPOINT, "num", "first_touch"),
    "Customer.lastTouch": Other(TOUCHPOINT, "num", "last_touch"),
    "Customer.identifiers": Listed(
        IDENTIFIER, "Customer.identifiers", identifiers.ORDER, (Parent("customer"),), "NOT i.hidden"
    ),
    "Customer.timeline": Listed(
        TOUCHPOINT,
        "Customer.timeline",
        _timeline_order,
        _OF_SIDES,
        narrowed="touchpoints",
        unfiltered="t.retracted_at IS NULL",
        wider=(_OF_SIDES[0], Parent(when=_OF_SIDES[1].when, condition=_OR_OF_PEOPLE)),
    ),
    "Customer.matters": Listed(MATTER, "Customer.matters", _matter_order, _OF_SIDES, narrowed="matters"),
    "Customer.lifecycle": Here(),
    "Lifecycle.nextChangeAt": Value("nullif({next_change_at}, 0)"),
    "Lifecycle.history": All(CHANGE, "h.customer", "h.position"),
    "Lifecycle.because": Here(_BECAUSE, absent="{because} IS NULL"),
    "StageChange.because": Here(_BECAUSE_OF_CHANGE),
    "Because.facts": Value("{facts}", "CASE WHEN {rule} = 'decided' THEN NULL ELSE {facts} END"),
    "Because.decided": Value("{rule} = 'decided'"),
    "Because.decidedBy": Value("CASE WHEN {rule} = 'decided' THEN {said} ->> 'by' END"),
    "Because.reason": Value("CASE WHEN {rule} = 'decided' THEN {said} ->> 'reason' END", ""),
    "Because.until": Value(f"CASE WHEN {{rule}} = 'decided' AND {{said}} ->> 'until' IS NOT NULL THEN {_BEYOND} END"),
    "Because.touchpoints": All(TOUCHPOINT, "t.id", "", listed="{touchpoints}"),
    "Lifecycle.stages": All(STAGE_TIME, "", "y.place"),
    "StageTime.latestDays": Value(f"CAST({_LATEST} AS double precision) / {_DAY}"),
    "StageTime.totalDays": Value(
        f"CAST({{lasted}} + CASE WHEN {{exited_at}} IS NULL THEN {_LATEST} ELSE 0 END AS double precision) / {_DAY}"
    ),
    "Identifier.masked": Value("1 = 0", "1 = 1"),
    "Identifier.source": Other(SOURCE, "id", "namespace"),
    "Identifier.value": Value("{value}", "{masked}"),
    "Identifier.display": Value("{display}", "{masked}"),
    "Touchpoint.title": Value("{title}", ""),
    "Touchpoint.text": Value("{text}", ""),
    "Touchpoint.properties": Value("{properties}", ""),
    "Touchpoint.amount": _AMOUNT,
    "Touchpoint.quantity": Here({"value": "{quantity}", "unit": "{quantity_unit}"}, absent="{quantity} IS NULL"),
    "Quantity.value": Value("{value}"),
    "Quantity.unit": Value("coalesce({unit}, '')"),
    "EmailMessage.attachments": Value("{properties}", "", form="files"),
    "EmailMessage.subject": Value(f"coalesce({_text_property('subject')}, {{title}})", ""),
    "Call.seconds": Value(_whole_property("seconds")),
    "Call.answered": Value(f"CASE {_ANSWERED} WHEN 'true' THEN 1 = 1 WHEN 'false' THEN 1 = 0 END"),
    "Payment.method": Value(_text_property("method")),
    "FormSubmission.form": Value(_text_property("form")),
    "FormSubmission.url": Value(_text_property("url"), _text_property("url"), masked_form="page"),
    "FormSubmission.fields": Value(_object_property("fields"), ""),
    "SocialPost.network": Value(_text_property("network")),
    "SocialPost.url": Value(_text_property("url"), ""),
    "Touchpoint.cost": Here(
        {"amount": "{cost}", "currency": "{cost_currency}"}, absent="{cost} IS NULL OR {cost_currency} IS NULL"
    ),
    "Touchpoint.campaign": Other(CAMPAIGN, "num", "campaign"),
    "Touchpoint.customer": Other(CUSTOMER, "num", "customer"),
    "Touchpoint.organisation": Other(CUSTOMER, "num", "organisation"),
    "Touchpoint.origin": _ORIGIN_HERE,
    **{
        f"Origin.{_camel(name)}": Value(
            f"{{origin_{name}}}", f"{{origin_{name}}}", "", "page" if name in _PAGES else ""
        )
        for name in _ORIGIN
    },
    "Touchpoint.record": Other(RECORD, "number", "record"),
    "Touchpoint.matters": All(MATTER_OF_TOUCHPOINT, "x.touchpoint", "m.id"),
    "Touchpoint.identifiers": All(IDENTIFIER_OF_CLAIM, "x.claim", "i.rank, i.num", of="claim", where="NOT i.hidden"),
    "Touchpoint.participants": All(PARTICIPANT, "p.touchpoint", "p.position"),
    "Touchpoint.source": Other(SOURCE, "num", "source", required=True),
    "Participant.name": Value("nullif({name}, '')", "nullif({name_masked}, '')"),
    "Participant.identifier": Value("nullif({identifier}, '')", "nullif({identifier_masked}, '')"),
    "Matter.title": Value("{title}", ""),
    "Matter.properties": Value("{properties}", ""),
    "Matter.amount": _AMOUNT,
    "Matter.outstanding": Here(
        {"amount": "{outstanding}", "currency": "{currency}"}, absent="{outstanding} IS NULL OR {currency} IS NULL"
    ),
    "Matter.overdue": Value("({open} AND {due_at} IS NOT NULL AND {due_at} < {_now})"),
    "Matter.balance": Here({"value": "{balance}", "unit": "{balance_unit}"}, absent="{balance} IS NULL"),
    "Matter.closedAfter": Value(f"CAST({{closed_after}} AS double precision) / {_DAY}"),
    "Matter.daysOpen": Value(f"CAST(coalesce({{closed_after}}, {_SPENT}) AS double precision) / {_DAY}"),
    "Matter.answeredAfter": Value(f"CAST({{answered_after}} AS double precision) / {_DAY}"),
    "Matter.history": All(MATTER_CHANGE, "h.matter", "h.position"),
    "MatterChange.days": Value(f"CAST({{lasted}} AS double precision) / {_DAY}"),
    "MatterChange.touchpoint": Other(TOUCHPOINT, "num", "touchpoint"),
    "Matter.timeline": Listed(
        TOUCHPOINT_OF_MATTER, "Matter.timeline", matters.TIMELINE_ORDER, (Parent(condition="x.matter = {num}"),)
    ),
    "Matter.owner": Other(USER, "num", "owner"),
    "Matter.customer": Other(CUSTOMER, "num", "customer"),
    "Matter.organisation": Other(CUSTOMER, "num", "organisation"),
    "Matter.campaign": Other(CAMPAIGN, "num", "campaign"),
    "Matter.source": Other(SOURCE, "num", "source", required=True),
    "Campaign.budget": Here(
        {"amount": "{budget}", "currency": "{currency}"}, absent="{budget} IS NULL OR {currency} IS NULL"
    ),
    "Campaign.spend": Here(
        {"amount": "{spend}", "currency": "{currency}"}, absent="{spend} IS NULL OR {currency} IS NULL"
    ),
    "Query.changes": Listed(LEDGER, "Query.changes", ledger.ORDER, only={"kinds": None}),
    "Change.customer": Other(CUSTOMER, "", "", where=TODAY_OR_BEFORE.replace("{given}", "{customer}")),
    "Change.touchpoint": Other(TOUCHPOINT, "id", "touchpoint"),
    "Change.matter": Other(MATTER, "id", "matter"),
    "LineItem.quantity": Value("{quantity}"),
    "LineItem.unitPrice": _line_amount("unit_price"),
    "LineItem.amount": _line_amount("amount"),
    "LineItem.tax": _line_amount("tax"),
    "LineItem.product": Other(PRODUCT, "num", "product"),
    "Invoice.lines": Listed(LINE, "Invoice.lines", touchpoints.LINE_ORDER, (Parent("touchpoint"),)),
}
"""By type and field."""
