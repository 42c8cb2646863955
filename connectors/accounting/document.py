"""Documents of sales as touchpoints: what every connector of books makes of invoices, credit notes and payments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator

from hub import sdk

ContactSide = Annotated[sdk.Side, BeforeValidator(lambda side: side.upper() if isinstance(side, str) else side)]
"""Whom a contact number names, in any case."""


class Kind(StrEnum):
    """Kinds of documents."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"
    REVERSAL = "reversal"
    QUOTE = "quote"
    ORDER = "order"


INBOUND = {Kind.PAYMENT, Kind.REVERSAL, Kind.ORDER}
"""What the customer does; all other documents are the company's."""


@dataclass(frozen=True, slots=True, order=True)
class Bill:
    """An invoice as others name it: by the ``reference`` that never changes, and by the ``number`` that people know."""

    reference: str
    number: str = ""

    @property
    def name(self) -> str:
        """What its own number and those that settle it say alike."""
        return self.number or self.reference


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document. ``part``: its name in a row that tells of several.

    ``bill``: the invoice that it is, or that it settles. ``credit``: the credit note or advance that it is, or pays
    back. Whose it is follows from ``customer``, and where that is empty from these.
    """

    kind: Kind
    on: date | datetime
    amount: sdk.Money
    number: str = ""
    title: str = ""
    part: str = ""
    bill: Bill | None = None
    credit: Bill | None = None
    due: date | None = None
    customer: tuple[sdk.Identifier, ...] = ()
    traits: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[sdk.Line, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)

    def touchpoint(self) -> sdk.Touchpoint:
        """The document as a touchpoint; what it is about is the matter of its bill."""
        settles = self.bill.name if self.bill and self.kind is not Kind.INVOICE else ""
        about = {"number": self.number, "due_on": self.due and self.due.isoformat(), "settles": settles}
        return sdk.Touchpoint(
            kind=self.kind.value,
            channel=sdk.Channel.ACCOUNTING,
            direction=sdk.Direction.INBOUND if self.kind in INBOUND else sdk.Direction.OUTBOUND,
            occurred_at=self.on,
            title=self.title or self.number,
            part=self.part or self.kind.value,
            amount=self.amount,
            identifiers=self.customer,
            traits={name: value for name, value in self.traits.items() if value},
            matters=tuple(self._matters()),
            lines=self.lines,
            properties={name: value for name, value in (about | dict(self.properties)).items() if value},
        )

    def _matters(self) -> Iterator[sdk.MatterClaim]:
        if self.bill is not None:
            claim = sdk.MatterClaim(kind=sdk.MatterKind.INVOICE, reference=self.bill.reference)
            is_it = self.kind is Kind.INVOICE
            yield replace(claim, title=self.title or self.bill.name, due=self.due) if is_it else claim
        if self.credit is not None:
            yield sdk.MatterClaim(
                kind=sdk.MatterKind.OTHER, reference=self.credit.reference, title=self.credit.number or None
            )


def shares(total: Decimal, settled: Iterable[tuple[Bill, Decimal]]) -> Iterator[tuple[Bill | None, Decimal]]:
    """What of a credit or a payment goes to which bill, in the order of the bills, and what goes to none.

    No more than there is: some systems settle bills by credits and money in one.
    """
    each: dict[Bill, Decimal] = {}
    for bill, amount in settled:
        each[bill] = each.get(bill, Decimal(0)) + amount
    rest = total
    for bill in sorted(each):
        amount = min(each[bill], rest)
        rest -= amount
        if amount > 0:
            yield bill, amount
    if rest > 0 or rest == total:
        yield None, rest
