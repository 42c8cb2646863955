"""What became of a matter: the fold of what its touchpoints say about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Context, Decimal
from typing import Any

from hub.values import Direction, MatterClaim, MatterKind, MatterOutcome, Money, Quantity

_ANSWERED = frozenset({MatterKind.CASE, MatterKind.CONVERSATION})
_EXACT = Context(prec=120)
"""Digits enough that no sum of quantities is rounded, so that their order shows nowhere."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one touchpoint says: its time (aware, UTC), id, claim, own amount and kind.

    ``day_only``: the source gave a date, which stands at noon.
    """

    occurred_at: datetime
    touchpoint: str
    claim: MatterClaim
    amount: Money | None
    kind: str
    direction: Direction = Direction.INTERNAL
    automated: bool = False
    day_only: bool = False
    quantity: Quantity | None = None

    @property
    def closes(self) -> bool:
        """Whether it says that the matter is no longer open."""
        return self.claim.outcome is not None or self.claim.open is False


@dataclass(frozen=True, slots=True)
class StateChange:
    """A matter came into another state. ``lasted``: until the next change; None for the state it is in."""

    at: datetime
    before: str | None
    after: str
    open: bool
    outcome: MatterOutcome | None
    touchpoint: str
    lasted: timedelta | None = None


@dataclass(frozen=True, slots=True)
class MatterState:
    """A matter as of its last touchpoint.

    ``state`` is the source's word, and ``open``, the outcome or ``closed`` where it gave none; of an invoice it is
    ``open``, ``paid``, ``credited`` or ``cancelled``. ``paid`` and ``outstanding`` are None where nothing is known of
    payments. ``due_at`` is a date where no hour was given. ``closed_at``: when it stopped being open, None while open;
    ``closed_after``: how long that took. ``answered_after``: from the first thing the customer said to the first that
    a colleague answered, of cases and conversations. ``balance``: of a loyalty account.
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
    changes: tuple[StateChange, ...] = ()
    closed_after: timedelta | None = None
    answered_after: timedelta | None = None
    balance: Quantity | None = None


def elapsed(start: Said, end: Said, zone: tzinfo) -> timedelta:
    """The time between two touchpoints: whole calendar days in ``zone`` when the day is all that is known of one."""
    if start.day_only or end.day_only:
        return end.occurred_at.astimezone(zone).date() - start.occurred_at.astimezone(zone).date()
    return end.occurred_at - start.occurred_at


def fold(claims: Iterable[Said], zone: tzinfo = UTC) -> MatterState | None:
    """The state after all claims about one matter, given in any order; None without claims.

    In the order of time (equal times by touchpoint id, what closes it last) each field that is not None replaces the
    one before, and properties are laid over each other. What closes a matter on a day of which no hour is known comes
    after everything else of that day in ``zone``. The latest claim that speaks of ``open`` or ``outcome`` decides
    whether the matter is open; opening it again clears the outcome. An invoice is open while something is outstanding:
    its amount is that of its invoice touchpoints less its credit notes, outstanding is that less payments and plus
    refunds and reversals. What is in another currency than the invoice is not reckoned. The balance of a loyalty
    account is the sum of the quantities of its touchpoints, in the unit of the first.
    """
    said = {one.touchpoint: one for one in claims}
    in_order = sorted(said.values(), key=lambda one: (_place(one, zone), one.closes, one.touchpoint))
    if not in_order:
        return None
    matter = _Fold(in_order[0], zone)
    for one in in_order:
        matter.add(one)
    return matter.state()


def _place(one: Said, zone: tzinfo) -> datetime:
    if one.day_only and one.closes:
        return datetime.combine(one.occurred_at.astimezone(zone).date(), time.max, zone)
    return one.occurred_at


class _Fold:
    def __init__(self, first: Said, zone: tzinfo) -> None:
        self.zone = zone
        self.first = first
        self.closer: Said | None = None
        self.turns: list[tuple[Said, str, bool, MatterOutcome | None]] = []
        self.asked: Said | None = None
        self.answered: Said | None = None
        self.balance: Quantity | None = None
        self.kind = first.claim.kind
        self.reference = first.claim.reference
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
            self.closer = None
        elif self.closer is None or billed_now:
            self.closer = one
        self._turn(one)
        self._answer(one)
        if one.quantity is not None and self.kind is MatterKind.LOYALTY:
            self._count(one.quantity)

    def _turn(self, one: Said) -> None:
        now = (self._word(), self._open(), self.outcome)
        if not self.turns or self.turns[-1][1:] != now:
            self.turns.append((one, *now))

    def _answer(self, one: Said) -> None:
        if one.automated or self.kind not in _ANSWERED or self.answered is not None:
            return
        if one.direction is Direction.INBOUND and self.asked is None:
            self.asked = one
        elif one.direction is Direction.OUTBOUND and self.asked is not None:
            self.answered = one

    def _count(self, quantity: Quantity) -> None:
        """What is counted in another unit than the first is not added."""
        if self.balance is None:
            self.balance = quantity
        elif self.balance.unit == quantity.unit:
            self.balance = Quantity(_EXACT.add(self.balance.value, quantity.value), quantity.unit)

    def _changes(self) -> tuple[StateChange, ...]:
        ends = [turn[0] for turn in self.turns[1:]]
        return tuple(
            StateChange(
                at=one.occurred_at,
                before=self.turns[place - 1][1] if place else None,
                after=word,
                open=is_open,
                outcome=outcome,
                touchpoint=one.touchpoint,
                lasted=elapsed(one, ends[place], self.zone) if place < len(ends) else None,
            )
            for place, (one, word, is_open, outcome) in enumerate(self.turns)
        )

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
        back = (refunded or Decimal(0)) + (self._sum("reversal") or Decimal(0))
        return Money((paid or Decimal(0)) - back, self.currency)

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
            opened_at=self.first.occurred_at,
            due_at=self.said.get("due"),
            closed_at=self.closer.occurred_at if self.closer else None,
            properties=self.properties,
            changes=self._changes(),
            closed_after=elapsed(self.first, self.closer, self.zone) if self.closer else None,
            answered_after=elapsed(self.asked, self.answered, self.zone) if self.asked and self.answered else None,
            balance=self.balance,
        )
