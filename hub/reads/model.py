"""Where what the schema shows is stored: a declarative map from its types and fields to tables, columns and relations.

Fields that show a column as it is are not listed: the schema itself says of which. A field of an interface holds for
the types that have none of their own. What is neither is answered the ordinary way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hub import kinds
from hub.reads.specs import All, Arguments, ById, ByName, Here, Listed, Other, Spec, Value
from hub.reads.tree import Parent, Table, Unsupported
from hub.store import customers, identifiers, matters, sources, touchpoints
from hub.store.pages import Order

CUSTOMER = Table("customer c", "c")
TOUCHPOINT = Table("touchpoint t", "t")
IDENTIFIER = Table("identifier i", "i")
MATTER = Table("matter m", "m")
PARTICIPANT = Table("participant p", "p")
LINE = Table("line_item l", "l")
SOURCE = Table("source s", "s")
RUN = Table("run u", "u")
USER = Table("hub_user w", "w")
CAMPAIGN = Table("campaign n", "n")
PRODUCT = Table("product d", "d")
TRAIT = Table("trait r", "r")
TAG = Table("tag g", "g")
CONVERTED = Table("converted_value o", "o")
CHANGE = Table("stage_change h", "h")
_FORMER = "('cus_' || substr(t.id, 4) || CASE WHEN {kind} = 'ORGANISATION' THEN '_org' ELSE '' END)"
FORMER = Table("touchpoint t", "t", {"former": _FORMER})
CUSTOMER_OF_TOUCHPOINT = Table("touchpoint t JOIN customer c ON c.num = t.customer", "c")
MATTER_OF_TOUCHPOINT = Table("matter_touchpoint x JOIN matter m ON m.num = x.matter", "m")
IDENTIFIER_OF_CLAIM = Table("claim_identifier x JOIN identifier i ON i.num = x.identifier", "i")

_TODAY_OR_BEFORE = "c.num = coalesce((SELECT e.num FROM customer e WHERE e.id = {given}), " + ", ".join(
    f"(SELECT e.num FROM touchpoint t JOIN customer e ON e.num = t.{side} WHERE t.gave_id AND e.kind = '{kind}' AND "
    f"t.id = 'tp_' || substr(replace({{given}}, '_org', ''), 5) AND {{given}} = 'cus_' || substr(t.id, 4) || '{end}')"
    for side, kind, end in (("customer", "PERSON", ""), ("organisation", "ORGANISATION", "_org"))
) + ")"  # fmt: skip
"""By an id, a former one too: it names the touchpoint it was given by."""

BY_PREFIX: Mapping[str, tuple[str, Table, str]] = {
    "cus": ("Customer", CUSTOMER, _TODAY_OR_BEFORE),
    "tp": ("Touchpoint", TOUCHPOINT, "t.id = {given}"),
    "mat": ("Matter", MATTER, "m.id = {given}"),
    "idn": ("Identifier", IDENTIFIER, "i.id = {given}"),
    "lin": ("LineItem", LINE, "l.id = {given}"),
    "prd": ("Product", PRODUCT, "d.id = {given}"),
    "cmp": ("Campaign", CAMPAIGN, "n.id = {given}"),
    "usr": ("User", USER, "w.id = {given}"),
    "src": ("Source", SOURCE, "s.id = {given}"),
    "run": ("Run", RUN, "u.id = {given}"),
}
"""With what ids begin, what they name for whoever may read, and the condition on what is ``{given}``."""

_OWN = "v.currency = {_currency}"
_OWED = f"coalesce(sum(CASE WHEN {_OWN} THEN v.outstanding END), 0)"
_FOREIGN_DEBT = "sum(CASE WHEN v.currency <> {_currency} AND v.outstanding <> 0 THEN 1 ELSE 0 END)"


def _flow(name: str) -> str:
    """What came together in the hub's currency, and what was converted into it."""
    converted = f"(SELECT sum(o.{name}) FROM converted_value o WHERE o.customer = {{num}})"
    return f"coalesce(sum(CASE WHEN {_OWN} THEN v.{name} END), 0) + coalesce({converted}, 0)"


def _mean(days: str, of: str) -> str:
    total, number = (f"CAST(sum(v.{name}) AS double precision)" for name in (days, of))
    return f"CASE WHEN sum(v.{of}) > 0 THEN {total} / {number} END"


_BOUGHT = "FROM purchase p WHERE p.customer = {num}"
_LATE = "FROM debt d WHERE d.customer = {num} AND d.due < {_today}"
VALUE = Table(
    "customer_value v",
    "v",
    {
        **{name: _flow(name) for name in ("invoiced", "credited", "paid", "refunded", "reversals", "revenue")},
        # What is owed in other currencies is converted by the rates of today: nothing, so the ordinary way answers.
        "outstanding": f"CASE WHEN {_FOREIGN_DEBT} > 0 THEN NULL ELSE {_OWED} END",
        "num": "{num}",
        "days_to_pay": _mean("days_to_pay", "settled"),
        "days_late": _mean("days_late", "settled_due"),
        "orders": "coalesce(sum(v.orders), 0)",
        "first_purchase_at": "min(v.first_purchase_at)",
        "last_purchase_at": "max(v.last_purchase_at)",
        "overdue": (
            "(SELECT CASE WHEN sum(CASE WHEN d.currency <> {_currency} THEN 1 ELSE 0 END) > 0 THEN NULL "
            f"ELSE coalesce(sum(d.amount), 0) END {_LATE})"
        ),
        "overdue_since": f"(SELECT min(d.due) {_LATE})",
        "purchase_days": f"(SELECT count(DISTINCT p.day) {_BOUGHT})",
        "recency_days": f"(SELECT {{_today}} - p.day {_BOUGHT} ORDER BY p.at DESC, p.touchpoint DESC LIMIT 1)",
    },
)

_TOUCHPOINTS = (*(name for name in dict.fromkeys(each.type_name for each in kinds.KINDS.values())), kinds.CUSTOM)
KINDS: Mapping[str, tuple[str, ...]] = {
    name: tuple(sorted(each.name for each in kinds.KINDS.values() if each.type_name == name))
    for name in dict.fromkeys(_TOUCHPOINTS)
    if name != kinds.CUSTOM
}
"""The kinds of touchpoints that have a type of their own, by type; all others are ``kinds.CUSTOM``."""

STANDS: Mapping[str, Table] = {
    "Customer": CUSTOMER,
    "Lifecycle": CUSTOMER,
    "Touchpoint": TOUCHPOINT,
    **dict.fromkeys(_TOUCHPOINTS, TOUCHPOINT),
    "Identifier": IDENTIFIER,
    "Participant": PARTICIPANT,
    "LineItem": LINE,
    "Source": SOURCE,
    "Run": RUN,
    "User": USER,
    "Campaign": CAMPAIGN,
    "Product": PRODUCT,
    "StageChange": CHANGE,
    "Because": CHANGE,
    "Quantity": TOUCHPOINT,
    "Matter": MATTER,
}
"""The rows that objects of a type are."""

_ORIGIN = ("source", "medium", "campaign", "term", "content", "click_id", "referrer", "landing_page")
_BECAUSE = {
    "rule": "({because}::json ->> 'rule')",
    "rule_version": "({because}::json ->> 'ruleVersion')",
    "text": "({because}::json ->> 'text')",
    "facts": "CAST({because}::json -> 'facts' AS text)",
}
_ANSWERED = "CAST({properties}::json -> 'answered' AS text)"
_AMOUNT = Here({"amount": "{amount}", "currency": "{currency}"}, absent="{amount} IS NULL OR {currency} IS NULL")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.title, others))


def _text_property(name: str) -> str:
    """A property, where it is text."""
    held = f"{{properties}}::json -> '{name}'"
    return f"(CASE WHEN substr(CAST({held} AS text), 1, 1) = '\"' THEN {{properties}}::json ->> '{name}' END)"


def _whole_property(name: str) -> str:
    """A property, where it is a number: a whole one, or what is beyond any for those that need more than reading."""
    held = f"CAST({{properties}}::json -> '{name}' AS text)"
    plain = f"ltrim({held}, '0123456789') = '' AND length({held}) < 10"
    number = f"ltrim(substr({held}, 1, 1), '-0123456789') = ''"
    return f"CASE WHEN {plain} THEN CAST({held} AS bigint) WHEN {number} THEN {10**10} END"


def _line_amount(name: str) -> Here:
    return Here({"amount": f"{{{name}}}", "currency": "{currency}", "exact": "yes"}, absent=f"{{{name}}} IS NULL")


def _money(minor: str) -> Here:
    return Here({"amount": f"{{{minor}}}", "currency": "{_currency}"})


def _timeline_order(arguments: Arguments, _: bool) -> Order:
    return touchpoints.ORDERS[str(arguments["orderBy"])]


def _customer_order(arguments: Arguments, contacts: bool) -> Order:
    asked = arguments.get("orderBy") or {}
    field_, way = str(asked.get("field", "LAST_TOUCH")), str(asked.get("direction", "DESC"))
    if field_ not in customers.ORDERS or (field_ == "NAME" and not contacts):
        raise Unsupported
    return customers.order_by(field_, descending=way == "DESC")


def _matter_order(arguments: Arguments, _: bool) -> Order:
    asked = arguments.get("orderBy")
    if asked is None:
        return matters.ORDER
    return matters.order(str(asked["field"]), descending=str(asked.get("direction", "DESC")) == "DESC")


def _always(order: Order) -> Callable[[Arguments, bool], Order]:
    return lambda _, __: order


_OF_SIDES = (
    Parent("customer", when="{kind} <> 'ORGANISATION'"),
    Parent("organisation", when="{kind} = 'ORGANISATION'"),
)

FIELDS: Mapping[str, Spec] = {
    "Query.hub": Here(),
    "Query.node": ById("id"),
    "Query.customer": ByName(
        "by",
        {
            "id": (CUSTOMER, _TODAY_OR_BEFORE),
            "touchpoint": (CUSTOMER_OF_TOUCHPOINT, "t.id = {given}"),
            "identifier": (CUSTOMER, ""),
        },
    ),
    "Query.sources": Listed(SOURCE, "Query.sources", _always(sources.ORDER), scopes=frozenset({"read", "manage"})),
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
    "Customer.formerIds": All(
        FORMER, "", "t.heard, t.id", where=f"t.gave_id AND {_FORMER} <> {{id}}", value="{former}", parents=_OF_SIDES
    ),
    "Customer.tags": All(TAG, "g.customer", "g.tag", value="{tag}"),
    "Customer.owner": Other(USER, "num", "owner"),
    "Customer.organisation": Other(CUSTOMER, "num", "organisation"),
    "Customer.firstTouch": Other(TOUCHPOINT, "num", "first_touch"),
    "Customer.lastTouch": Other(TOUCHPOINT, "num", "last_touch"),
    "Customer.identifiers": Listed(
        IDENTIFIER, "Customer.identifiers", _always(identifiers.ORDER), (Parent("customer"),), "NOT i.hidden"
    ),
    "Customer.timeline": Listed(
        TOUCHPOINT,
        "Customer.timeline",
        _timeline_order,
        _OF_SIDES,
        narrowed="touchpoints",
        unfiltered="t.retracted_at IS NULL",
        only={"scope": "OWN"},
    ),
    "Customer.matters": Listed(MATTER, "Customer.matters", _matter_order, _OF_SIDES, narrowed="matters"),
    "Customer.lifecycle": Here(),
    "Customer.value": Other(VALUE, "customer", "num", required=True),
    "Lifecycle.nextChangeAt": Value("nullif({next_change_at}, 0)"),
    "Lifecycle.history": All(CHANGE, "h.customer", "h.position"),
    "Lifecycle.because": Here(_BECAUSE, absent="{because} IS NULL"),
    "StageChange.because": Here({name: f"{{{name}}}" for name in _BECAUSE}),
    "Because.facts": Value("{facts}", "CASE WHEN {rule} = 'decided' THEN NULL ELSE {facts} END"),
    "Because.decided": Value("{rule} = 'decided'"),
    "Value.revenue": _money("revenue"),
    "Value.outstanding": _money("outstanding"),
    "Value.invoiced": _money("invoiced"),
    "Value.credited": _money("credited"),
    "Value.paid": _money("paid"),
    "Value.refunded": _money("refunded"),
    "Value.reversed": _money("reversals"),
    "Value.notConverted": All(
        CONVERTED,
        "o.customer",
        "o.currency",
        where="o.missing > 0",
        columns={"amount": "{unconverted}", "currency": "{currency}"},
    ),
    "Value.daysToPay": Value("{days_to_pay}"),
    "Value.daysLate": Value("{days_late}"),
    "Value.overdue": _money("overdue"),
    "Value.overdueSince": Value("{overdue_since}", form="day"),
    "Value.purchaseDays": Value("{purchase_days}"),
    "Value.recencyDays": Value("{recency_days}"),
    "Value.orders": Value("{orders}"),
    "Value.firstPurchaseAt": Value("{first_purchase_at}"),
    "Value.lastPurchaseAt": Value("{last_purchase_at}"),
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
    "FormSubmission.url": Value(_text_property("url")),
    "SocialPost.network": Value(_text_property("network")),
    "SocialPost.url": Value(_text_property("url"), ""),
    "Touchpoint.cost": Here(
        {"amount": "{cost}", "currency": "{cost_currency}"}, absent="{cost} IS NULL OR {cost_currency} IS NULL"
    ),
    "Touchpoint.campaign": Other(CAMPAIGN, "num", "campaign"),
    "Touchpoint.customer": Other(CUSTOMER, "num", "customer"),
    "Touchpoint.organisation": Other(CUSTOMER, "num", "organisation"),
    "Touchpoint.origin": Here(absent=" AND ".join(f"coalesce({{origin_{name}}}, '') = ''" for name in _ORIGIN)),
    **{f"Origin.{_camel(name)}": Value(f"{{origin_{name}}}") for name in _ORIGIN},
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
    "Matter.owner": Other(USER, "num", "owner"),
    "Matter.customer": Other(CUSTOMER, "num", "customer"),
    "Matter.organisation": Other(CUSTOMER, "num", "organisation"),
    "Matter.campaign": Other(CAMPAIGN, "num", "campaign"),
    "Matter.source": Other(SOURCE, "num", "source", required=True),
    "LineItem.quantity": Value("{quantity}"),
    "LineItem.unitPrice": _line_amount("unit_price"),
    "LineItem.amount": _line_amount("amount"),
    "LineItem.tax": _line_amount("tax"),
    "LineItem.product": Other(PRODUCT, "num", "product"),
    "Invoice.lines": Listed(LINE, "Invoice.lines", _always(touchpoints.LINE_ORDER), (Parent("touchpoint"),)),
    "Source.runs": Listed(RUN, "Source.runs", _always(sources.RUN_ORDER), (Parent("source"),)),
}
"""By type and field."""
