"""Sides of customers that figures are grouped by: the same for customers and for what happened with them.

Aliases: ``c`` the customer, ``s`` their scores, ``q`` the touch that won them, ``g`` their tags, ``p`` their purchases.
"""

from __future__ import annotations

from collections.abc import Iterable

from hub.store.sql import Query

CUSTOMER = {
    "KIND": "c.kind",
    "RELATIONSHIP": "c.relationship",
    "STAGE": "c.stage",
    "STANDING": "c.standing",
    "COUNTRY": "c.country",
    "CITY": "c.city",
    "LANGUAGE": "c.language",
    "OWNER": "c.owner",
    "ABC_CLASS": "s.abc_class",
    "ACQUISITION_CHANNEL": "q.channel",
    "ACQUISITION_SOURCE": "q.origin_source",
    "ACQUISITION_CAMPAIGN": "q.campaign",
    "TAG": "g.tag",
}
TIMES = {
    "FIRST_TOUCH": "c.first_touch_at",
    "LAST_TOUCH": "c.last_touch_at",
    "ACQUIRED": "q.occurred_at",
    "FIRST_PURCHASE": "p.first_at",
    "LAST_PURCHASE": "p.last_at",
}
MONTHS = {"FIRST_TOUCH_MONTH": TIMES["FIRST_TOUCH"], "FIRST_PURCHASE_MONTH": TIMES["FIRST_PURCHASE"]}
"""Sides that are a month, and of which time."""
_JOINS = {
    "s.": " LEFT JOIN customer_score s ON s.id = c.id",
    "q.": " LEFT JOIN touchpoint q ON q.num = c.acquired_by",
    "g.": " LEFT JOIN tag g ON g.customer = c.num",
    "p.": " LEFT JOIN (SELECT customer, count(*) AS many, min(at) AS first_at, max(at) AS last_at"
    " FROM purchase GROUP BY customer) p ON p.customer = c.num",
}


def joins(columns: Iterable[str]) -> str:
    """What has to be joined to ``customer c`` for the columns."""
    used = " ".join(columns)
    return "".join(joined for alias, joined in _JOINS.items() if alias in used)


def priced(query: Query, amount: str, currency: str, day: str, target: str) -> list[str]:
    """By what amounts are grouped to be converted: their currency, the day of the rate, the amount itself.

    What is in the ``target`` currency is all one; the rest is told apart, because each amount is converted by itself.
    """
    here = f"{currency} = {query.bind(target, 'text')}"
    return [currency, f"CASE WHEN {here} THEN 0 ELSE {day} END", f"CASE WHEN {here} THEN 0 ELSE {amount} END"]


def grouped(columns: int) -> str:
    """GROUP BY the first columns of a statement."""
    return f" GROUP BY {', '.join(str(place + 1) for place in range(columns))}" if columns else ""
