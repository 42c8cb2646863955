"""What folds come to, as rows of the tables below a customer (``customers.PARTS``). Pure."""

from __future__ import annotations

from datetime import date, datetime

from hub.clock import micros
from hub.journey.satisfaction import Satisfaction
from hub.journey.value import Value

Row = tuple[object, ...]

_FIRST_DAY = date(1970, 1, 1).toordinal()


def value_rows(num: int, worth: Value) -> list[Row]:
    """Rows of ``customer_value``."""
    return [
        (
            num, each.currency,
            each.invoiced, each.credited, each.paid, each.refunded, each.reversals, each.revenue, each.outstanding,
            each.orders, _micros(each.first_purchase_at), _micros(each.last_purchase_at),
            each.settled, each.days_to_pay, each.settled_due, each.days_late,
        )
        for each in worth.worths
    ]  # fmt: skip


def converted_rows(num: int, worth: Value) -> list[Row]:
    """Rows of ``converted_value``."""
    return [
        (
            num, each.currency,
            each.invoiced, each.credited, each.paid, each.refunded, each.reversals, each.revenue,
            each.missing, each.missing_on, each.unconverted, each.first_on, each.last_on,
        )
        for each in worth.converted
    ]  # fmt: skip


def debt_rows(num: int, worth: Value) -> list[Row]:
    """Rows of ``debt``: what is owed by each day; what is owed by none is never overdue."""
    amounts: dict[tuple[str, int], int] = {}
    for currency, due, amount in worth.debts:
        if due is not None:
            key = currency, due.toordinal() - _FIRST_DAY
            amounts[key] = amounts.get(key, 0) + amount
    return [(num, *key, amount) for key, amount in amounts.items()]


def answer_rows(num: int, satisfaction: Satisfaction) -> list[Row]:
    """Rows of ``satisfaction``."""
    return [
        (num, each.unit, each.answers, each.total, each.latest, micros(each.latest_at)) for each in satisfaction.answers
    ]


def _micros(at: datetime | None) -> int | None:
    return micros(at) if at else None
