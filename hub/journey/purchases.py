"""Which purchases stand: documents on the revenue basis that were not fully credited.

Stage, orders and first purchase all ask this one fold, so that they cannot disagree.

* Billed: an invoice is a purchase and a credit note takes it back. A refund that names the invoice takes it back too,
  as far as it goes beyond the credit notes. Cash: a payment is a purchase and a refund or a reversal takes it back.
* Documents of one number are one purchase; so are payments that name one invoice (instalments).
* A credit that names a purchase reduces that one. When the customer's whole net in a currency comes to zero or below,
  all purchases in it until then count as credited.
* What is for nothing is no purchase. An unknown amount is one, until something without an amount names and credits it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from hub.clock import day
from hub.journey.timeline import Moment
from hub.values import RevenueBasis

_KINDS = {
    RevenueBasis.BILLED: ("invoice", frozenset({"credit_note"})),
    RevenueBasis.CASH: ("payment", frozenset({"refund", "reversal"})),
}
_ALL_KINDS = {basis: frozenset({bought, "refund"}) | credits_ for basis, (bought, credits_) in _KINDS.items()}

_Name = tuple[str | None, str]
"""A currency and a document number (or, where there is none, a touchpoint id)."""


@dataclass(slots=True, eq=False)
class Purchase:
    """One purchase. ``at`` and ``touchpoint`` are of the moment that made it stand; amounts are minor units."""

    at: datetime
    touchpoint: str
    currency: str | None
    amount: int = 0
    credited: int = 0
    refunded: int = 0
    seen: bool = False
    unknown: bool = False
    void: bool = False
    standing: bool = False
    _dated: tuple[datetime, tzinfo, int] | None = None

    def day(self, zone: tzinfo) -> int:
        """The day in a zone, counted from 1970-01-01."""
        if self._dated is None or self._dated[0] is not self.at or self._dated[1] is not zone:
            self._dated = self.at, zone, day(self.at, zone)
        return self._dated[2]

    @property
    def left(self) -> int:
        """What was not taken back."""
        return self.amount - max(self.credited, self.refunded)

    @property
    def holds(self) -> bool:
        """Whether anything of it was not taken back."""
        return self.seen and not self.void and (self.left > 0 or self.unknown)


def _place(purchase: Purchase) -> tuple[datetime, str]:
    return purchase.at, purchase.touchpoint


class Purchases:
    """Fed instant by instant, in order; ``standing`` is sorted by time, then by touchpoint id."""

    __slots__ = (
        "_changed", "_count", "_named", "_net", "basis", "credit_kinds", "kinds", "purchase_kind", "standing",
        "touched",
    )  # fmt: skip

    def __init__(self, basis: RevenueBasis) -> None:
        self.basis = basis
        self.purchase_kind, self.credit_kinds = _KINDS[basis]
        self.kinds = _ALL_KINDS[basis]
        self.standing: list[Purchase] = []
        self.touched: Iterable[Purchase] = ()
        """Those that the moments taken last are about."""
        self._named: dict[_Name, Purchase] = {}
        self._net: dict[str, int] = {}
        self._count: dict[str | None, int] = {}
        self._changed: dict[Purchase, bool] = {}

    def is_purchase(self, moment: Moment) -> bool:
        """Whether this moment is itself a purchase, credited or not."""
        return moment.kind == self.purchase_kind and moment.counted and (moment.amount is None or moment.amount > 0)

    def take(self, instant: Iterable[Moment]) -> tuple[list[Purchase], list[Purchase]]:
        """Add the moments of one time; say which purchases came to stand, and which fell."""
        told = [moment for moment in instant if moment.counted and moment.kind in self.kinds]
        if not told:
            self.touched = ()
            return [], []
        touched: dict[Purchase, bool] = {}
        currencies: set[str] = set()
        for moment in told:
            purchase = self._buy(moment) if moment.kind == self.purchase_kind else self._credit(moment)
            if purchase is not None:
                touched[purchase] = self.is_purchase(moment) or touched.get(purchase, False)
            if moment.currency:
                currencies.add(moment.currency)
        self.touched = touched
        return self._settle(touched, currencies)

    def changes(self) -> list[Purchase]:
        """The purchases that came, fell or were credited since this was last asked."""
        changed = list(self._changed)
        self._changed.clear()
        return changed

    def run(self, count: int, within: timedelta | None, start: int = 0) -> list[Purchase] | None:
        """The earliest ``count`` standing purchases in a row, not more than ``within`` apart, from index ``start``."""
        standing = self.standing
        for first in range(max(start, 0), len(standing) - count + 1):
            if within is None or standing[first + count - 1].at - standing[first].at <= within:
                return standing[first : first + count]
        return None

    def index(self, purchase: Purchase) -> int:
        """Where the purchase stands, or would stand."""
        return bisect_left(self.standing, _place(purchase), key=_place)

    def _credit(self, moment: Moment) -> Purchase | None:
        size = None if moment.amount is None else abs(moment.amount)
        on_basis = moment.kind in self.credit_kinds
        if on_basis and size:
            self._add(moment.currency, -size)
        name = moment.settles or (moment.document if self.basis is RevenueBasis.CASH else None)
        if name is None:
            return None
        purchase = self._find(moment, [name])
        if size is None:
            purchase.void = True
        elif on_basis:
            purchase.credited += size
        else:
            purchase.refunded += size
        return purchase

    def _buy(self, moment: Moment) -> Purchase:
        names = [moment.settles, moment.document]
        if self.basis is RevenueBasis.BILLED and (self.is_purchase(moment) or not moment.settles):
            names = [moment.document]  # only an invoice of less than nothing, a correction, is about the one it names
        purchase = self._find(moment, [name for name in names if name] or [f"touchpoint {moment.id}"])
        if not purchase.standing:
            purchase.at, purchase.touchpoint = moment.at, moment.id
        purchase.seen = True
        if moment.amount is None:
            purchase.unknown = True
        else:
            purchase.amount += moment.amount
            self._add(moment.currency, moment.amount)
        return purchase

    def _add(self, currency: str | None, amount: int) -> None:
        if currency:
            self._net[currency] = self._net.get(currency, 0) + amount

    def _find(self, moment: Moment, names: list[str]) -> Purchase:
        keys = [(moment.currency, name) for name in names]
        purchase = self._named.get(keys[0]) or Purchase(moment.at, moment.id, moment.currency)
        for key in keys:
            other = self._named.setdefault(key, purchase)
            if other is not purchase and not other.seen:  # a credit that came before what it names
                purchase.credited += other.credited
                purchase.refunded += other.refunded
                purchase.void |= other.void
                self._named[key] = purchase
        return purchase

    def _settle(self, touched: dict[Purchase, bool], currencies: set[str]) -> tuple[list[Purchase], list[Purchase]]:
        emptied = {currency for currency in currencies if self._net.get(currency, 1) <= 0}
        fell = [p for p in touched if p.standing and not p.holds and p.currency not in emptied]
        if any(self._count.get(currency) for currency in emptied):
            fell += [p for p in self.standing if p.currency in emptied]
        came = [p for p, bought in touched.items() if bought and not p.standing and p.holds]
        came = sorted((p for p in came if p.currency not in emptied), key=_place)
        self._changed |= touched
        for purchase in fell:
            self._changed[purchase] = False
            del self.standing[self.index(purchase)]
        self.standing += came
        for change, purchases in ((1, came), (-1, fell)):
            for purchase in purchases:
                purchase.standing = change > 0
                self._count[purchase.currency] = self._count.get(purchase.currency, 0) + change
        return came, fell
