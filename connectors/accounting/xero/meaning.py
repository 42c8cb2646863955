"""What Xero's objects mean: contacts, and the documents of sales. What is of suppliers means nothing here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connectors.accounting.card import profile
from connectors.accounting.document import Bill, Document, Kind, shares
from connectors.accounting.xero.objects import (
    ContactCard,
    Credit,
    Invoice,
    Named,
    Paper,
    Party,
    Payment,
    Phone,
    Quote,
    Receipt,
)
from connectors.accounting.xero.settings import XeroSettings
from hub import sdk

_OF_CUSTOMERS = {
    "ACCREC", "ACCRECCREDIT", "RECEIVE-PREPAYMENT", "ARPREPAYMENT", "RECEIVE-OVERPAYMENT", "AROVERPAYMENT", "RECEIVE",
}  # fmt: skip
_OF_SUPPLIERS = {
    "ACCPAY", "ACCPAYCREDIT", "SPEND-PREPAYMENT", "APPREPAYMENT", "SPEND-OVERPAYMENT", "APOVERPAYMENT",
}  # fmt: skip
_ISSUED = {"AUTHORISED", "PAID"}
_NOT_ISSUED = {"DRAFT", "SUBMITTED", "VOIDED", "DELETED"}
_QUOTED = {"SENT", "ACCEPTED", "DECLINED", "INVOICED"}
_PAYMENTS = {
    "ACCRECPAYMENT": Kind.PAYMENT,
    "ARCREDITPAYMENT": Kind.REFUND,
    "ARPREPAYMENTPAYMENT": Kind.REFUND,
    "AROVERPAYMENTPAYMENT": Kind.REFUND,
    "ACCPAYPAYMENT": None,
    "APCREDITPAYMENT": None,
    "APPREPAYMENTPAYMENT": None,
    "APOVERPAYMENTPAYMENT": None,
}


def contact(row: sdk.Row, settings: XeroSettings) -> Iterator[sdk.Mapped]:
    """What is known of a contact, and of the people beside the first one. Who only supplies is no customer."""
    said = sdk.read(ContactCard, row.payload)
    if said.is_supplier and not said.is_customer and not said.merged_to:
        return
    firm = settings.contact_is is sdk.Side.ORGANISATION
    own = sdk.contact(said.id or row.key, settings.contact_is)
    person = " ".join(filter(None, (said.first_name, said.last_name)))
    names = {"company": said.name, "name": person} if firm else {"name": said.name or person}
    yield profile(
        said.updated,
        [own, *_reached(said, settings)],
        {} if said.merged_to else names | _address(said),  # what is true now, the other contact says
        alias=bool(said.merged_to),
        properties={"account_number": said.account_number, "contact_number": said.contact_number},
    )
    people = {each.email_address.strip().lower(): each for each in said.contact_persons if firm}
    for address, each in people.items():
        if address:
            name = " ".join(filter(None, (each.first_name, each.last_name)))
            yield profile(said.updated, [own, sdk.email(address)], {"name": name}, part=f"person:{address}")


def invoice(row: sdk.Row, settings: XeroSettings) -> Iterator[sdk.Mapped]:
    """An invoice from when it is approved, until it is voided."""
    said = sdk.read(Invoice, row.payload)
    if not _is_issued(said):
        return
    bill = Bill(row.key, said.invoice_number)
    yield replace(_paper(said, settings, Kind.INVOICE, bill.name), bill=bill, due=said.due_date).touchpoint()
    yield from _products(said)


def credit_note(row: sdk.Row, settings: XeroSettings) -> Iterator[sdk.Mapped]:
    """A credit note, or a part of one for each invoice that it was allocated to."""
    said = sdk.read(Credit, row.payload)
    if _is_issued(said):
        yield from _shared(row, said, settings, Kind.CREDIT_NOTE)
        yield from _products(said)


def advance(row: sdk.Row, settings: XeroSettings) -> Iterator[sdk.Mapped]:
    """A prepayment or overpayment: money that came, or a part of it for each invoice that it was allocated to."""
    said = sdk.read(Credit, row.payload)
    if _is_issued(said):
        yield from _shared(row, said, settings, Kind.PAYMENT)


def receipt(row: sdk.Row, settings: XeroSettings) -> Iterator[sdk.Mapped]:
    """Money that came without an invoice, as far as it is of sales: a bill, and the payment of it.

    Interest, fees and the like are in other accounts; what came in advance is told as a prepayment or overpayment.
    """
    whole = sdk.read(Receipt, row.payload)
    if whole.type != "RECEIVE" or whole.prepayment_id or whole.overpayment_id or not _is_issued(whole):
        return
    said = whole.of_accounts(settings.sales_accounts)
    if said.total <= 0:
        return
    bill = Bill(row.key)
    billed = replace(_paper(said, settings, Kind.INVOICE, bill.name), title=said.reference, bill=bill, due=said.date)
    yield billed.touchpoint()
    about = {"status": said.status}
    yield replace(billed, kind=Kind.PAYMENT, number="", due=None, lines=(), properties=about).touchpoint()
    yield from _products(said)


def payment(row: sdk.Row, settings: XeroSettings) -> Iterator[sdk.Mapped]:
    """Money for an invoice, or paid back of a credit note, prepayment or overpayment."""
    said = sdk.read(Payment, row.payload)
    if said.payment_type not in _PAYMENTS:
        raise sdk.RowUnreadable(f"{said.payment_type!r} is no type of payment known here", path="PaymentType")
    kind = _PAYMENTS[said.payment_type]
    if kind is None or said.status == "DELETED":
        return
    if said.status not in _ISSUED:
        raise _unknown(said.status)
    of = said.of
    if not of.currency_code:
        raise sdk.RowUnreadable("what the payment is for names no currency", path="Invoice.CurrencyCode")
    named = _bill(of) if of.id else None
    yield Document(
        kind=kind,
        on=said.date,
        amount=sdk.Money(said.amount, of.currency_code),
        title=said.reference,
        bill=named if kind is Kind.PAYMENT else None,
        credit=named if kind is Kind.REFUND else None,
        customer=_whose(of.contact, settings),
        traits=_named(of.contact, settings),
        properties={"status": said.status},
    ).touchpoint()


def quote(row: sdk.Row, settings: XeroSettings) -> Iterator[sdk.Mapped]:
    """A quote from when it is sent."""
    said = sdk.read(Quote, row.payload)
    if said.status in _NOT_ISSUED:
        return
    if said.status not in _QUOTED:
        raise _unknown(said.status)
    paper = _paper(said, settings, Kind.QUOTE, said.quote_number)
    until = said.expiry_date and said.expiry_date.isoformat()
    yield replace(paper, properties={**paper.properties, "valid_until": until}).touchpoint()
    yield from _products(said)


# Documents ----------------------------------------------------------------------------------------------------------


def _is_issued(said: Paper) -> bool:
    """Whether it counts for a customer. Raises ``RowUnreadable`` for words that Xero did not have when this was
    written."""
    if said.type in _OF_SUPPLIERS:
        return False
    if said.type not in _OF_CUSTOMERS:
        raise sdk.RowUnreadable(f"{said.type!r} is no type of document known here", path="Type")
    if said.status not in _ISSUED | _NOT_ISSUED:
        raise _unknown(said.status)
    return said.status in _ISSUED


def _unknown(status: str) -> sdk.RowUnreadable:
    return sdk.RowUnreadable(f"{status!r} is no status known here", path="Status")


def _shared(row: sdk.Row, said: Credit, settings: XeroSettings, kind: Kind) -> Iterator[sdk.Touchpoint]:
    """One touchpoint for each invoice it went to, and one for what went to none; the first carries the lines."""
    paper = _paper(said, settings, kind, said.credit_note_number)
    if said.payments:  # what pays it back may name nothing else
        paper = replace(paper, credit=Bill(row.key, said.credit_note_number))
    for bill, amount in shares(said.total, ((_bill(each.invoice), each.amount) for each in said.allocations)):
        part = f"to:{bill.reference}" if bill else ""
        share = sdk.Money(amount, said.currency_code)
        yield replace(paper, part=part, bill=bill, amount=share).touchpoint()
        paper = replace(paper, lines=())


def _paper(said: Paper, settings: XeroSettings, kind: Kind, number: str) -> Document:
    return Document(
        kind=kind,
        on=said.date,
        amount=sdk.Money(said.total, said.currency_code),
        number=number,
        title=number or said.reference,
        customer=_whose(said.contact, settings),
        traits=_named(said.contact, settings),
        lines=tuple(_lines(said)) if kind is not Kind.PAYMENT else (),
        properties={
            "status": said.status,
            "tax": said.total_tax and format(said.total_tax, "f"),
            "reference": said.reference,
        },
    )


def _bill(said: Named) -> Bill:
    return Bill(said.id, said.number)


def _lines(said: Paper) -> Iterator[sdk.Line]:
    for each in said.line_items:
        if each.line_amount is None:
            continue
        price = each.line_amount if each.unit_amount is None else each.unit_amount
        yield sdk.Line(
            description=each.description,
            quantity=each.quantity,
            unit_price=sdk.Money(price, said.currency_code),
            amount=sdk.Money(each.line_amount, said.currency_code),
            tax=None if each.tax_amount is None else sdk.Money(each.tax_amount, said.currency_code),
            sku=each.item_code,
        )


def _products(said: Paper) -> Iterator[sdk.Product]:
    for each in said.line_items:
        if each.item_code and (name := each.item.name or each.description):
            yield sdk.Product(sku=each.item_code, name=name)


# People and firms ---------------------------------------------------------------------------------------------------


def _whose(party: Party, settings: XeroSettings) -> tuple[sdk.Identifier, ...]:
    return (sdk.contact(party.id, settings.contact_is),) if party.id else ()


def _named(party: Party, settings: XeroSettings) -> dict[str, str]:
    return {"company" if settings.contact_is is sdk.Side.ORGANISATION else "name": party.name}


def _reached(said: ContactCard, settings: XeroSettings) -> Iterator[sdk.Identifier]:
    if said.merged_to:
        yield sdk.contact(said.merged_to, settings.contact_is)
    if said.tax_number and settings.contact_is is sdk.Side.ORGANISATION:
        yield sdk.vat(said.tax_number)
    if said.email_address:
        yield sdk.email(said.email_address)
    for each in said.phones:
        if each.phone_number and each.phone_type != "FAX":
            yield sdk.phone(_dialled(each), settings.region)


def _dialled(phone: Phone) -> str:
    country = phone.phone_country_code.strip().lstrip("+0")
    if phone.phone_number.startswith("+"):
        return phone.phone_number
    return " ".join(filter(None, (country and f"+{country}", phone.phone_area_code, phone.phone_number)))


def _address(said: ContactCard) -> dict[str, str]:
    """Where they are, or else where they have their post sent."""
    filled = [each for each in said.addresses if each.address_line1 or each.city or each.postal_code]
    for each in sorted(filled, key=lambda each: each.address_type != "STREET"):
        street = ", ".join(filter(None, (each.address_line1, each.address_line2)))
        return {"street": street, "postcode": each.postal_code, "city": each.city, "country": each.country}
    return {}
