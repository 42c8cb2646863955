"""UBL 2.1: ``Invoice`` and ``CreditNote``. Names are those of the schema."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from connectors.accounting.documents.paper import Item, Paper, Party, currency, needed, number, price_of_one, totals
from connectors.accounting.documents.tree import Element
from hub import sdk


def paper(root: Element) -> Paper:
    """What the document says. Raises ``RowUnreadable``."""
    is_credit = root.name == "CreditNote"
    code = currency(root, "DocumentCurrencyCode")
    sums = root.at("LegalMonetaryTotal")
    total, prepaid, payable = totals(
        sums,
        total="TaxInclusiveAmount",
        prepaid="PrepaidAmount",
        rounding="PayableRoundingAmount",
        payable="PayableAmount",
    )
    taxes = [(each, each.at("TaxAmount").attributes.get("currencyID", code)) for each in root.all("TaxTotal")]
    own = [number(each, "TaxAmount") or Decimal(0) for each, of in taxes if of == code]
    other = [(number(each, "TaxAmount") or Decimal(0), of) for each, of in taxes if of != code]
    due = root.said("DueDate") or root.said("PaymentMeans/PaymentDueDate") or root.said("PaymentTerms/PaymentDueDate")
    received = [each.text for each in root.all("PrepaidPayment/ReceivedDate") if each.text]
    return Paper(
        credits=is_credit,
        type=root.said("CreditNoteTypeCode") or root.said("InvoiceTypeCode") or ("381" if is_credit else "380"),
        number=needed(root, "ID"),
        issued=_day(needed(root, "IssueDate")),
        due=_day(due) if due else None,
        currency=code,
        total=total,
        net=number(sums, "TaxExclusiveAmount"),
        tax=sum(own, Decimal(0)) if own else None,
        prepaid=prepaid,
        payable=payable,
        prepaid_on=_day(max(received)) if received else None,
        tax_told=other[0] if other else None,
        seller=_party(root.at("AccountingSupplierParty/Party")),
        buyer=_party(root.at("AccountingCustomerParty/Party")),
        items=tuple(_items(root, "CreditNoteLine" if is_credit else "InvoiceLine")),
        preceding=tuple(_texts(root, "BillingReference/InvoiceDocumentReference/ID")),
        order=root.said("OrderReference/ID"),
        buyer_reference=root.said("BuyerReference"),
        contract=root.said("ContractDocumentReference/ID"),
        note=root.said("Note"),
    )


def _items(root: Element, name: str) -> Iterator[Item]:
    for line in root.all(name):
        amount = number(line, "LineExtensionAmount") or Decimal(0)
        quantity = line.at("CreditedQuantity" if name == "CreditNoteLine" else "InvoicedQuantity")
        many = number(line, quantity.name)
        many = Decimal(1) if many is None else many
        price, base = number(line, "Price/PriceAmount"), number(line, "Price/BaseQuantity")
        item = line.at("Item")
        yield Item(
            description=item.said("Name") or item.said("Description"),
            amount=amount,
            quantity=many,
            price=price_of_one(price, base, amount, many),
            unit=quantity.attributes.get("unitCode", ""),
            sku=item.said("SellersItemIdentification/ID") or item.said("StandardItemIdentification/ID"),
            tax=number(line, "TaxTotal/TaxAmount"),
            tax_percent=item.said("ClassifiedTaxCategory/Percent"),
        )


def _party(party: Element) -> Party:
    legal, contact, address = party.at("PartyLegalEntity"), party.at("Contact"), party.at("PostalAddress")
    endpoint = party.at("EndpointID")
    trading = party.said("PartyName/Name")
    person = " ".join(filter(None, (party.said("Person/FirstName"), party.said("Person/FamilyName"))))
    return Party(
        name=legal.said("RegistrationName") or trading or person,
        vat=_vat(party),
        company_number=legal.said("CompanyID"),
        ids=tuple(
            (each.attributes.get("schemeID", ""), each.text)
            for each in party.all("PartyIdentification/ID")
            if each.text and each.attributes.get("schemeID") != "SEPA"  # the mandate of a direct debit
        ),
        endpoint=(endpoint.attributes.get("schemeID", ""), endpoint.text),
        trading_name=trading,
        contact=contact.said("Name") or person,
        phone=contact.said("Telephone"),
        email=contact.said("ElectronicMail"),
        street=", ".join(filter(None, (address.said("StreetName"), address.said("AdditionalStreetName")))),
        postcode=address.said("PostalZone"),
        city=address.said("CityName"),
        country=address.said("Country/IdentificationCode"),
    )


def _vat(party: Element) -> str:
    """The VAT number, or where there is none another tax number."""
    schemes = [(each.said("TaxScheme/ID"), each.said("CompanyID")) for each in party.all("PartyTaxScheme")]
    schemes = [(scheme, id_) for scheme, id_ in schemes if id_]
    return next((id_ for scheme, id_ in schemes if scheme == "VAT"), schemes[0][1] if schemes else "")


def _texts(root: Element, path: str) -> Iterator[str]:
    return filter(None, dict.fromkeys(each.text for each in root.all(path)))


def _day(text: str) -> date:
    return sdk.day(text[:10])  # xs:date may have a time zone behind it
