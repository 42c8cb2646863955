"""Where value is stored, and what else is known of how customers buy."""

from __future__ import annotations

from collections.abc import Mapping

from hub.journey.clv.choices import MONTHS
from hub.reads.specs import All, Here, Other, Spec, Value
from hub.reads.tables import CONVERTED, SATISFACTION, SCORE
from hub.reads.tree import Table

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


def _rounded(total: str, number: str, rows: str) -> str:
    """A mean of whole numbers, half to even; null of nothing."""
    rest = "((z.a % z.n) + z.n) % z.n"
    down = f"(z.a - {rest}) / z.n"
    up = f"CASE WHEN 2 * ({rest}) > z.n OR (2 * ({rest}) = z.n AND ({down}) % 2 <> 0) THEN 1 ELSE 0 END"
    return f"(SELECT CASE WHEN z.n > 0 THEN {down} + {up} END FROM (SELECT {total} AS a, {number} AS n {rows}) z)"


def _spent(what: str) -> str:
    """Something of the touchpoints that cost anything, each of one account."""
    read = f"(SELECT {what} FROM touchpoint t WHERE t.cost IS NOT NULL AND t.cost_currency <> '' "
    read += "AND t.retracted_at IS NULL AND "
    return (
        f"CASE WHEN {{kind}} = 'ORGANISATION' THEN {read}t.organisation = {{num}}) "
        f"ELSE {read}t.customer = {{num}} AND t.organisation IS NULL) END"
    )


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
        "average_order": _rounded(
            "CAST(sum(CASE WHEN w.currency = {_currency} THEN w.revenue ELSE o.revenue END) AS bigint)",
            "CAST(sum(w.orders) AS bigint)",
            "FROM customer_value w LEFT JOIN converted_value o ON o.customer = w.customer AND o.currency = w.currency "
            "AND o.missing = 0 AND o.currency <> {_currency} WHERE w.customer = {num} "
            "AND (w.currency = {_currency} OR o.currency IS NOT NULL)",
        ),
        "monetary": _rounded("CAST(sum(p.converted) AS bigint)", "count(p.converted)", _BOUGHT),
        "cost": _spent("CAST(sum(t.cost) AS bigint)"),
        "foreign_costs": _spent("sum(CASE WHEN t.cost_currency <> {_currency} THEN 1 ELSE 0 END)"),
        "foreign_debts": f"coalesce({_FOREIGN_DEBT}, 0)",
        "customer_id": "{id}",
        "recency_days": f"(SELECT {{_today}} - p.day {_BOUGHT} ORDER BY p.at DESC, p.touchpoint DESC LIMIT 1)",
    },
    summed=True,
)


def _money(minor: str, absent: str = "") -> Here:
    return Here({"amount": f"{{{minor}}}", "currency": "{_currency}"}, absent)


_UNITS = ("nps", "csat")
_LATEST = (
    "(abs({latest}) / 1000) || rtrim(rtrim('.' || substr(CAST(1000 + abs({latest}) % 1000 AS text), 2), '0'), '.')"
)
"""Thousandths as a decimal number, with no more digits than it needs."""


def _of_last_fit(column: str) -> str:
    """A column of the first model of the last fit: one that was chosen, where any was."""
    return (
        f"(SELECT f.{column} FROM fitted_model f WHERE f.fitted_at = (SELECT l.fitted_at FROM fitted_model l "
        "ORDER BY l.number DESC LIMIT 1) ORDER BY f.chosen DESC, f.number LIMIT 1)"
    )


PREDICTION = Table(
    SCORE.source, SCORE.alias, {"fit_currency": _of_last_fit("currency"), "fit_holdout": _of_last_fit("holdout")}
)
FIELDS: Mapping[str, Spec] = {
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
    "Value.averageOrder": _money("average_order", absent="{average_order} IS NULL"),
    "Value.monetary": _money("monetary", absent="{monetary} IS NULL"),
    # What is spent in other currencies is converted by the rates of its days: nothing, so the ordinary way answers.
    "Value.costToServe": Here(
        {"amount": "CASE WHEN {foreign_costs} = 0 THEN {cost} END", "currency": "{_currency}"}, absent="{cost} IS NULL"
    ),
    "Value.missingRates": All(
        CONVERTED,
        "o.customer",
        "o.currency",
        where="o.missing_on IS NOT NULL",
        columns={"base": "{currency}", "quote": "{_currency}", "on": "{missing_on}"},
        unless="{foreign_debts} > 0",
    ),
    "MissingRate.base": Value("{base}"),
    "MissingRate.quote": Value("{quote}"),
    "MissingRate.on": Value("{on}", form="day"),
    "Customer.value": Other(VALUE, "customer", "num", required=True),
    "Customer.engagement": Value(
        "('engagement [' || coalesce((SELECT CAST(e.level AS text) FROM engagement e WHERE e.customer = {num}), "
        "'null') || ',' || CAST({_now} AS text) || ']')",
        form="computed",
    ),
    "Customer.scores": Other(SCORE, "id", "id"),
    "Customer.satisfaction": Here(),
    **{f"Satisfaction.{unit}": Other(SATISFACTION, "customer", "num", where=f"a.unit = '{unit}'") for unit in _UNITS},
    "SurveyScore.latest": Value(f"CASE WHEN {{latest}} < 0 THEN '-' ELSE '' END || {_LATEST}", form="plain"),
    "SurveyScore.latestAt": Value("{latest_at}"),
    "SurveyScore.answers": Value("{answers}"),
    "SurveyScore.mean": Value("CAST({whole} AS double precision) / 1000 / {answers}"),
    "Value.predicted": Other(PREDICTION, "id", "customer_id", where="EXISTS (SELECT 1 FROM fitted_model)"),
    "Prediction.value": Here(
        {"amount": "{predicted_value}", "currency": "{fit_currency}"}, absent="{predicted_value} IS NULL"
    ),
    "Prediction.expectedPurchases": Value("CAST({expected_purchases} AS double precision) / 1000000"),
    "Prediction.pAlive": Value("CAST({p_alive} AS double precision) / 1000000"),
    "Prediction.computedAt": Value("{computed_at}"),
    "Prediction.months": Value(str(MONTHS)),
    "Prediction.ranking": Value(
        "CASE WHEN {predicted_value} IS NULL THEN 'PAST_SPEND' "
        "ELSE coalesce({fit_holdout}::json ->> 'ranking', 'MODEL') END"
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
}
