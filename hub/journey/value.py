"""What a customer is worth, per currency: billed, paid, owed, orders. Integer minor units throughout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, tzinfo

from hub.journey.owed import Debts, Owed, size
from hub.journey.purchases import Purchases
from hub.journey.timeline import Moment, instants, ordered
from hub.values import RevenueBasis


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Value in one currency, in its minor units.

    ``revenue``: invoiced - credited when billed, paid - refunded when cash.
    ``outstanding``: what is still owed, never below zero. ``oldest_due``: the earliest due date of an open invoice;
    it is overdue when that day is before today.
    ``orders``: purchases that were not fully credited; ``purchase_days``: the days of the hub's zone they fell on.
    """

    currency: str
    invoiced: int = 0
    credited: int = 0
    paid: int = 0
    refunded: int = 0
    revenue: int = 0
    outstanding: int = 0
    orders: int = 0
    purchase_days: int = 0
    first_purchase_at: datetime | None = None
    last_purchase_at: datetime | None = None
    oldest_due: date | None = None

    @property
    def average_order(self) -> int | None:
        """Revenue for each order, rounded half to even; None without orders."""
        return rounded(self.revenue, self.orders) if self.orders else None


@dataclass(frozen=True, slots=True)
class Value:
    """One ``Worth`` for each currency, by its code."""

    worths: tuple[Worth, ...] = ()

    def __getitem__(self, currency: str) -> Worth:
        """The worth in this currency, all zero when there is none."""
        return next((worth for worth in self.worths if worth.currency == currency), Worth(currency=currency))


NOTHING = Value()
"""The value of nobody: ``combine(NOTHING, value) == value``."""

_EARLIEST = frozenset({"first_purchase_at", "oldest_due"})
_LATEST = frozenset({"last_purchase_at"})
_TOTALS = {"invoice": "invoiced", "credit_note": "credited", "payment": "paid", "refund": "refunded"}


def value(moments: Iterable[Moment], basis: RevenueBasis, zone: tzinfo) -> Value:
    """Fold the touchpoints, in any order; give those up to a time for the value as of it.

    Credit notes and refunds count by their size, whichever sign the source gave them; an invoice or payment of less
    than nothing counts as such.
    """
    accounts = Accounts(Purchases(basis))
    for _, instant in instants(ordered(moments)):
        accounts.purchases.take(instant)
        accounts.take(instant)
    return accounts.value(zone)


class Accounts:
    """The money of a timeline so far. ``purchases`` are fed by whoever owns them, in order of time."""

    __slots__ = ("_debts", "_totals", "purchases")

    def __init__(self, purchases: Purchases) -> None:
        self.purchases = purchases
        self._totals: dict[str, dict[str, int]] = {}
        self._debts = Debts()

    def take(self, moments: Iterable[Moment]) -> bool:
        """Add touchpoints; the answer is whether any of them may have changed what it comes to."""
        any_money = False
        for moment in moments:
            total = _TOTALS.get(moment.kind)
            if total is None or not moment.counted:
                continue
            any_money = True
            if moment.amount is not None and moment.currency is not None:
                totals = self._totals.setdefault(moment.currency, {})
                totals[total] = totals.get(total, 0) + size(moment.kind, moment.amount)
                self._debts.take(moment)
        return any_money

    def value(self, zone: tzinfo) -> Value:
        """What it comes to."""
        debts, basis = self._debts.owed(), self.purchases.basis
        return Value(
            tuple(
                _worth(currency, totals, basis, debts.get(currency, Owed()), _days(self.purchases, currency, zone))
                for currency, totals in sorted(self._totals.items())
            )
        )


def combine(one: Value, other: Value) -> Value:
    """The value of two customers together: sums, the earliest and the latest. Associative and commutative.

    For two parts of one customer's timeline fold them together instead: a payment in one may settle an invoice in the
    other.
    """
    currencies = sorted({worth.currency for worth in one.worths + other.worths})
    return Value(tuple(_together(one[currency], other[currency]) for currency in currencies))


def rounded(total: int, parts: int) -> int:
    """``total / parts``, rounded half to even. ``parts`` is positive."""
    whole, rest = divmod(total, parts)
    return whole + (2 * rest > parts or (2 * rest == parts and whole % 2))


_Purchase = tuple[datetime, date]


def _days(purchases: Purchases, currency: str, zone: tzinfo) -> list[_Purchase]:
    return [(p.at, p.at.astimezone(zone).date()) for p in purchases.standing if p.currency == currency]


def _worth(
    currency: str,
    totals: dict[str, int],
    basis: RevenueBasis,
    debt: Owed,
    bought: list[_Purchase],
) -> Worth:
    plus, minus = ("invoiced", "credited") if basis is RevenueBasis.BILLED else ("paid", "refunded")
    return Worth(
        currency=currency,
        **totals,
        revenue=totals.get(plus, 0) - totals.get(minus, 0),
        outstanding=debt.outstanding,
        orders=len(bought),
        purchase_days=len({day for _, day in bought}),
        first_purchase_at=bought[0][0] if bought else None,
        last_purchase_at=bought[-1][0] if bought else None,
        oldest_due=debt.oldest_due,
    )


def _together(one: Worth, other: Worth) -> Worth:
    sums: dict[str, object] = {"currency": one.currency}
    for field in fields(Worth):
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name in _EARLIEST | _LATEST:
            known = [at for at in (ours, theirs) if at is not None]
            pick = min if field.name in _EARLIEST else max
            sums[field.name] = pick(known) if known else None
        elif field.name != "currency":
            sums[field.name] = ours + theirs
    return Worth(**sums)  # type: ignore[arg-type]
