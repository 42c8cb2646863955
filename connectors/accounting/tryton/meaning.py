"""What invoices and merged parties mean."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from connectors.accounting.card import profile
from connectors.accounting.document import Bill, Document, Kind
from connectors.accounting.tryton.objects import Invoice, Line, Merged, Paid, Party
from connectors.accounting.tryton.settings import TrytonSettings
from hub import sdk

_ISSUED = {"posted", "paid"}
_NOT_ISSUED = {"draft", "validated", "cancelled"}
_PHONES = {"phone", "mobile", "sms"}


def merged(row: sdk.Row, settings: TrytonSettings) -> Iterator[sdk.Mapped]:
    """Two parties that are one from now on."""
    said = sdk.read(Merged, row.payload)
    ids = [sdk.contact(id_, settings.contact_is) for id_ in (said.id, said.replaced_by)]
    yield profile(said.write_date or said.create_date, ids, alias=True)


def invoice(row: sdk.Row, settings: TrytonSettings) -> Iterator[sdk.Mapped]:
    """An invoice from when it is posted until it is cancelled, and what was paid of it."""
    said = sdk.read(Invoice, row.payload)
    if said.type != "out" or said.state in _NOT_ISSUED:
        return
    if said.state not in _ISSUED:
        raise sdk.RowUnreadable(f"{said.state!r} is no state known here", path="state")
    if said.invoice_date is None:
        raise sdk.RowUnreadable("an invoice that is posted has no date", path="invoice_date")
    yield _document(said, said.invoice_date, settings).touchpoint()
    for paid in said.payment_lines:
        yield _payment(said, paid, settings).touchpoint()
    for line in said.lines:
        if line.product.code and line.product.name:
            yield sdk.Product(sku=line.product.code, name=line.product.name)


def _document(said: Invoice, on: date, settings: TrytonSettings) -> Document:
    sign = -1 if said.total_amount < 0 else 1
    kind = Kind.CREDIT_NOTE if sign < 0 else Kind.INVOICE
    due = min((each.maturity_date for each in said.lines_to_pay if each.maturity_date), default=None)
    return Document(
        kind=kind,
        on=on,
        amount=sdk.Money(sign * said.total_amount, said.currency.code),
        number=said.number,
        title=said.number or said.description,
        bill=_bill(said, kind),
        due=due if kind is Kind.INVOICE else None,
        customer=_whose(said.party, settings),
        traits=_named(said.party, settings),
        lines=tuple(_line(line, said.currency.code, sign) for line in said.lines if line.amount is not None),
        properties={
            "status": said.state,
            "tax": "" if said.tax_amount is None else format(sign * said.tax_amount + 0, "f"),
            "reference": said.reference,
            "description": said.description,
        },
    )


def _bill(said: Invoice, kind: Kind) -> Bill | None:
    """The invoice that it is, or the one that it credits; of several, nobody says how much of which."""
    if kind is Kind.INVOICE:
        return Bill(said.id, said.number)
    return Bill(said.origin_invoices[0].id, said.origin_invoices[0].number) if len(said.origin_invoices) == 1 else None


def _line(line: Line, currency: str, sign: int) -> sdk.Line:
    amount = line.amount or Decimal(0)
    return sdk.Line(
        description=line.description or line.product.name,
        quantity=sign * line.quantity,
        unit_price=sdk.Money(amount if line.unit_price is None else line.unit_price, currency),
        amount=sdk.Money(sign * amount, currency),
        sku=line.product.code,
    )


def _payment(said: Invoice, paid: Paid, settings: TrytonSettings) -> Document:
    """Money that came, or below zero that was given back."""
    amount, currency = paid.credit - paid.debit, said.company.currency.code or said.currency.code
    if paid.second_currency.code and paid.amount_second_currency is not None:
        amount, currency = -paid.amount_second_currency, paid.second_currency.code
    is_credit = said.total_amount < 0
    kind = Kind.PAYMENT if amount >= 0 else Kind.REFUND if is_credit else Kind.REVERSAL
    return Document(
        kind=kind,
        on=paid.date,
        amount=sdk.Money(abs(amount), currency),
        title=said.number,
        part=f"payment:{paid.id}",
        bill=None if is_credit else Bill(said.id, said.number),
        credit=Bill(said.id, said.number) if is_credit else None,
        customer=_whose(said.party, settings),
        traits=_named(said.party, settings),
    )


# The party ----------------------------------------------------------------------------------------------------------


def _is_firm(party: Party, settings: TrytonSettings) -> bool:
    return bool(_tax(party)) or settings.contact_is is sdk.Side.ORGANISATION


def _whose(party: Party, settings: TrytonSettings) -> tuple[sdk.Identifier, ...]:
    """The party's number and tax identifier; of a firm the first address and phone, which are one person's."""
    emails = [sdk.email(each.value) for each in party.contact_mechanisms if each.type == "email" and "@" in each.value]
    phones = [
        sdk.phone(each.value, settings.region)
        for each in party.contact_mechanisms
        if each.type in _PHONES and each.value
    ]
    own = sdk.contact(party.id, settings.contact_is)
    if _is_firm(party, settings):
        tax = _tax(party)
        return (own, *([sdk.vat(tax)] if tax else []), *emails[:1], *phones[:1])
    return (own, *emails, *phones)


def _tax(party: Party) -> str:
    """The VAT number: that of the European Union before those of countries."""
    found = sorted((each.type != "eu_vat", each.code) for each in party.identifiers if each.type.endswith("_vat"))
    return next((code for _, code in found if code), "")


def _named(party: Party, settings: TrytonSettings) -> dict[str, str]:
    named = {"company" if _is_firm(party, settings) else "name": party.name}
    for each in party.addresses[:1]:
        named |= {"street": ", ".join(each.street.split("\n")), "postcode": each.postal_code, "city": each.city}
        named["country"] = each.country.code
    return named
