"""What became of a matter: the fold of what its touchpoints say about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hub.values import MatterClaim, MatterKind, MatterOutcome, Money


@dataclass(frozen=True, slots=True)
class Said:
    """What one touchpoint says: its time (aware, UTC), id, claim, own amount and kind."""

    occurred_at: datetime
    touchpoint: str
    claim: MatterClaim
    amount: Money | None
    kind: str


@dataclass(frozen=True, slots=True)
class MatterState:
    """A matter as of its last touchpoint.

    ``state`` is the source's word, and ``open``, the outcome or ``closed`` where it gave none; of an invoice it is
    ``open``, ``paid``, ``credited`` or ``cancelled``. ``paid`` and ``outstanding`` are None where nothing is known of
    payments. ``due_at`` is a date where no hour was given. ``closed_at``: when it stopped being open, None while open.
    """

    kind: MatterKind
    reference: str
    title: str
    pipeline: str | None
    state: str
    outcome: MatterOutcome | None
    open: bool
    amount: Money | None
    paid: Money | None
    outstanding: Money | None
    owner: str | None
    opened_at: datetime
    due_at: date | datetime | None
    closed_at: datetime | None
    properties: Mapping[str, Any] = field(default_factory=dict)


def fold(claims: Iterable[Said]) -> MatterState | None:
    """The state after all claims about one matter, given in any order; None without claims.

    In the order of time (equal times by touchpoint id) each field that is not None replaces the one before, and
    properties are laid over each other. The latest claim that speaks of ``open`` or ``outcome`` decides whether the
    matter is open; opening it again clears the outcome. An invoice is open while something is outstanding: its
    amount is that of its invoice touchpoints less its credit notes, outstanding is that less payments and plus
    refunds. What is in another currency than the invoice is not reckoned.
    """
    said = {one.touchpoint: one for one in claims}
    in_order = sorted(said.values(), key=lambda one: (one.occurred_at, one.touchpoint))
    if not in_order:
        return None
    matter = _Fold(in_order[0])
    for one in in_order:
        matter.add(one)
    return matter.state()


class _Fold:
    def __init__(self, first: Said) -> None:
        self.kind = first.claim.kind
        self.reference = first.claim.reference
        self.opened_at = first.occurred_at
        self.closed_at: datetime | None = None
        self.said: dict[str, Any] = {}
        self.properties: dict[str, Any] = {}
        self.outcome: MatterOutcome | None = None
        self.unsettled = True
        self.currency: str | None = None
        self.sums: dict[tuple[str, str], Decimal] = {}

    def add(self, one: Said) -> None:
        claim = one.claim
        for name in ("title", "pipeline", "state", "owner", "due", "amount", "paid"):
            if (told := getattr(claim, name)) is not None:
                self.said[name] = told
        self.properties.update(claim.properties)
        if claim.open is not None or claim.outcome is not None:
            self.unsettled = bool(claim.open)
            self.outcome = claim.outcome or (None if claim.open else self.outcome)
        billed_now = self._reckon(one)
        if self._open():
            self.closed_at = None
        elif self.closed_at is None or billed_now:
            self.closed_at = one.occurred_at

    def _reckon(self, one: Said) -> bool:
        """Whether this was the invoice's first bill: one paid in advance closes with it, not with the payment."""
        if one.amount is None:
            return False
        if self.kind is not MatterKind.INVOICE:
            if one.kind == self.kind.value.lower() and one.claim.amount is None:
                self.said["amount"] = one.amount
            return False
        signed = one.amount.amount if one.kind in ("invoice", "payment") else abs(one.amount.amount)
        key = (one.kind, one.amount.currency)
        first = one.kind == "invoice" and key not in self.sums
        self.sums[key] = self.sums.get(key, Decimal(0)) + signed
        if first or self.currency is None:
            self.currency = one.amount.currency
        return first

    def _sum(self, kind: str) -> Decimal | None:
        return self.sums.get((kind, self.currency)) if self.currency else None

    def _amount(self) -> Money | None:
        billed, credited = self._sum("invoice"), self._sum("credit_note")
        told: Money | None = self.said.get("amount")
        if billed is None and told is not None:
            return Money(told.amount - (credited or 0), told.currency) if told.currency == self.currency else told
        if self.currency is None or (billed is None and credited is None):
            return told
        return Money((billed or Decimal(0)) - (credited or Decimal(0)), self.currency)

    def _paid(self) -> Money | None:
        paid, refunded = self._sum("payment"), self._sum("refund")
        if self.currency is None or (paid is None and refunded is None):
            told: Money | None = self.said.get("paid")
            return told
        return Money((paid or Decimal(0)) - (refunded or Decimal(0)), self.currency)

    def _outstanding(self) -> Money | None:
        amount, paid = self._amount(), self._paid()
        if amount is None or (paid is None and self.kind is not MatterKind.INVOICE):
            return None
        settled = paid.amount if paid is not None and paid.currency == amount.currency else Decimal(0)
        return Money(max(Decimal(0), amount.amount - settled), amount.currency)

    def _open(self) -> bool:
        if self.kind is not MatterKind.INVOICE or not self.unsettled:
            return self.unsettled
        outstanding = self._outstanding()
        if outstanding is None:  # no amount is known: paid when a payment is
            return self._paid() is None
        return outstanding.amount > 0

    def _word(self) -> str:
        if self.kind is not MatterKind.INVOICE:
            told: str | None = self.said.get("state")
            return told or ("open" if self.unsettled else (self.outcome or "closed").lower())
        if self.outcome is MatterOutcome.CANCELLED:
            return "cancelled"
        if self._open():
            return "open"
        credited, billed = self._sum("credit_note"), self._sum("invoice")
        if credited and credited >= (billed or 0):
            return "credited"
        outstanding = self._outstanding()
        return "closed" if outstanding is not None and outstanding.amount > 0 else "paid"

    def state(self) -> MatterState:
        return MatterState(
            kind=self.kind,
            reference=self.reference,
            title=self.said.get("title") or self.reference,
            pipeline=self.said.get("pipeline"),
            state=self._word(),
            outcome=self.outcome,
            open=self._open(),
            amount=self._amount(),
            paid=self._paid(),
            outstanding=self._outstanding(),
            owner=self.said.get("owner"),
            opened_at=self.opened_at,
            due_at=self.said.get("due"),
            closed_at=self.closed_at,
            properties=self.properties,
        )
