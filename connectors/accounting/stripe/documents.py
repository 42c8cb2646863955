"""Bills and what takes them back: invoices, credit notes, quotes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.accounting.stripe.objects import CreditNote, Invoice, InvoicePayment, Item, Quote, Thing, money
from connectors.accounting.stripe.parties import traits, whom
from hub import sdk

_EXACT = Decimal("0.0001")


def plain(
    kind: str, direction: sdk.Direction, at: datetime, *, part: str = "", title: str = "", **other: Any
) -> sdk.Touchpoint:
    """A touchpoint of the books; properties that say nothing are left out."""
    said = {name: value for name, value in other.pop("properties", {}).items() if value not in ("", None)}
    return sdk.Touchpoint(
        kind=kind,
        channel=sdk.Channel.ACCOUNTING,
        direction=direction,
        occurred_at=at,
        part=part or kind,
        title=title,
        properties=said,
        **other,
    )


def invoice(given: Invoice, side: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """The bill once it is final; what was paid outside of Stripe; what voiding it takes back."""
    state = given.state
    if state in ("draft", "deleted"):
        return
    who = whom(
        given.buyer,
        side,
        email=given.customer_email,
        phone=given.customer_phone,
        country=given.customer_address.country,
    )
    due = given.due_date.date() if given.due_date else None
    said = given.status_transitions
    bill = _bill(
        given.id,
        title=given.number or None,
        due=due,
        open=False if state == "paid" and (given.amount_paid or 0) < given.total else None,
    )
    contract = [sdk.MatterClaim(kind=sdk.MatterKind.CONTRACT, reference=given.contract)] if given.contract else []
    yield plain(
        "invoice",
        sdk.Direction.OUTBOUND,
        given.at(given.effective_at, said.finalized_at, given.finalized_at),
        title=given.number or given.description,
        amount=given.money(given.total),
        identifiers=who,
        traits=traits(side, name=given.customer_name, address=given.customer_address),
        matters=(bill, *contract),
        lines=tuple(_line(each, given) for each in given.lines),
        properties={
            "number": given.id,
            "invoice_number": given.number,
            "due_on": due.isoformat() if due else "",
            "tax": "" if given.taxed is None else f"{given.money(given.taxed).amount:f}",
            "status": state,
        },
    )
    elsewhere = (given.amount_paid or given.amount_due) if state == "paid" and given.paid_out_of_band else None
    if elsewhere:
        yield plain(
            "payment",
            sdk.Direction.INBOUND,
            given.at(said.paid_at),
            title=given.number,
            amount=given.money(elsewhere),
            identifiers=who,
            matters=(_bill(given.id),),
            properties={"number": f"{given.id}/payment", "settles": given.id, "method": "out_of_band"},
        )
    if state == "void":
        yield _voided(given, who)


def _voided(given: Invoice, who: tuple[sdk.Identifier, ...]) -> sdk.Touchpoint:
    """What was left of the bill, taken back."""
    credited = (given.pre_payment_credit_notes_amount or 0) + (given.post_payment_credit_notes_amount or 0)
    return plain(
        "credit_note",
        sdk.Direction.OUTBOUND,
        given.at(given.status_transitions.voided_at),
        part="void",
        title=given.number,
        amount=given.money(given.total - credited),
        identifiers=who,
        matters=(_bill(given.id, outcome=sdk.MatterOutcome.CANCELLED, open=False),),
        properties={"number": f"{given.id}/void", "settles": given.id, "status": "void"},
    )


def _bill(reference: str, **said: Any) -> sdk.MatterClaim:
    return sdk.MatterClaim(kind=sdk.MatterKind.INVOICE, reference=reference, **said)


def invoice_payment(given: InvoicePayment, _: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """A payment that was only recorded at Stripe. Any other is a charge, and told of as such."""
    if given.payment.type == "payment_record" and given.status == "paid" and given.amount_paid:
        yield plain(
            "payment",
            sdk.Direction.INBOUND,
            given.at(given.status_transitions.paid_at),
            amount=given.money(given.amount_paid),
            matters=(_bill(given.invoice),),
            properties={"number": given.id, "settles": given.invoice, "method": "payment_record"},
        )


def credit_note(given: CreditNote, side: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """What a credit note takes back beyond its refunds, which take back what they pay out themselves."""
    if given.status != "issued":
        return
    yield plain(
        "credit_note",
        sdk.Direction.OUTBOUND,
        given.at(given.effective_at),
        title=given.number,
        text=given.memo or None,
        amount=given.money(given.not_refunded),
        identifiers=whom(given.buyer, side),
        matters=(_bill(given.invoice),),
        lines=tuple(_line(each, given) for each in given.lines),
        properties={
            "number": given.id,
            "credit_note_number": given.number,
            "settles": given.invoice,
            "status": given.status,
            "reason": given.reason,
            "total": f"{given.money(given.amount).amount:f}",
        },
    )


def quote(given: Quote, side: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """An offer, once it can be accepted."""
    if given.status == "draft":
        return
    yield plain(
        "quote",
        sdk.Direction.OUTBOUND,
        given.at(given.status_transitions.finalized_at),
        title=given.header or given.number or given.description,
        amount=given.money(given.amount_total),
        identifiers=whom(given.buyer, side),
        properties={
            "number": given.number or given.id,
            "status": given.status,
            "valid_until": given.expires_at.date().isoformat() if given.expires_at else "",
        },
    )


def _line(item: Item, document: Thing) -> sdk.Line:
    quantity = Decimal(1) if item.quantity is None else item.quantity
    amount = money(item.amount, item.currency or document.currency)
    each = (amount.amount / quantity).quantize(_EXACT) if quantity else amount.amount
    taxes = item.taxes or item.tax_amounts
    return sdk.Line(
        description=item.description,
        quantity=quantity,
        unit_price=sdk.Money(each, amount.currency),
        amount=amount,
        tax=money(sum(tax.amount or 0 for tax in taxes), amount.currency) if taxes else None,
        sku=item.price.product or item.pricing.price_details.product or item.plan.product,
    )
