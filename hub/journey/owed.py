"""What a customer still owes, per currency, document by document. Integer minor units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from hub.journey.timeline import Moment

_SIGN = {"invoice": 1, "credit_note": -1, "payment": -1, "refund": 1}


@dataclass(slots=True)
class _Document:
    billed: int = 0
    settled: int = 0
    due: date | None = None


@dataclass(frozen=True, slots=True)
class Owed:
    """``outstanding``: never below zero. ``oldest_due``: the earliest due date of a document that is still open."""

    outstanding: int = 0
    oldest_due: date | None = None


def size(kind: str, amount: int) -> int:
    """The amount as its kind means it: of credit notes and refunds the size, else as it is."""
    return abs(amount) if kind in ("credit_note", "refund") else amount


class Debts:
    """What counted touchpoints leave owing, in any order.

    What names a document reduces what is owed on it, not below zero: paying one invoice twice pays no other.
    What names none, and an invoice of less than nothing, is a credit to the account and reduces the rest.
    """

    __slots__ = ("_account", "_documents")

    def __init__(self) -> None:
        self._documents: dict[str, dict[str, _Document]] = {}
        self._account: dict[str, int] = {}

    def take(self, moment: Moment) -> None:
        """Add a touchpoint."""
        if moment.kind in _SIGN and moment.amount is not None and moment.currency is not None:
            signed = _SIGN[moment.kind] * size(moment.kind, moment.amount)
            unnamed = _unnamed(moment, signed, self._documents.setdefault(moment.currency, {}))
            self._account[moment.currency] = self._account.get(moment.currency, 0) + unnamed

    def owed(self) -> dict[str, Owed]:
        """What is owed now, by currency."""
        return {
            currency: _total(documents.values(), self._account[currency])
            for currency, documents in self._documents.items()
        }


def _unnamed(moment: Moment, signed: int, documents: dict[str, _Document]) -> int:
    """Enter the amount on the document it names; what names none is handed back."""
    if moment.kind == "invoice" and (signed >= 0 or not moment.settles):
        document = documents.setdefault(moment.document or f"touchpoint {moment.id}", _Document())
        document.billed += signed
        if moment.due is not None:
            document.due = min(moment.due, document.due or moment.due)
    elif moment.settles:
        documents.setdefault(moment.settles, _Document()).settled += signed
    else:
        return signed
    return 0


def _total(documents: Iterable[_Document], account: int) -> Owed:
    total, days = account, []
    for document in documents:
        rest = document.billed + document.settled
        if document.billed < 0:
            total += rest
        elif document.billed and rest > 0:
            total += rest
            if document.due is not None:
                days.append(document.due)
    return Owed(max(0, total), min(days, default=None) if total > 0 else None)
