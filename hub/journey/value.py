"""What a customer is worth, per currency: billed, paid, owed, orders. Integer minor units throughout."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import date, datetime, tzinfo
from itertools import chain
from typing import TypeVar

from hub.clock import day
from hub.journey.owed import Debts, Owed, size
from hub.journey.purchases import Purchases
from hub.journey.rates import Conversion, rounded
from hub.journey.timeline import Moment, instants, ordered
from hub.values import RevenueBasis

__all__ = ["MONEY", "NOTHING", "Accounts", "Converted", "Value", "Worth", "combine", "rounded", "value"]

T = TypeVar("T", "Worth", "Converted")


@dataclass(slots=True, kw_only=True)
class Worth:
    """Value in one currency, in its minor units.

    ``revenue``: invoiced - credited when billed, paid - refunded - reversals when cash.
    ``outstanding``: what is still owed, never below zero. ``oldest_due``: the earliest due date of an open invoice;
    it is overdue when that day is before today. ``settled`` to ``days_late``: as of ``hub.journey.owed.Owed``.
    ``orders``: purchases that were not fully credited.
    """

    currency: str
    invoiced: int = 0
    credited: int = 0
    paid: int = 0
    refunded: int = 0
    reversals: int = 0
    revenue: int = 0
    outstanding: int = 0
    orders: int = 0
    first_purchase_at: datetime | None = None
    last_purchase_at: datetime | None = None
    oldest_due: date | None = None
    settled: int = 0
    days_to_pay: int = 0
    settled_due: int = 0
    days_late: int = 0

    @property
    def average_order(self) -> int | None:
        """Revenue for each order, rounded half to even; None without orders."""
        return rounded(self.revenue, self.orders) if self.orders else None


@dataclass(slots=True)
class Converted:
    """What was made of the money in one ``currency`` in another: each amount by the rate of its day, then summed.

    ``missing``: how many amounts there was no rate for, ``missing_on`` the first of their days; ``unconverted``: what
    they come to as revenue, in minor units of ``currency``. Days count from 1970-01-01; the money in the currency is
    of ``first_on`` to ``last_on``.
    """

    currency: str
    invoiced: int = 0
    credited: int = 0
    paid: int = 0
    refunded: int = 0
    reversals: int = 0
    revenue: int = 0
    missing: int = 0
    missing_on: int | None = None
    unconverted: int = 0
    first_on: int | None = None
    last_on: int | None = None


@dataclass(slots=True)
class Value:
    """One ``Worth`` for each currency, by its code, and what became of the others in the one that was asked for.

    ``debts``: what is due by which day (None: no day is known), by currency.
    """

    worths: tuple[Worth, ...] = ()
    converted: tuple[Converted, ...] = ()
    debts: tuple[tuple[str, date | None, int], ...] = field(default=(), compare=False)

    def __getitem__(self, currency: str) -> Worth:
        """The worth in this currency, all zero when there is none."""
        return next((worth for worth in self.worths if worth.currency == currency), Worth(currency=currency))


NOTHING = Value()
"""The value of nobody: ``combine(NOTHING, value) == value``."""

_EARLIEST = frozenset({"first_purchase_at", "oldest_due", "missing_on", "first_on"})
_LATEST = frozenset({"last_purchase_at", "last_on"})
_TOTALS = {
    "invoice": "invoiced", "credit_note": "credited", "payment": "paid", "refund": "refunded", "reversal": "reversals",
}  # fmt: skip
MONEY = frozenset(_TOTALS)
"""The kinds of touchpoints that count in value."""
_REVENUE = {
    RevenueBasis.BILLED: {"invoiced": 1, "credited": -1},
    RevenueBasis.CASH: {"paid": 1, "refunded": -1, "reversals": -1},
}


def value(moments: Iterable[Moment], basis: RevenueBasis, zone: tzinfo, conversion: Conversion | None = None) -> Value:
    """Fold the touchpoints, in any order; give those up to a time for the value as of it.

    Credit notes, refunds and reversals count by their size, whichever sign the source gave them; an invoice or payment
    of less than nothing counts as such. With a ``conversion`` everything is converted too.
    """
    accounts = Accounts(Purchases(basis), conversion)
    for _, instant in instants(ordered(moments)):
        accounts.purchases.take(instant)
        accounts.take(instant)
    return accounts.value(zone)


class Accounts:
    """The money of a timeline so far. ``purchases`` are fed by whoever owns them, in order of time."""

    __slots__ = ("_conversion", "_converted", "_debts", "_signs", "_totals", "purchases")

    def __init__(self, purchases: Purchases, conversion: Conversion | None = None) -> None:
        self.purchases = purchases
        self._conversion = conversion
        self._signs = _REVENUE[purchases.basis]
        self._totals: dict[str, dict[str, int]] = {}
        self._converted: dict[str, dict[str, int]] = {}
        self._debts = Debts()

    def take(self, moments: Iterable[Moment]) -> None:
        """Add touchpoints."""
        for moment in moments:
            total = _TOTALS.get(moment.kind)
            if total is None or not moment.counted:
                continue
            if moment.amount is not None and moment.currency is not None:
                totals = self._totals.setdefault(moment.currency, {})
                amount = size(moment.kind, moment.amount)
                totals[total] = totals.get(total, 0) + amount
                self._debts.take(moment)
                if self._conversion is not None and moment.currency != self._conversion.target:
                    self._convert(self._conversion, total, amount, moment.currency, moment.at)

    def _convert(self, conversion: Conversion, total: str, amount: int, currency: str, at: datetime) -> None:
        on = day(at, conversion.zone)
        sums = self._converted.setdefault(currency, {"first_on": on, "last_on": on})
        sums["first_on"], sums["last_on"] = min(on, sums["first_on"]), max(on, sums["last_on"])
        converted = conversion.convert(amount, currency, at)
        sign = self._signs.get(total, 0)
        if converted is None:
            added = {"missing": 1, "unconverted": sign * amount}
            sums["missing_on"] = min(on, sums.get("missing_on", on))
        else:
            added = {total: converted, "revenue": sign * converted}
        for name, more in added.items():
            sums[name] = sums.get(name, 0) + more

    def value(self, zone: tzinfo) -> Value:
        """What it comes to."""
        debts = self._debts.owed(zone)
        return Value(
            tuple(
                _worth(currency, totals, self._signs, debts.get(currency, Owed()), self.purchases)
                for currency, totals in sorted(self._totals.items())
            ),
            tuple(Converted(currency=currency, **sums) for currency, sums in sorted(self._converted.items())),
            tuple((currency, *each) for currency, owed in sorted(debts.items()) for each in owed.debts),
        )


def combine(one: Value, other: Value) -> Value:
    """The value of two customers together: sums, the earliest and the latest. Associative and commutative.

    For two parts of one customer's timeline fold them together instead: a payment in one may settle an invoice in the
    other.
    """
    return Value(_merged(one.worths, other.worths), _merged(one.converted, other.converted), one.debts + other.debts)


def _merged(ours: Iterable[T], theirs: Iterable[T]) -> tuple[T, ...]:
    found: dict[str, T] = {}
    for each in chain(ours, theirs):
        before = found.get(each.currency)
        found[each.currency] = each if before is None else _together(before, each)
    return tuple(found[currency] for currency in sorted(found))


def _worth(currency: str, totals: dict[str, int], signs: dict[str, int], debt: Owed, purchases: Purchases) -> Worth:
    bought = [purchase for purchase in purchases.standing if purchase.currency == currency]
    return Worth(
        currency=currency,
        **totals,
        revenue=sum(sign * totals.get(name, 0) for name, sign in signs.items()),
        outstanding=debt.outstanding,
        orders=len(bought),
        first_purchase_at=bought[0].at if bought else None,
        last_purchase_at=bought[-1].at if bought else None,
        oldest_due=debt.oldest_due,
        settled=debt.settled,
        days_to_pay=debt.days_to_pay,
        settled_due=debt.settled_due,
        days_late=debt.days_late,
    )


def _together(one: T, other: T) -> T:
    sums: dict[str, object] = {"currency": one.currency}
    for each in fields(one):
        ours, theirs = getattr(one, each.name), getattr(other, each.name)
        if each.name in _EARLIEST | _LATEST:
            known = [at for at in (ours, theirs) if at is not None]
            pick = min if each.name in _EARLIEST else max
            sums[each.name] = pick(known) if known else None
        elif each.name != "currency":
            sums[each.name] = ours + theirs
    return type(one)(**sums)  # type: ignore[arg-type]
