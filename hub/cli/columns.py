"""What the lists that are taken away hold, list by list and column by column: for people who read the files."""

from __future__ import annotations

from collections.abc import Mapping

from hub.store.exported import LISTS, Kind

TELLS: Mapping[str, str] = {
    # A name that begins with a point is of every list that says nothing else of it.
    ".id": "The id in the graph.",
    ".kind": "What happened: one of the kinds of touchpoints.",
    ".channel": "How contact was made.",
    ".customer": "The id of the person; of what nobody is known to have done it is null.",
    ".organisation": "The id of the organisation it was done for, whose money it then is.",
    ".source": "The id of the source that told of it.",
    ".campaign": "The id of the campaign.",
    ".touchpoint": "The id of the touchpoint.",
    ".occurred_at": "When it happened, UTC.",
    ".currency": "The currency of the amounts beside it, ISO 4217.",
    ".document": "What its source calls the document: the number of an invoice.",
    ".owner": "The id of the user who looks after them.",
    ".owner_name": "Their name.",
    ".source_name": "The name of the source.",
    ".campaign_name": "The name of the campaign.",
    ".properties": "JSON: what its kind declares; null without the scope pii.",
    ".title": "The source's own words; null without the scope pii.",
    ".stage": "How far the relationship has come: PROSPECT to ADVOCATE, null before.",
    ".standing": "How alive the relationship is: ACTIVE, AT_RISK, LAPSED, WON_BACK.",
    ".customer_name": "The name of the account it counts for; masked without the scope pii.",
    "customers": "Resolved persons and organisations whose relationship is CUSTOMER, one row each.",
    "customers.id": "The id in the graph; customer and organisation of the other lists.",
    "customers.kind": "PERSON or ORGANISATION.",
    "customers.relationship": "What they are to us: CUSTOMER unless a filter asked for others.",
    "customers.display_name": "What they are shown as: a name, or what else is known; masked without the scope pii.",
    "customers.name": "Their full name; masked without the scope pii.",
    "customers.email": "The address they are best reached at; masked without the scope pii.",
    "customers.phone": "The number they are best reached at; masked without the scope pii.",
    "customers.birthday": "YYYY-MM-DD, or --MM-DD without a year; null without the scope pii.",
    "customers.language": "Their language.",
    "customers.country": "Their country, ISO 3166.",
    "customers.city": "Their city; null without the scope pii.",
    "customers.organisation": "Of a person: the organisation they belong to today.",
    "customers.first_touch_at": "When they were first heard of, UTC.",
    "customers.last_touch_at": "When they were last heard of, UTC.",
    "customers.acquired_at": "When the first touch that counts happened, UTC.",
    "customers.acquired_channel": "The channel of the first touch that counts.",
    "customers.acquired_source": "Its utm_source.",
    "customers.acquired_campaign": "The id of its campaign.",
    "customers.acquired_campaign_name": "The name of that campaign.",
    "customers.stage_since": "Since when they are at their stage, UTC.",
    "customers.next_change_at": "When silence alone changes their stage or standing, UTC.",
    "customers.revenue": "Net revenue in the hub's currency, counted once per account.",
    "customers.currency": "The hub's currency.",
    "touchpoints": "What happened with customers, one row each; retracted ones are left out.",
    "touchpoints.direction": "INBOUND: the customer acted; OUTBOUND: we did; INTERNAL: neither.",
    "touchpoints.automated": "A machine did it: it never counts as contact.",
    "touchpoints.historical": "It came with a first import.",
    "touchpoints.occurred_on": "The day it happened, in the hub's time zone.",
    "touchpoints.time_precision": "How exactly the time is known: INSTANT, DAY or MONTH.",
    "touchpoints.recorded_at": "When the hub heard of it, UTC.",
    "touchpoints.text": "Its text; null without the scope pii.",
    "touchpoints.amount": "What it is worth, in its own currency.",
    "touchpoints.cost": "What it cost, in cost_currency.",
    "touchpoints.cost_currency": "The currency of the cost, ISO 4217.",
    "touchpoints.quantity": "What it measures that is not money: points, minutes, a score.",
    "touchpoints.quantity_unit": "What the quantity counts.",
    "touchpoints.origin_source": "utm_source of what brought the customer here.",
    "touchpoints.origin_medium": "Its utm_medium.",
    "touchpoints.origin_campaign": "Its utm_campaign, as written.",
    "touchpoints.origin_term": "Its utm_term.",
    "touchpoints.origin_content": "Its utm_content.",
    "touchpoints.origin_click_id": "The advertising network's id of the click.",
    "touchpoints.origin_referrer": "The page before; without the scope pii only where it carries no query.",
    "touchpoints.origin_landing_page": "The first page of the visit; masked as origin_referrer is.",
    "touchpoints.settles": "The document that a payment or credit note is for.",
    "touchpoints.due_on": "By when an invoice is to be paid.",
    "matters": "Deals, cases, orders and what else has a life of its own, as they stand.",
    "matters.kind": "DEAL, CASE, ORDER, INVOICE, CONTRACT, CONVERSATION, FOLLOW_UP, LOYALTY or OTHER.",
    "matters.reference": "What its source calls it.",
    "matters.pipeline": "The pipeline it is in.",
    "matters.state": "The state it is in, in the words of its source.",
    "matters.outcome": "How it ended: WON, LOST, RESOLVED, CANCELLED; null while it is open.",
    "matters.open": "Whether it is open.",
    "matters.amount": "What it is about, in its own currency.",
    "matters.outstanding": "What of it is still owed.",
    "matters.owner_name": "The name of who looks after it, or what its source calls them.",
    "matters.opened_at": "When it was opened, UTC.",
    "matters.due_at": "By when it is due, UTC.",
    "matters.closed_at": "When it was closed, UTC.",
    "matters.answered_after": "Seconds from the opening to our first answer.",
    "matters.closed_after": "Seconds from the opening to the end.",
    "matters.state_since": "Since when it is in its state, UTC.",
    "matters.balance": "Of a loyalty account: what is on it.",
    "matters.balance_unit": "What the balance counts.",
    "purchases": "Purchases that stand, each of the account it counts for: what value is reckoned from.",
    "purchases.touchpoint": "The id of the touchpoint that made it stand.",
    "purchases.customer": "The id of the account it counts for: the organisation, or else the person.",
    "purchases.purchased_at": "When it was made, UTC.",
    "purchases.amount": "What credits left of it; null when it is not known.",
    "purchases.converted": "The same in the hub's currency; null without an exchange rate.",
    "purchases.converted_currency": "The hub's currency.",
    "lines": "Line items of invoices, orders and credit notes, one row each, as their source wrote them.",
    "lines.position": "Which of the document's lines, from 0.",
    "lines.kind": "What the document is: invoice, order, credit_note.",
    "lines.occurred_at": "When the document was made, UTC.",
    "lines.product": "The id of the product.",
    "lines.sku": "What its source calls the product.",
    "lines.name": "The name of the product.",
    "lines.category": "The group of products it belongs to.",
    "lines.description": "What the line says.",
    "lines.quantity": "How much of it.",
    "lines.unit_price": "The price of one.",
    "lines.amount": "The amount of the whole line.",
    "lines.tax": "The tax in it.",
    "tags": "Tags that people gave customers, one row each.",
    "tags.customer": "The id of the customer.",
    "tags.tag": "The tag.",
    "traits": "What is known about customers, one row for each value that was said.",
    "traits.customer": "The id of the customer.",
    "traits.name": "What is known: city, company, job_title.",
    "traits.position": "0 is the value that stands; the others were said too.",
    "traits.value": "JSON: the value; null without the scope pii.",
    "traits.since": "Since when it is known, UTC.",
    "traits.decided": "Whether a person of the company decided it.",
    "traits.touchpoint": "The id of the touchpoint that said so.",
    "scores": "How buyers compare with each other, as the last scoring run found; nobody who was not scored.",
    "scores.customer": "The id of the customer.",
    "scores.abc_class": "A, B or C, by revenue.",
    "scores.recency_score": "1 to 5; 5 is the fifth who bought last.",
    "scores.frequency_score": "1 to 5; 5 is the fifth who bought most often.",
    "scores.monetary_score": "1 to 5; 5 is the fifth who bought for most.",
    "scores.p_alive": "The probability that they still buy; null where no model could be fitted.",
    "scores.expected_purchases": "Purchases that the model expects of them within a year.",
    "scores.predicted_value": "What it expects those to come to, in the hub's currency.",
    "scores.currency": "The hub's currency.",
    "scores.computed_at": "When this was found, UTC.",
    "timeline": "Touchpoints with the name, stage and standing of the account they count for.",
    "revenue_by_month": "Purchases, buyers and revenue in the hub's currency, by the month in UTC.",
    "revenue_by_month.month": "The first day of the month.",
    "revenue_by_month.currency": "The hub's currency.",
    "revenue_by_month.purchases": "How many purchases.",
    "revenue_by_month.customers": "How many bought.",
    "revenue_by_month.revenue": "What they bought for; what has no exchange rate is left out.",
    "sold": "Lines of purchases that stand, with what each brought and the account it counts for.",
    "sold.customer": "The id of the account it counts for: the organisation, or else the person.",
    "sold.revenue": "What stands of the purchase in the hub's currency, shared by its lines; null without a rate.",
    "sold.revenue_currency": "The hub's currency.",
    "sold.purchased_at": "When it was bought, UTC.",
}
"""What lists, views and columns hold, kept with them as comments, and shown in docs/export_columns.md."""


def told(name: str, column: str, *like: str) -> str:
    """What a column of a list or view holds; of one that is made of others, what it holds in the first that tells."""
    for known in (name, *like, ""):
        if said := TELLS.get(f"{known}.{column}"):
            return said
    raise KeyError(f"{name}.{column}")


_TYPES = {
    Kind.TEXT: "text", Kind.ID: "id", Kind.DATE: "date", Kind.TIME: "time", Kind.MONEY: "amount", Kind.EXACT: "decimal",
    Kind.NUMBER: "whole number", Kind.FRACTION: "number", Kind.FLAG: "true or false", Kind.JSON: "JSON",
}  # fmt: skip


def document() -> str:
    """All lists and their columns as Markdown: docs/export_columns.md."""
    parts = ["# Columns of exports\n\nWritten by `hub export columns`. What cells hold: [exporting](exporting.md).\n"]
    for name, wanted in LISTS.items():
        rows = "".join(
            f"| `{column.name}` | {_TYPES[column.kind]} | {told(name, column.name)} |\n" for column in wanted.columns
        )
        head = (
            f"\n## {name}\n\n{TELLS[name]} Filter: `{wanted.filter}`.\n\n| column | type | meaning |\n|---|---|---|\n"
        )
        parts.append(head + rows)
    return "".join(parts)
