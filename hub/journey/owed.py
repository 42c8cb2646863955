"""What a customer still owes, per currency, document by document, and how they paid. Integer minor units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo

from hub.journey.timeline import Moment

_SIGN = {"invoice": 1, "credit_note": -1, "payment": -1, "refund": 1, "reversal": 1}
_SIZED = ("credit_note", "refund", "reversal")


@dataclass(slots=True)
class _Document:
    billed: int = 0
    settled: int = 0
    due: date | None = None
    billed_at: datetime | None = None
    paid_at: datetime | None = None

    @property
    def rest(self) -> int:
        return self.billed + self.settled


@dataclass(slots=True)
class _Ledger:
    """The documents of one currency; ``account``: what names none; ``settles``: what payments name, by their number."""

    documents: dict[str, _Document] = field(default_factory=dict)
    account: int = 0
    settles: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
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
        document = documents.setdefault(moment.document or f"touchpoint {moment.id}", _Document())
        document.billed += signed
        document.billed_at = min(moment.at, document.billed_at or moment.at)
        if moment.due is not None:
            document.due = min(moment.due, document.due or moment.due)
    elif moment.settles:
        document = documents.setdefault(moment.settles, _Document())
        document.settled += signed
        if moment.kind == "payment":
            document.paid_at = max(moment.at, document.paid_at or moment.at)
            if moment.document:
                named = moment.settles, ledger.settles.get(moment.document, moment.settles)
                ledger.settles[moment.document] = min(named)
    else:
        ledger.account += signed


def _owed(ledger: _Ledger, zone: tzinfo) -> Owed:
    taken_back: dict[str, int] = {}
    for number, settles in ledger.settles.items():
        payment = ledger.documents.get(number)
        if payment is not None and payment.billed_at is None and number != settles:
            taken_back[settles] = taken_back.get(settles, 0) + payment.settled
    total, rests, paid = ledger.account, [], []
    for number, document in ledger.documents.items():
        rest = document.rest + taken_back.get(number, 0)
        if document.billed < 0:
            total += rest
        elif document.billed and rest > 0:
            total += rest
            rests.append((document.due, rest))
        elif document.billed:
            paid.append(document)
    debts = _open(rests, max(0, total))
    return Owed(sum(rest for _, rest in debts), debts, *_days(paid, zone))


def _open(rests: list[tuple[date | None, int]], outstanding: int) -> tuple[tuple[date | None, int], ...]:
    """What is left open of documents of which so much is outstanding: the rest was paid on account, first due first.

    More may be outstanding than documents say: a refund that names none.
    """
    rests.sort(key=lambda each: (each[0] is None, each[0] or date.min, each[1]))
    credit = sum(rest for _, rest in rests) - outstanding
    left: list[tuple[date | None, int]] = [(None, -credit)] if credit < 0 else []
    for due, rest in rests:
        taken = min(rest, max(credit, 0))
        credit -= taken
        if rest > taken:
            left.append((due, rest - taken))
    return tuple(sorted(left, key=lambda each: (each[0] is None, each[0] or date.min, each[1])))


def _days(paid: Iterable[_Document], zone: tzinfo) -> tuple[int, int, int, int]:
    settled = to_pay = with_due = late = 0
    for document in paid:
        if document.billed_at is None or document.paid_at is None:
            continue
        on = document.paid_at.astimezone(zone).toordinal()
        settled += 1
        to_pay += max(0, on - document.billed_at.astimezone(zone).toordinal())
        if document.due is not None:
            with_due += 1
            late += on - document.due.toordinal()
    return settled, to_pay, with_due, late
