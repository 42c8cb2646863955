"""What a customer still owes, per currency, document by document, and how they paid. Integer minor units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from hub.journey.timeline import Moment

_SIGN = {"invoice": 1, "credit_note": -1, "payment": -1, "refund": 1, "reversal": 1}
_SIZED = ("credit_note", "refund", "reversal")


_CREDIT = date.min
"""Where, among the due dates, bills of less than nothing are added up."""
_Days = tuple[int, int, int, int]
_UNPAID: _Days = (0, 0, 0, 0)


@dataclass(slots=True)
class _Document:
    """``shown``: what of it is in the sums of its ledger: when it is due, what is left of it, and how it was paid."""

    billed: int = 0
    settled: int = 0
    due: date | None = None
    billed_at: datetime | None = None
    paid_at: datetime | None = None
    shown: tuple[date | None, int, _Days] = (None, 0, _UNPAID)


@dataclass(slots=True)
class _Ledger:
    """The documents of one currency; ``account``: what names none; ``settles``: what payments name, by their number.

    ``touched`` documents are not yet in the sums: what is left by due date, and how documents were paid.
    """

    documents: dict[str, _Document] = field(default_factory=dict)
    account: int = 0
    settles: dict[str, str] = field(default_factory=dict)
    touched: list[str] = field(default_factory=list)
    rests: dict[date | None, int] = field(default_factory=dict)
    paid: _Days = _UNPAID


@dataclass(slots=True)
class Owed:
    """``outstanding``: never below zero. ``debts``: (due, rest) of documents that are still open, those due first in
    front; what names no document has paid the first of them.

    ``settled``: documents paid in full, ``days_to_pay`` days in sum from the bill to the last payment that names it
    (0 when it came before); ``settled_due``: those of them with a due date, ``days_late`` days in sum after it, less
    than zero when they were paid before.
    """

    outstanding: int = 0
    debts: tuple[tuple[date | None, int], ...] = ()
    settled: int = 0
    days_to_pay: int = 0
    settled_due: int = 0
    days_late: int = 0

    @property
    def oldest_due(self) -> date | None:
        """The earliest due date of a document that is still open."""
        return self.debts[0][0] if self.debts else None


def size(kind: str, amount: int) -> int:
    """The amount as its kind means it: of credit notes, refunds and reversals the size, else as it is."""
    return abs(amount) if kind in _SIZED else amount


class Debts:
    """What counted touchpoints leave owing, in any order.

    What names a document reduces what is owed on it, not below zero: paying one invoice twice pays no other.
    What names none, and an invoice of less than nothing, is a credit to the account and reduces the rest. What names a
    payment instead of a document is about the document that the payment names.
    """

    __slots__ = ("_ledgers",)

    def __init__(self) -> None:
        self._ledgers: dict[str, _Ledger] = {}

    def take(self, moment: Moment) -> None:
        """Add a touchpoint."""
        if moment.kind in _SIGN and moment.amount is not None and moment.currency is not None:
            signed = _SIGN[moment.kind] * size(moment.kind, moment.amount)
            _enter(moment, signed, self._ledgers.setdefault(moment.currency, _Ledger()))

    def owed(self, zone: tzinfo) -> dict[str, Owed]:
        """What is owed now, by currency; days are the zone's."""
        return {currency: _owed(ledger, zone) for currency, ledger in self._ledgers.items()}


def _enter(moment: Moment, signed: int, ledger: _Ledger) -> None:
    documents = ledger.documents
    if moment.kind == "invoice" and (signed >= 0 or not moment.settles):
        number = moment.document or f"touchpoint {moment.id}"
        document = documents.setdefault(number, _Document())
        document.billed += signed
        document.billed_at = min(moment.at, document.billed_at or moment.at)
        if moment.due is not None:
            document.due = min(moment.due, document.due or moment.due)
    elif moment.settles:
        number = moment.settles
        document = documents.setdefault(number, _Document())
        document.settled += signed
        if moment.kind == "payment":
            document.paid_at = max(moment.at, document.paid_at or moment.at)
            if moment.document:
                before = ledger.settles.get(moment.document, number)
                ledger.settles[moment.document] = min(number, before)
                ledger.touched.append(before)
    else:
        ledger.account += signed
        return
    ledger.touched.append(number)


def _owed(ledger: _Ledger, zone: tzinfo) -> Owed:
    taken_back: dict[str, int] = {}
    for number in ledger.settles.keys() & ledger.documents.keys():
        payment, settles = ledger.documents[number], ledger.settles[number]
        if payment.billed_at is None and number != settles:
            taken_back[settles] = taken_back.get(settles, 0) + payment.settled
    for number in {*ledger.touched, *taken_back}:
        document = ledger.documents[number]
        _sum(ledger, document, -1)
        document.shown = _state(document, taken_back.get(number, 0), zone)
        _sum(ledger, document, 1)
    ledger.touched.clear()
    total = ledger.account + sum(ledger.rests.values())
    debts = _open(ledger.rests, max(0, total))
    return Owed(sum(rest for _, rest in debts), debts, *ledger.paid)


def _sum(ledger: _Ledger, document: _Document, sign: int) -> None:
    due, rest, paid = document.shown
    ledger.rests[due] = ledger.rests.get(due, 0) + sign * rest
    if not ledger.rests[due]:
        del ledger.rests[due]
    if paid is not _UNPAID:
        settled, to_pay, with_due, late = (before + sign * more for before, more in zip(ledger.paid, paid, strict=True))
        ledger.paid = settled, to_pay, with_due, late


def _state(document: _Document, taken_back: int, zone: tzinfo) -> tuple[date | None, int, _Days]:
    """When it is due, what is left of it, and how it was paid. A bill of less than nothing is a credit."""
    rest = document.billed + document.settled + taken_back
    if document.billed < 0:
        return _CREDIT, rest, _UNPAID
    if not document.billed or rest > 0:
        return document.due, rest if document.billed else 0, _UNPAID
    if document.billed_at is None or document.paid_at is None:
        return None, 0, _UNPAID
    on = document.paid_at.astimezone(zone).toordinal()
    to_pay = max(0, on - document.billed_at.astimezone(zone).toordinal())
    late = (0, 0) if document.due is None else (1, on - document.due.toordinal())
    return None, 0, (1, to_pay, *late)


def _open(rests: dict[date | None, int], outstanding: int) -> tuple[tuple[date | None, int], ...]:
    """What is left open of what so much is outstanding of: the rest was paid on account, first due first.

    More may be outstanding than documents say: a refund that names none.
    """
    credit = sum(rest for due, rest in rests.items() if due != _CREDIT) - outstanding
    left: list[tuple[date | None, int]] = []
    for due in sorted(due for due in rests if due is not None and due != _CREDIT):
        taken = max(0, min(rests[due], credit))
        credit -= taken
        if rests[due] > taken:
            left.append((due, rests[due] - taken))
    unnamed = rests.get(None, 0) - credit
    return (*left, (None, unnamed)) if unnamed else tuple(left)
