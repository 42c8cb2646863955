"""Money that came and went back: charges, refunds, disputes.

A payment is a matter of its own, named by its charge, so that a refund which names nothing else finds its customer.
"""

from __future__ import annotations

from collections.abc import Iterator

from connectors.accounting.stripe.documents import plain
from connectors.accounting.stripe.objects import Charge, Dispute, Refund, Thing
from connectors.accounting.stripe.parties import traits, whom
from hub import sdk

FAILED = "accounting.failed_payment"
_WITHDRAWN = frozenset({"needs_response", "under_review", "lost"})
"""States of a dispute in which the customer's bank has the money."""
_ENDS = {
    "won": sdk.MatterOutcome.WON,
    "lost": sdk.MatterOutcome.LOST,
    "warning_closed": sdk.MatterOutcome.RESOLVED,
    "charge_refunded": sdk.MatterOutcome.RESOLVED,
    "prevented": sdk.MatterOutcome.RESOLVED,
}


def charge(given: Charge, side: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """A payment; of no invoice it is a sale as well. What was reserved and not yet taken is neither."""
    payer = given.billing_details
    address = payer.address
    if given.buyer:
        who = whom(given.buyer, side)
    else:
        email = payer.email or given.receipt_email
        who = whom("", side, email=email, phone=payer.phone, country=address.country)
    known = {} if given.buyer else traits(sdk.Side.PERSON, name=payer.name, address=address)
    if given.status == "failed" or (given.paid is False and given.status != "pending"):
        yield plain(
            FAILED,
            sdk.Direction.INBOUND,
            given.at(),
            part="failure",
            title=given.description,
            automated=True,
            amount=given.money(given.amount),
            identifiers=who,
            traits=known,
            matters=tuple(_about(given)),
            properties={"number": given.id, "settles": given.invoice, "reason": given.failure_code},
            text=given.failure_message or None,
        )
    elif given.status != "pending" and given.captured:
        amount = given.money(given.amount_captured or given.amount)
        if given.stands_alone:
            yield plain(
                "invoice",
                sdk.Direction.OUTBOUND,
                given.at(),
                part="sale",
                title=given.receipt_number or given.description,
                amount=amount,
                identifiers=who,
                traits=known,
                matters=tuple(_about(given)),
                properties={"number": given.id, "status": "paid"},
            )
        yield plain(
            "payment",
            sdk.Direction.INBOUND,
            given.at(),
            title=given.description,
            amount=amount,
            identifiers=who,
            traits=known,
            matters=tuple(_about(given)),
            properties={
                "number": given.id,
                "settles": given.invoice or (given.id if given.stands_alone else ""),
                "method": given.payment_method_details.type,
                "status": given.status,
            },
        )


def _about(given: Charge) -> Iterator[sdk.MatterClaim]:
    if given.invoice:
        yield sdk.MatterClaim(kind=sdk.MatterKind.INVOICE, reference=given.invoice)
    yield sdk.MatterClaim(
        kind=sdk.MatterKind.OTHER,
        reference=given.id,
        title=given.description or None,
        pipeline="payment",
        state=given.status or None,
        open=given.status == "pending",
    )


def refund(given: Refund, side: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """Money given back, and that so much less was sold. One that failed or was canceled gives nothing."""
    if given.status in ("failed", "canceled", "requires_action"):
        return
    yield from _taken_back("refund", given, given.amount, given.reason, given.charge or given.payment_intent, side)


def dispute(given: Dispute, side: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """A case; while the bank has the money, also a payment taken back. A dispute that is won takes back nothing."""
    paid = given.charge or given.payment_intent
    outcome = _ENDS.get(given.status)
    yield plain(
        "case",
        sdk.Direction.INBOUND,
        given.at(),
        title=given.reason,
        matters=(
            sdk.MatterClaim(
                kind=sdk.MatterKind.CASE,
                reference=given.id,
                title=given.reason or None,
                pipeline="dispute",
                state=given.status or None,
                outcome=outcome,
                open=outcome is None,
                amount=given.money(given.amount),
                due=given.evidence_details.due_by,
            ),
            *_of(paid),
        ),
        properties={"state": given.status},
    )
    if given.status in _WITHDRAWN:
        yield from _taken_back("reversal", given, given.amount, given.reason, paid, side)


def _taken_back(
    kind: str, given: Thing, amount: int, reason: str, paid: str, side: sdk.Side
) -> Iterator[sdk.Touchpoint]:
    """The money that went back, and a credit for as much: what is billed and what is owed is then right as well."""
    customer = given.buyer if isinstance(given, Refund) else ""
    for each, direction, automated in (
        (kind, sdk.Direction.INBOUND if kind == "reversal" else sdk.Direction.OUTBOUND, False),
        ("credit_note", sdk.Direction.OUTBOUND, True),
    ):
        yield plain(
            each,
            direction,
            given.at(),
            part="credit" if each == "credit_note" else each,
            title=given.description,
            automated=automated,
            amount=given.money(amount),
            identifiers=whom(customer, side),
            matters=tuple(_of(paid)),
            properties={"number": given.id, "settles": paid, "reason": reason, "status": given.status},
        )


def _of(paid: str) -> Iterator[sdk.MatterClaim]:
    if paid:
        yield sdk.MatterClaim(kind=sdk.MatterKind.OTHER, reference=paid)
