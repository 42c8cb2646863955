"""The lists that analysts take away: which columns, from which tables, and who sees what of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hub.store import conditions
from hub.store.sql import Query


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    ID = "id"
    DATE = "date"
    TIME = "time"
    """Microseconds."""
    MONEY = "money"
    """Minor units; ``currency`` of the column names the one beside it."""
    EXACT = "exact"
    """A decimal number as its source wrote it."""
    NUMBER = "number"
    FRACTION = "fraction"
    """Millionths."""
    FLAG = "flag"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an export. ``masked``: SQL of what is shown without the right to see contact data; the same unless
    given. ``currency``: the column that names the currency of an amount."""

    name: str
    kind: Kind
    sql: str
    masked: str | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Exported:
    """A list that can be exported. ``key``: what tells its rows apart, in whose order they come: whole numbers but for
    those that are ``texts``.

    ``filter``: the name of the filter in the graph that narrows it.
    """

    source: str
    key: tuple[str, ...]
    filter: str
    columns: tuple[Column, ...]
    where: Callable[[Query, Any], str]
    texts: frozenset[str] = frozenset()


def _text(names: str, alias: str) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.TEXT, f"{alias}.{name}") for name in names.split())


def _ids(sql: Mapping[str, str]) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.ID, f"{alias}.id") for name, alias in sql.items())


def _times(names: str, alias: str) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.TIME, f"{alias}.{name}") for name in names.split())


def _hidden(names: str, alias: str) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.TEXT, f"{alias}.{name}", "NULL") for name in names.split())


def _masked(names: str, alias: str) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.TEXT, f"{alias}.{name}", f"{alias}.{name}_masked") for name in names.split())


def _pages(names: str, alias: str) -> tuple[Column, ...]:
    """Addresses of pages; one with a query, which may hold what a visitor typed, is hidden."""
    places = {name: f"{alias}.{name}" for name in names.split()}
    plain = "CASE WHEN {0} LIKE '%?%' OR {0} LIKE '%#%' THEN NULL ELSE {0} END"
    return tuple(Column(name, Kind.TEXT, sql, plain.format(sql)) for name, sql in places.items())


def _numbers(names: str, alias: str) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.NUMBER, f"{alias}.{name}") for name in names.split())


def _names(name: str, alias: str) -> tuple[Column, ...]:
    return (Column(name, Kind.TEXT, f"{alias}.name"),)


def _exact(names: str, alias: str) -> tuple[Column, ...]:
    return tuple(Column(name, Kind.EXACT, f"{alias}.{name}") for name in names.split())


_ACCOUNTS = " LEFT JOIN customer who ON who.num = {0}.customer LEFT JOIN customer firm ON firm.num = {0}.organisation"

LISTS: Mapping[str, Exported] = {
    "customers": Exported(
        "customer c LEFT JOIN customer firm ON firm.num = c.organisation LEFT JOIN hub_user u ON u.num = c.owner"
        " LEFT JOIN touchpoint acq ON acq.num = c.acquired_by LEFT JOIN campaign g ON g.num = acq.campaign",
        ("c.num",),
        "CustomerFilter",
        (
            Column("id", Kind.ID, "c.id"),
            *_text("kind relationship", "c"),
            *_masked("display_name name email phone", "c"),
            *_hidden("birthday", "c"),
            *_text("language country", "c"),
            *_hidden("city", "c"),
            *_ids({"owner": "u"}),
            *_names("owner_name", "u"),
            *_ids({"organisation": "firm"}),
            *_times("first_touch_at last_touch_at", "c"),
            Column("acquired_at", Kind.TIME, "acq.occurred_at"),
            Column("acquired_channel", Kind.TEXT, "acq.channel"),
            Column("acquired_source", Kind.TEXT, "acq.origin_source"),
            Column("acquired_campaign", Kind.ID, "g.id"),
            *_names("acquired_campaign_name", "g"),
            *_text("stage", "c"),
            *_times("stage_since", "c"),
            *_text("standing", "c"),
            *_times("next_change_at", "c"),
            Column("revenue", Kind.MONEY, "c.revenue", currency="currency"),
            *_text("currency", "c"),
        ),
        conditions.customers,
    ),
    "touchpoints": Exported(
        "touchpoint t JOIN source s ON s.num = t.source LEFT JOIN campaign g ON g.num = t.campaign"
        + _ACCOUNTS.format("t"),
        ("t.num",),
        "TouchpointFilter",
        (
            Column("id", Kind.ID, "t.id"),
            *_text("kind channel direction", "t"),
            Column("automated", Kind.FLAG, "t.automated"),
            Column("historical", Kind.FLAG, "t.historical"),
            *_times("occurred_at", "t"),
            Column("occurred_on", Kind.DATE, "t.occurred_on"),
            *_text("time_precision", "t"),
            *_times("recorded_at", "t"),
            *_ids({"customer": "who", "organisation": "firm", "source": "s", "campaign": "g"}),
            *_names("source_name", "s"),
            *_names("campaign_name", "g"),
            *_hidden("title text", "t"),
            Column("amount", Kind.MONEY, "t.amount", currency="currency"),
            *_text("currency", "t"),
            Column("cost", Kind.MONEY, "t.cost", currency="cost_currency"),
            *_text("cost_currency", "t"),
            Column("quantity", Kind.EXACT, "t.quantity"),
            *_text("quantity_unit", "t"),
            *_text("origin_source origin_medium origin_campaign origin_term origin_content origin_click_id", "t"),
            *_pages("origin_referrer origin_landing_page", "t"),
            *_text("document settles", "t"),
            Column("due_on", Kind.DATE, "t.due_on"),
            Column("properties", Kind.JSON, "t.properties", "NULL"),
        ),
        conditions.touchpoints,
    ),
    "matters": Exported(
        "matter m JOIN source s ON s.num = m.source LEFT JOIN campaign g ON g.num = m.campaign"
        " LEFT JOIN hub_user u ON u.num = m.owner" + _ACCOUNTS.format("m"),
        ("m.num",),
        "MatterFilter",
        (
            Column("id", Kind.ID, "m.id"),
            *_text("kind reference", "m"),
            *_hidden("title", "m"),
            *_text("pipeline state outcome", "m"),
            Column("open", Kind.FLAG, "m.open"),
            Column("amount", Kind.MONEY, "m.amount", currency="currency"),
            Column("outstanding", Kind.MONEY, "m.outstanding", currency="currency"),
            *_text("currency", "m"),
            *_ids({"owner": "u"}),
            Column("owner_name", Kind.TEXT, "coalesce(u.name, m.owner_named)"),
            *_times("opened_at due_at closed_at state_since", "m"),
            Column("answered_after", Kind.NUMBER, "m.answered_after / 1000000"),
            Column("closed_after", Kind.NUMBER, "m.closed_after / 1000000"),
            Column("balance", Kind.EXACT, "m.balance"),
            *_text("balance_unit", "m"),
            *_ids({"customer": "who", "organisation": "firm", "source": "s", "campaign": "g"}),
            Column("properties", Kind.JSON, "m.properties", "NULL"),
        ),
        conditions.matters,
    ),
    "purchases": Exported(
        "purchase p JOIN customer who ON who.num = p.customer JOIN touchpoint t ON t.num = p.touchpoint"
        " JOIN source s ON s.num = t.source LEFT JOIN campaign g ON g.num = t.campaign",
        ("p.customer", "p.touchpoint"),
        "TouchpointFilter",
        (
            Column("touchpoint", Kind.ID, "t.id"),
            *_ids({"customer": "who"}),
            Column("purchased_at", Kind.TIME, "p.at"),
            *_text("kind channel", "t"),
            Column("amount", Kind.MONEY, "p.amount", currency="currency"),
            *_text("currency", "p"),
            Column("converted", Kind.MONEY, "p.converted", currency="converted_currency"),
            Column("converted_currency", Kind.TEXT, "who.currency"),
            *_ids({"source": "s", "campaign": "g"}),
            *_text("document", "t"),
        ),
        conditions.touchpoints,
    ),
    "lines": Exported(
        "line_item l JOIN touchpoint t ON t.num = l.touchpoint LEFT JOIN product d ON d.num = l.product"
        + _ACCOUNTS.format("t"),
        ("l.touchpoint", "l.position"),
        "TouchpointFilter",
        (
            Column("id", Kind.ID, "l.id"),
            *_ids({"touchpoint": "t"}),
            *_numbers("position", "l"),
            *_text("kind", "t"),
            *_times("occurred_at", "t"),
            *_ids({"customer": "who", "organisation": "firm", "product": "d"}),
            *_text("sku name category", "d"),
            *_text("description", "l"),
            *_exact("quantity unit_price amount tax", "l"),
            *_text("currency", "l"),
        ),
        conditions.touchpoints,
    ),
    "tags": Exported(
        "tag g JOIN customer c ON c.num = g.customer",
        ("g.customer", "g.tag"),
        "CustomerFilter",
        (*_ids({"customer": "c"}), *_text("tag", "g")),
        conditions.customers,
        frozenset({"g.tag"}),
    ),
    "traits": Exported(
        "trait r JOIN customer c ON c.num = r.customer LEFT JOIN touchpoint t ON t.num = r.touchpoint",
        ("r.customer", "r.name", "r.position"),
        "CustomerFilter",
        (
            *_ids({"customer": "c"}),
            *_text("name", "r"),
            *_numbers("position", "r"),
            Column("value", Kind.JSON, "r.value", "NULL"),
            *_times("since", "r"),
            Column("decided", Kind.FLAG, "r.decided"),
            *_ids({"touchpoint": "t"}),
        ),
        conditions.customers,
        frozenset({"r.name"}),
    ),
    "scores": Exported(
        "customer c JOIN customer_score s ON s.id = c.id",
        ("c.num",),
        "CustomerFilter",
        (
            *_ids({"customer": "c"}),
            *_text("abc_class", "s"),
            *_numbers("recency_score frequency_score monetary_score", "s"),
            Column("p_alive", Kind.FRACTION, "s.p_alive"),
            Column("expected_purchases", Kind.FRACTION, "s.expected_purchases"),
            Column("predicted_value", Kind.MONEY, "s.predicted_value", currency="currency"),
            *_text("currency", "c"),
            *_times("computed_at", "s"),
        ),
        conditions.customers,
    ),
}
