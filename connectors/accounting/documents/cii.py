"""CII: ``CrossIndustryInvoice`` of UN/CEFACT D16B, which Factur-X, ZUGFeRD and XRechnung write. Names are its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from connectors.accounting.documents.paper import (
    Item,
    Paper,
    Party,
    currency,
    is_credit,
    needed,
    number,
    price_of_one,
    totals,
)
from connectors.accounting.documents.tree import Element
from hub import sdk

_NO_LINES = {"GROUP", "INFORMATION"}
"""Lines that sum up or explain others."""


def paper(root: Element) -> Paper:
    """What the document says. Raises ``RowUnreadable``."""
    about, deal = root.at("ExchangedDocument"), root.at("SupplyChainTradeTransaction")
    agreement, settled = deal.at("ApplicableHeaderTradeAgreement"), deal.at("ApplicableHeaderTradeSettlement")
    sums = settled.at("SpecifiedTradeSettlementHeaderMonetarySummation")
    code = currency(settled, "InvoiceCurrencyCode")
    taxes = [(each.text, each.attributes.get("currencyID", code)) for each in sums.all("TaxTotalAmount")]
    own = next((text for text, of in taxes if of == code), "")
    other = next(((text, of) for text, of in taxes if of != code), None)
    due = _day(settled.at("SpecifiedTradePaymentTerms/DueDateDateTime"))
    total, prepaid, payable = totals(
        sums,
        total="GrandTotalAmount",
        prepaid="TotalPrepaidAmount",
        rounding="RoundingAmount",
        payable="DuePayableAmount",
    )
    type_ = about.said("TypeCode") or "380"
    return Paper(
        credits=is_credit(type_),
        type=type_,
        number=needed(about, "ID"),
        issued=_issued(about),
        due=due,
        currency=code,
        total=total,
        net=number(sums, "TaxBasisTotalAmount"),
        tax=_amount(own),
        prepaid=prepaid,
        payable=payable,
        prepaid_on=_day(settled.at("SpecifiedAdvancePayment/FormattedReceivedDateTime")),
        tax_told=(_amount(other[0]) or Decimal(0), other[1]) if other else None,
        seller=_party(agreement.at("SellerTradeParty")),
        buyer=_party(agreement.at("BuyerTradeParty")),
        items=tuple(_items(deal)),
        preceding=tuple(
            dict.fromkeys(each.text for each in settled.all("InvoiceReferencedDocument/IssuerAssignedID") if each.text)
        ),
        order=agreement.said("BuyerOrderReferencedDocument/IssuerAssignedID"),
        buyer_reference=agreement.said("BuyerReference"),
        contract=agreement.said("ContractReferencedDocument/IssuerAssignedID"),
        note=about.said("IncludedNote/Content"),
    )


def _items(deal: Element) -> Iterator[Item]:
    for line in deal.all("IncludedSupplyChainTradeLineItem"):
        if line.said("AssociatedDocumentLineDocument/LineStatusReasonCode") in _NO_LINES:
            continue
        settled, product = line.at("SpecifiedLineTradeSettlement"), line.at("SpecifiedTradeProduct")
        amount = number(settled, "SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount") or Decimal(0)
        billed = "SpecifiedLineTradeDelivery/BilledQuantity"
        many = number(line, billed)
        many = Decimal(1) if many is None else many
        price = line.at("SpecifiedLineTradeAgreement/NetPriceProductTradePrice")
        yield Item(
            description=product.said("Name") or product.said("Description"),
            amount=amount,
            quantity=many,
            price=price_of_one(number(price, "ChargeAmount"), number(price, "BasisQuantity"), amount, many),
            unit=line.at(billed).attributes.get("unitCode", ""),
            sku=product.said("SellerAssignedID") or product.said("GlobalID"),
            tax=number(settled, "ApplicableTradeTax/CalculatedAmount"),
            tax_percent=settled.said("ApplicableTradeTax/RateApplicablePercent"),
        )


def _party(party: Element) -> Party:
    contact, address = party.at("DefinedTradeContact"), party.at("PostalTradeAddress")
    legal, endpoint = party.at("SpecifiedLegalOrganization"), party.at("URIUniversalCommunication/URIID")
    own = [("", each.text) for each in party.all("ID")]
    schemed = [(each.attributes.get("schemeID", ""), each.text) for each in party.all("GlobalID")]
    lines = (address.said(name) for name in ("LineOne", "LineTwo", "LineThree"))
    return Party(
        name=party.said("Name"),
        vat=_vat(party),
        company_number=legal.said("ID"),
        ids=tuple(each for each in (*own, *schemed) if each[1]),
        endpoint=(endpoint.attributes.get("schemeID", ""), endpoint.text),
        trading_name=legal.said("TradingBusinessName"),
        contact=contact.said("PersonName") or contact.said("DepartmentName"),
        phone=contact.said("TelephoneUniversalCommunication/CompleteNumber"),
        email=contact.said("EmailURIUniversalCommunication/URIID"),
        street=", ".join(filter(None, lines)),
        postcode=address.said("PostcodeCode"),
        city=address.said("CityName"),
        country=address.said("CountryID"),
    )


def _vat(party: Element) -> str:
    """The VAT number (VA), or where there is none the number of the tax office (FC)."""
    found = [(each.attributes.get("schemeID"), each.text) for each in party.all("SpecifiedTaxRegistration/ID")]
    found = [(scheme, id_) for scheme, id_ in found if id_]
    return next((id_ for scheme, id_ in found if scheme == "VA"), found[0][1] if found else "")


def _issued(about: Element) -> date:
    if day := _day(about.at("IssueDateTime")):
        return day
    raise sdk.RowUnreadable("IssueDateTime is missing or empty", path="ExchangedDocument/IssueDateTime")


def _day(element: Element) -> date | None:
    """The date in an element, ``20260131`` as format 102 has it or as ISO 8601 does; None where there is none."""
    text = element.said("DateTimeString") or element.said("DateTime")
    if not text:
        return None
    return sdk.day(text[:10]) if "-" in text else sdk.day(text[:8], "%Y%m%d")


def _amount(text: str) -> Decimal | None:
    return number(Element("", children=[Element("TaxTotalAmount", content=[text])]), "TaxTotalAmount")
