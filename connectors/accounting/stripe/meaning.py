"""What each kind of object means. Kinds that are not named here are of the account and not of its customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from connectors.accounting.stripe import dealings, documents, objects, payments
from hub import sdk

_Meaning = tuple[type[objects.Thing], Callable[[Any, sdk.Side], Iterator[sdk.Mapped]]]
MEANINGS: Mapping[str, _Meaning] = {
    "charge": (objects.Charge, payments.charge),
    "checkout.session": (objects.Session, dealings.session),
    "credit_note": (objects.CreditNote, documents.credit_note),
    "customer": (objects.Customer, dealings.customer),
    "dispute": (objects.Dispute, payments.dispute),
    "invoice": (objects.Invoice, documents.invoice),
    "invoice_payment": (objects.InvoicePayment, documents.invoice_payment),
    "product": (objects.Product, dealings.product),
    "quote": (objects.Quote, documents.quote),
    "refund": (objects.Refund, payments.refund),
    "subscription": (objects.Subscription, dealings.subscription),
}
"""How objects are read, by what Stripe calls them."""


def meaning(row: sdk.Row, side: sdk.Side, *, tests_too: bool) -> Iterator[sdk.Mapped]:
    """What one object says; nothing where it is deleted, or of tests that nobody wants. Raises ``RowUnreadable``."""
    kind = sdk.read(objects.Kind, row.payload)
    tested = kind.livemode is False or row.envelope.get("livemode") == "false"
    found = MEANINGS.get(kind.object)
    if found is None or kind.deleted or (tested and not tests_too):
        return
    model, said = found
    yield from said(sdk.read(model, row.payload), side)
