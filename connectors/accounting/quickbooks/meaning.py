"""What QuickBooks' objects mean: customers, and the documents of sales."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from connectors.accounting.card import profile
from connectors.accounting.document import Bill, Document, Kind, shares
from connectors.accounting.quickbooks.objects import CustomerCard, Line, Paper
from connectors.accounting.quickbooks.settings import QuickBooksSettings
from hub import sdk

_QUOTED = {"Pending", "Accepted", "Closed", "Rejected", "Converted", ""}


def customer(row: sdk.Row, settings: QuickBooksSettings) -> Iterator[sdk.Mapped]:
    """What is known of a customer."""
    said = sdk.read(CustomerCard, row.payload)
    person = " ".join(filter(None, (said.given_name, said.family_name)))
    firm = settings.contact_is is sdk.Side.ORGANISATION
    names = {"company": said.company_name or said.display_name, "name": person}
    address = said.bill_addr
    traits = (names if firm else {"name": person or said.display_name, "company": said.company_name}) | {
        "street": ", ".join(filter(None, (address.line1, address.line2))),
        "postcode": address.postal_code,
        "city": address.city,
        "country": address.country,
    }
    addresses = [each.strip() for each in said.primary_email_addr.address.split(",")]
    phones = [said.primary_phone, said.mobile, said.alternate_phone]
    yield profile(
        said.meta_data.last_updated_time,
        [
            sdk.contact(row.key, settings.contact_is),
            *(sdk.email(each) for each in addresses if each),
            *(sdk.phone(each.free_form_number, settings.region) for each in phones if each.free_form_number),
        ],
        traits,
    )


def invoice(row: sdk.Row, settings: QuickBooksSettings) -> Iterator[sdk.Mapped]:
    """An invoice, unless it was voided."""
    said = sdk.read(Paper, row.payload)
    if not said.is_void:
        yield _billed(row, said, settings).touchpoint()
        yield from _products(said)


def sales_receipt(row: sdk.Row, settings: QuickBooksSettings) -> Iterator[sdk.Mapped]:
    """A sale that was paid at once: a bill, and the payment of it."""
    said = sdk.read(Paper, row.payload)
    if said.is_void:
        return
    billed = _billed(row, said, settings)
    yield billed.touchpoint()
    if said.total_amt:
        yield replace(_paid(said, settings, Kind.PAYMENT), bill=billed.bill).touchpoint()
    yield from _products(said)


def credit_memo(row: sdk.Row, settings: QuickBooksSettings) -> Iterator[sdk.Mapped]:
    """A credit note. Which bills it was used for the payments say, and of what it took nothing."""
    said = sdk.read(Paper, row.payload)
    if not said.is_void:
        yield _credited(said, settings).touchpoint()
        yield from _products(said)


def refund_receipt(row: sdk.Row, settings: QuickBooksSettings) -> Iterator[sdk.Mapped]:
    """A sale that is taken back, and paid back at once: a credit note, and the refund of it."""
    said = sdk.read(Paper, row.payload)
    if said.is_void:
        return
    credited = _credited(said, settings)
    yield credited.touchpoint()
    if said.total_amt:
        yield replace(_paid(said, settings, Kind.REFUND), bill=credited.bill).touchpoint()
    yield from _products(said)


def payment(row: sdk.Row, settings: QuickBooksSettings) -> Iterator[sdk.Mapped]:
    """Money, shared among the invoices it is for. One of nothing only says for what a credit was used."""
    said = sdk.read(Paper, row.payload)
    if not said.total_amt:
        return
    paper = _paid(said, settings, Kind.PAYMENT)
    settled = (
        (Bill(link.txn_id), line.amount)
        for line in said.line
        for link in line.linked_txn[:1]
        if link.txn_type == "Invoice" and line.amount is not None
    )
    for bill, amount in shares(said.total_amt, settled):
        part = f"to:{bill.reference}" if bill else ""
        money = sdk.Money(amount, paper.amount.currency)
        yield replace(paper, part=part, bill=bill, amount=money).touchpoint()


def estimate(row: sdk.Row, settings: QuickBooksSettings) -> Iterator[sdk.Mapped]:
    """A quote."""
    said = sdk.read(Paper, row.payload)
    if said.txn_status not in _QUOTED:
        raise sdk.RowUnreadable(f"{said.txn_status!r} is no status of an estimate known here", path="TxnStatus")
    if said.is_void:
        return
    until = said.expiration_date and said.expiration_date.isoformat()
    told = {"number": said.doc_number, "status": said.txn_status, "valid_until": until}
    paper = replace(_paper(said, settings, Kind.QUOTE), lines=tuple(_lines(said.line, said, settings)))
    yield replace(paper, properties={**paper.properties, **told}).touchpoint()
    yield from _products(said)


# Documents ----------------------------------------------------------------------------------------------------------


def _billed(row: sdk.Row, said: Paper, settings: QuickBooksSettings) -> Document:
    paper = _paper(said, settings, Kind.INVOICE)
    bill = Bill(said.id or row.key)
    return replace(
        paper,
        number=bill.name,  # payments name it so, and not as the paper does
        bill=bill,
        due=said.due_date,
        lines=tuple(_lines(said.line, said, settings)),
        properties={**paper.properties, "invoice_number": said.doc_number},
    )


def _credited(said: Paper, settings: QuickBooksSettings) -> Document:
    paper = _paper(said, settings, Kind.CREDIT_NOTE)
    return replace(
        paper,
        number=said.doc_number,
        bill=Bill(said.invoice_ref.value) if said.invoice_ref.value else None,
        lines=tuple(_lines(said.line, said, settings)),
    )


def _paid(said: Paper, settings: QuickBooksSettings, kind: Kind) -> Document:
    return replace(
        _paper(said, settings, kind),
        properties={"method": said.payment_method_ref.name, "reference": said.payment_ref_num},
    )


def _paper(said: Paper, settings: QuickBooksSettings, kind: Kind) -> Document:
    whose = said.customer_ref
    return Document(
        kind=kind,
        on=said.txn_date,
        amount=sdk.Money(said.total_amt, _currency(said, settings)),
        title=said.doc_number or said.payment_ref_num,
        customer=(sdk.contact(whose.value, settings.contact_is),) if whose.value else (),
        traits={"company" if settings.contact_is is sdk.Side.ORGANISATION else "name": whose.name},
        properties={"tax": said.txn_tax_detail.total_tax and format(said.txn_tax_detail.total_tax, "f")},
    )


def _currency(said: Paper, settings: QuickBooksSettings) -> str:
    if code := said.currency_ref.value or settings.currency:
        return code
    raise sdk.RowUnreadable("the document names no currency", path="CurrencyRef", hint="set currency of the source")


def _sold(lines: tuple[Line, ...]) -> Iterator[Line]:
    """What is sold, and discounts; sums are left out."""
    for each in lines:
        if each.group is not None:
            yield from _sold(each.group.line)
        elif each.amount is not None and each.detail_type in ("SalesItemLineDetail", "DiscountLineDetail"):
            yield each


def _lines(lines: tuple[Line, ...], said: Paper, settings: QuickBooksSettings) -> Iterator[sdk.Line]:
    currency = _currency(said, settings)
    for each in _sold(lines):
        amount: Any = each.amount
        amount = -amount if each.detail_type == "DiscountLineDetail" else amount
        price = amount if each.sold.unit_price is None else each.sold.unit_price
        yield sdk.Line(
            description=each.description or each.sold.item_ref.name,
            quantity=each.sold.qty,
            unit_price=sdk.Money(price, currency),
            amount=sdk.Money(amount, currency),
            sku=each.sold.item_ref.value,
        )


def _products(said: Paper) -> Iterator[sdk.Product]:
    for each in _sold(said.line):
        if each.sold.item_ref.value and each.sold.item_ref.name:
            yield sdk.Product(sku=each.sold.item_ref.value, name=each.sold.item_ref.name)
