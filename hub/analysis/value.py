"""Value of customers in any currency, from what is stored of them and the rates of the days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from hub.clock import day, moment
from hub.journey.purchases import Purchases
from hub.journey.rates import Conversion
from hub.journey.timeline import Moment
from hub.journey.value import Accounts, Converted, rounded
from hub.settings import Company
from hub.store import customers, rates, values
from hub.store.customers import StoredValue
from hub.store.reader import Snapshot
from hub.store.touchpoints import Subject
from hub.values import Channel, Direction

FIRST_DAY = date(1970, 1, 1).toordinal()
_FLOWS = ("invoiced", "credited", "paid", "refunded", "reversals", "revenue")
_PAID = ("settled", "days_to_pay", "settled_due", "days_late")

Lack = tuple[str, int]
"""A currency, and the first day (since 1970-01-01) of which there is no rate to convert it by."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose value, in which currency, on which day (since 1970-01-01)."""

    subject: Subject
    currency: str
    today: int
    company: Company


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Value in one currency, minor units; times are microseconds. ``lacking`` has what could not be converted.

    ``not_converted``: (amount, currency) of revenue. ``settled`` to ``days_late`` as in ``hub.journey.owed.Owed``.
    """

    invoiced: int
    credited: int
    paid: int
    refunded: int
    reversals: int
    revenue: int
    outstanding: int
    orders: int
    average_order: int | None
    first_purchase_at: int | None
    last_purchase_at: int | None
    settled: int
    days_to_pay: int
    settled_due: int
    days_late: int
    not_converted: tuple[tuple[int, str], ...]
    lacking: tuple[Lack, ...]


NOTHING = Figures(
    invoiced=0, credited=0, paid=0, refunded=0, reversals=0, revenue=0, outstanding=0, orders=0, average_order=None,
    first_purchase_at=None, last_purchase_at=None, settled=0, days_to_pay=0, settled_due=0, days_late=0,
    not_converted=(), lacking=(),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sum:
    """Amounts of several currencies in one; ``since``: the first day one of them was due."""

    amount: int
    since: int | None
    lacking: tuple[Lack, ...]


@dataclass(frozen=True, slots=True)
class Buying:
    """How somebody buys. ``monetary``: what a purchase was worth on average; None where no amount is known."""

    purchase_days: int
    recency_days: int
    monetary: int | None


async def figures(snapshot: Snapshot, asked: Sequence[Asked]) -> dict[Asked, Figures]:
    """The value of customers, each amount by the rate of its day, and what is owed by the rate of today."""
    held = await customers.values(snapshot, [each.subject.num for each in asked])
    found: dict[Asked, Figures] = {}
    for (currency, today, company), together in _alike(asked).items():
        converted = await _converted(snapshot, company, currency, [each.subject for each in together])
        owing = {row.currency for each in together for row in held.get(each.subject.num, ()) if row.outstanding}
        closing = await conversion(snapshot, company, currency, owing, today)
        for each in together:
            num = each.subject.num
            found[each] = _figures(held.get(num, []), converted.get(num, []), closing, today)
    return found


async def overdue(snapshot: Snapshot, asked: Sequence[Asked]) -> dict[Asked, Sum]:
    """What is overdue, by the rate of today."""
    found: dict[Asked, Sum] = {}
    for (currency, today, company), together in _alike(asked).items():
        rows = await values.overdue(snapshot, [each.subject.num for each in together], today)
        closing = await conversion(
            snapshot, company, currency, {row.currency for held in rows.values() for row in held}, today
        )
        for each in together:
            held = rows.get(each.subject.num, [])
            amount, lacking = _summed(((row.amount, row.currency, today) for row in held), closing)
            found[each] = Sum(amount, min((row.since for row in held), default=None), lacking)
    return found


async def buying(snapshot: Snapshot, asked: Sequence[Asked]) -> dict[Asked, Buying]:
    """Recency, purchase days and monetary value of those who bought."""
    found: dict[Asked, Buying] = {}
    for (currency, today, company), together in _alike(asked).items():
        rows = await values.purchases(snapshot, [each.subject.num for each in together])
        used = {row.currency for held in rows.values() for row in held if row.currency is not None}
        rates_ = Conversion(currency, ZoneInfo(company.time_zone))
        if currency != company.currency:
            rates_ = await conversion(snapshot, company, currency, used)
        for each in together:
            if held := rows.get(each.subject.num):
                worth = [
                    row.converted if currency == company.currency else _at(rates_, row.amount, row.currency, row.day)
                    for row in held
                ]
                known = [amount for amount in worth if amount is not None]
                found[each] = Buying(
                    len({row.day for row in held}),
                    today - held[-1].day,
                    rounded(sum(known), len(known)) if known else None,
                )
    return found


async def cost_to_serve(snapshot: Snapshot, asked: Sequence[Asked]) -> dict[Asked, Sum]:
    """The sum of what touchpoints cost, each by the rate of its day; nobody without a cost."""
    found: dict[Asked, Sum] = {}
    for (currency, _, company), together in _alike(asked).items():
        rows = await values.costs(snapshot, [each.subject for each in together])
        rates_ = await conversion(snapshot, company, currency, {row[1] for row in rows})
        spent: dict[int, list[tuple[int, str, int]]] = defaultdict(list)
        for customer, code, at, cost in rows:
            spent[customer].append((cost, code, day(moment(at), rates_.zone)))
        for each in together:
            if each.subject.num in spent:
                amount, lacking = _summed(spent[each.subject.num], rates_)
                found[each] = Sum(amount, None, lacking)
    return found


async def conversion(
    snapshot: Snapshot, company: Company, target: str, currencies: Iterable[str], today: int | None = None
) -> Conversion:
    """The rates of currencies into one: of all days, or of one."""
    exchanges = await rates.exchanges(snapshot, currencies, target, today)
    return Conversion(target, ZoneInfo(company.time_zone), exchanges.__getitem__)


async def _converted(
    snapshot: Snapshot, company: Company, currency: str, subjects: Sequence[Subject]
) -> Mapping[int, Sequence[Converted]]:
    if currency == company.currency:
        return await values.converted(snapshot, [each.num for each in subjects])
    rows = await values.flows(snapshot, subjects, currency)
    rates_ = await conversion(snapshot, company, currency, {row[2] for row in rows})
    accounts: dict[int, Accounts] = {}
    for customer, kind, code, at, amount in rows:
        if customer not in accounts:
            accounts[customer] = Accounts(Purchases(company.revenue_basis), rates_)
        accounts[customer].take([_money(kind, code, at, amount)])
    return {customer: account.value(rates_.zone).converted for customer, account in accounts.items()}


def _money(kind: str, currency: str, at: int, amount: int) -> Moment:
    return Moment(
        "", kind, Channel.ACCOUNTING, Direction.INTERNAL, automated=False, at=moment(at), amount=amount,
        currency=currency,
    )  # fmt: skip


def _figures(held: Sequence[StoredValue], converted: Sequence[Converted], closing: Conversion, today: int) -> Figures:
    flows: list[StoredValue | Converted] = [row for row in held if row.currency == closing.target]
    flows += converted
    whole = {row.currency for row in converted if not row.missing} | {closing.target}
    orders = sum(row.orders for row in held if row.currency in whole)
    earned = sum(row.revenue for row in flows if row.currency in whole)
    outstanding, lacking = _summed(((row.outstanding, row.currency, today) for row in held if row.outstanding), closing)
    missing = [(row.currency, row.missing_on) for row in converted if row.missing_on is not None]
    return Figures(
        **{name: sum(getattr(row, name) for row in flows) for name in _FLOWS},
        **{name: sum(getattr(row, name) for row in held) for name in _PAID},
        outstanding=outstanding,
        orders=sum(row.orders for row in held),
        average_order=rounded(earned, orders) if orders else None,
        first_purchase_at=min((at for row in held if (at := row.first_purchase_at) is not None), default=None),
        last_purchase_at=max((at for row in held if (at := row.last_purchase_at) is not None), default=None),
        not_converted=tuple((row.unconverted, row.currency) for row in converted if row.missing),
        lacking=tuple(dict.fromkeys((*missing, *lacking))),
    )


def _at(rates_: Conversion, amount: int | None, currency: str | None, on: int) -> int | None:
    if amount is None or currency is None or currency == rates_.target:
        return amount
    return rates_.exchange(currency).convert(amount, on)


def _summed(amounts: Iterable[tuple[int, str, int]], rates_: Conversion) -> tuple[int, tuple[Lack, ...]]:
    """What amounts of days come to, and the first day of each currency that lacks a rate."""
    total, lacking = 0, dict[str, int]()
    for amount, currency, on in amounts:
        converted = _at(rates_, amount, currency, on)
        if converted is None:
            lacking[currency] = min(on, lacking.get(currency, on))
        else:
            total += converted
    return total, tuple(lacking.items())


def _alike(asked: Sequence[Asked]) -> dict[tuple[str, int, Company], list[Asked]]:
    together: dict[tuple[str, int, Company], list[Asked]] = defaultdict(list)
    for each in asked:
        together[each.currency, each.today, each.company].append(each)
    return together
