"""Who the customers are, and what they agreed to: customers, subscriptions, checkouts."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.accounting.card import profile
from connectors.accounting.stripe.documents import plain
from connectors.accounting.stripe.objects import Customer, Product, Session, Subscription
from connectors.accounting.stripe.parties import traits, whom
from hub import sdk


def customer(given: Customer, side: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """What Stripe knows of somebody."""
    yield profile(
        given.at(),
        whom(given.id, side, email=given.email, phone=given.phone, country=given.address.country),
        traits(
            side,
            name=given.name or given.individual_name,
            company=given.business_name,
            address=given.address,
            language=given.preferred_locales[0] if given.preferred_locales else "",
        ),
        part="profile",
    )


def product(given: Product, _: sdk.Side) -> Iterator[sdk.Mapped]:
    """Something sold, so that lines of invoices have a name."""
    if given.name:
        yield sdk.Product(sku=given.id, name=given.name)


def subscription(given: Subscription, side: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """A contract from its beginning, and its end. One whose first payment never came did not begin."""
    if given.status in ("incomplete", "incomplete_expired"):
        return
    began = given.at(given.start_date, given.start)
    over = given.ended_at if given.status == "canceled" else None
    until = over or given.cancel_at
    name = given.plan.get("nickname") or given.plan.get("name")
    title = given.description or (name if isinstance(name, str) else "")
    properties = {
        "number": given.id,
        "starts_on": began.date().isoformat(),
        "ends_on": until.date().isoformat() if until else "",
    }
    claim = sdk.MatterClaim(
        kind=sdk.MatterKind.CONTRACT,
        reference=given.id,
        title=title or None,
        state="active" if over else given.status or None,
        open=True,
    )
    who = whom(given.buyer, side)
    yield plain(
        "contract",
        sdk.Direction.INBOUND,
        began,
        title=title,
        identifiers=who,
        matters=(claim,),
        properties=properties,
    )
    if over:
        why = given.cancellation_details
        ended = sdk.MatterClaim(
            kind=sdk.MatterKind.CONTRACT,
            reference=given.id,
            state=given.status,
            outcome=sdk.MatterOutcome.CANCELLED,
            open=False,
        )
        asked = why.reason in ("", "cancellation_requested")
        yield plain(
            "contract",
            sdk.Direction.INBOUND if asked else sdk.Direction.INTERNAL,
            over,
            part="end",
            title=title,
            text=why.comment or None,
            automated=not asked,
            identifiers=who,
            matters=(ended,),
            properties={**properties, "reason": why.reason, "feedback": why.feedback},
        )


def session(given: Session, side: sdk.Side) -> Iterator[sdk.Touchpoint]:
    """An order by Stripe's own page. What was paid for it is told by its charge and its invoice."""
    if given.status != "complete":
        return
    who = given.customer_details
    yield plain(
        "order",
        sdk.Direction.INBOUND,
        given.at(),
        amount=None if given.amount_total is None else given.money(given.amount_total),
        identifiers=whom(
            given.buyer,
            side,
            email=who.email or given.customer_email,
            phone=who.phone,
            country=who.address.country,
        ),
        traits=traits(side, name=who.name, company=who.business_name, address=who.address),
        matters=(
            sdk.MatterClaim(
                kind=sdk.MatterKind.ORDER,
                reference=given.id,
                state=given.payment_status or None,
                outcome=sdk.MatterOutcome.WON,
                open=False,
            ),
        ),
        properties={
            "number": given.client_reference_id or given.id,
            "status": given.payment_status,
            "mode": given.mode,
            "payment_link": given.payment_link,
        },
    )
