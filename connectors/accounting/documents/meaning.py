"""What a document means for the customer: what they were billed or credited, and what they had paid before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from connectors.accounting.document import Bill, Document, Kind
from connectors.accounting.documents.paper import Item, Paper, Party
from connectors.accounting.documents.settings import DocumentSettings
from connectors.cells import filled
from hub import sdk

ADVANCE = sdk.KindDeclaration("accounting.advance_invoice", "Invoice for an advance")
"""It asks for money of which a later invoice bills the whole, so that it is no sale of its own."""
_ADVANCE, _PROFORMA = "386", "325"


def touchpoints(paper: Paper, settings: DocumentSettings) -> Iterator[sdk.Mapped]:
    """The document, what of it was paid in advance, and the products in its lines."""
    if settings.is_own(paper.buyer):
        return  # what we bought
    if not settings.is_own(paper.seller):
        raise sdk.RowUnreadable(
            f"neither the seller ({_shown(paper.seller)}) nor the buyer ({_shown(paper.buyer)}) is your company",
            hint="name it in own",
        )
    signed = _Signed(paper)
    document = _document(paper, signed, settings)
    yield from _as_told(paper, document)
    if signed.prepaid > 0 and paper.type not in (_ADVANCE, _PROFORMA):
        yield _before(paper, signed, document).touchpoint()
    for item in paper.items:
        if item.sku and item.description:
            yield sdk.Product(sku=item.sku, name=item.description)


@dataclass(frozen=True, slots=True)
class _Signed:
    """A document by its sense: an invoice below zero credits, and a credit note below zero bills."""

    paper: Paper

    @property
    def sign(self) -> int:
        return -1 if self.paper.total < 0 else 1

    @property
    def kind(self) -> Kind:
        return Kind.CREDIT_NOTE if self.paper.credits == (self.sign > 0) else Kind.INVOICE

    @property
    def prepaid(self) -> Decimal:
        return self.sign * self.paper.prepaid

    def money(self, value: Decimal) -> sdk.Money:
        return sdk.Money(self.sign * value, self.paper.currency)

    def line(self, item: Item) -> sdk.Line:
        quantity, price = item.quantity, item.price
        if self.sign < 0:  # the minus stands at one of the two
            quantity, price = (-quantity, price) if quantity < 0 else (quantity, -price)
        return sdk.Line(
            description=item.description,
            quantity=quantity,
            unit_price=sdk.Money(price, self.paper.currency),
            amount=self.money(item.amount),
            tax=None if item.tax is None else self.money(item.tax),
            sku=item.sku,
        )


def _as_told(paper: Paper, document: Document) -> Iterator[sdk.Touchpoint]:
    """The document with what it is about beside the invoice: an order."""
    touchpoint = document.touchpoint()
    matters = touchpoint.matters
    if paper.order:
        matters = (*matters, sdk.MatterClaim(kind=sdk.MatterKind.ORDER, reference=paper.order))
    if paper.type == _ADVANCE:
        touchpoint = replace(touchpoint, kind=ADVANCE.name)
    yield replace(touchpoint, matters=matters)


def _document(paper: Paper, signed: _Signed, settings: DocumentSettings) -> Document:
    bill: Bill | None = Bill(paper.number)
    kind = Kind.QUOTE if paper.type == _PROFORMA else signed.kind
    if kind is Kind.CREDIT_NOTE:  # how much goes to which of several, nobody says
        bill = Bill(paper.preceding[0]) if len(paper.preceding) == 1 else None
    elif kind is Kind.QUOTE or paper.type == _ADVANCE:
        bill = None
    return Document(
        kind=kind,
        on=paper.issued,
        amount=signed.money(paper.total),
        number=paper.number,
        bill=bill,
        due=paper.due,
        customer=tuple(_whose(paper.buyer, settings)),
        traits=_traits(paper.buyer, settings),
        lines=tuple(signed.line(item) for item in paper.items),
        properties=_properties(paper, signed),
    )


def _before(paper: Paper, signed: _Signed, document: Document) -> Document:
    """What was paid, or paid back, before the document was written. It says of how much, and seldom when."""
    credit = document.kind is Kind.CREDIT_NOTE
    return replace(
        document,
        kind=Kind.REFUND if credit else Kind.PAYMENT,
        on=paper.prepaid_on or paper.issued,
        amount=signed.money(paper.prepaid),
        number="",
        title=paper.number,
        part="prepaid",
        bill=None if credit else document.bill,
        credit=Bill(paper.number) if credit else None,
        due=None,
        lines=(),
        properties={},
    )


def _properties(paper: Paper, signed: _Signed) -> dict[str, object]:
    other = paper.tax_told
    return {
        "type": paper.type,
        "tax": _text(paper.tax, signed),
        "net": _text(paper.net, signed),
        "prepaid": _text(paper.prepaid or None, signed),
        "payable": _text(paper.payable, signed),
        "tax_told": other and f"{format(signed.sign * other[0], 'f')} {other[1]}",
        "order": paper.order,
        "buyer_reference": paper.buyer_reference,
        "contract": paper.contract,
        "preceding": list(paper.preceding),
        "note": paper.note,
        "buyer_ids": [":".join(filter(None, each)) for each in (*paper.buyer.ids, paper.buyer.endpoint) if each[1]],
        "company_number": paper.buyer.company_number,
        "units": [item.unit for item in paper.items] if any(item.unit for item in paper.items) else None,
        "tax_percents": _percents(paper),
    }


def _percents(paper: Paper) -> list[str] | None:
    return [item.tax_percent for item in paper.items] if any(item.tax_percent for item in paper.items) else None


def _text(value: Decimal | None, signed: _Signed) -> str:
    return "" if value is None else format(signed.sign * value + 0, "f")  # no -0.00


# The buyer ----------------------------------------------------------------------------------------------------------


def _is_firm(buyer: Party, settings: DocumentSettings) -> bool:
    return bool(buyer.vat or buyer.company_number) or settings.contact_is is sdk.Side.ORGANISATION


def _whose(buyer: Party, settings: DocumentSettings) -> Iterator[sdk.Identifier]:
    """The firm by its VAT number and the number that the seller gave it, the person by address and phone."""
    side = sdk.Side.ORGANISATION if _is_firm(buyer, settings) else sdk.Side.PERSON
    reached = [sdk.email(buyer.email)] if "@" in buyer.email else []
    reached += [sdk.phone(buyer.phone, settings.region)] if buyer.phone else []
    if buyer.vat:
        yield sdk.vat(buyer.vat)
    if own := _number(buyer, needed=not buyer.vat and (side is sdk.Side.ORGANISATION or not reached)):
        yield sdk.contact(own, side)
    yield from reached


def _number(buyer: Party, *, needed: bool) -> str:
    """The number that the seller gave the buyer. Where nothing else is known (``needed``), a number that is good
    everywhere, and at last the name and where they are."""
    given = next((id_ for scheme, id_ in buyer.ids if not scheme), "")
    if given or not needed:
        return given
    for scheme, id_ in (("", buyer.company_number), *buyer.ids, buyer.endpoint):
        if id_:
            return f"{scheme}:{id_}" if scheme else id_
    return ", ".join(filter(None, (" ".join(buyer.name.split()).casefold(), buyer.postcode)))


def _traits(buyer: Party, settings: DocumentSettings) -> dict[str, str]:
    firm = _is_firm(buyer, settings)
    return filled(
        company=buyer.name if firm else "",
        name=buyer.contact if firm else buyer.name or buyer.contact,
        street=buyer.street,
        postcode=buyer.postcode,
        city=buyer.city,
        country=buyer.country,
    )


def _shown(party: Party) -> str:
    return ", ".join(filter(None, (party.name, party.vat))) or "unnamed"
