"""The objects of QuickBooks Online's Accounting API, as far as they are read. Names are Intuit's own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import AwareDatetime, Field

from connectors.said import PascalSaid, Said


class Ref(Said):
    """Another object, by its id and what it is called."""

    value: str = ""
    name: str = ""


class Meta(PascalSaid):
    """When it was changed."""

    last_updated_time: AwareDatetime


class Email(PascalSaid):
    """One address, or several with commas between."""

    address: str = ""


class Telephone(PascalSaid):
    """A number as somebody typed it."""

    free_form_number: str = ""


class Address(PascalSaid):
    """Where bills are sent."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""


class CustomerCard(PascalSaid):
    """A customer as the books know it."""

    display_name: str = ""
    given_name: str = ""
    family_name: str = ""
    company_name: str = ""
    primary_email_addr: Email = Email()
    primary_phone: Telephone = Telephone()
    mobile: Telephone = Telephone()
    alternate_phone: Telephone = Telephone()
    bill_addr: Address = Address()
    meta_data: Meta


class Link(PascalSaid):
    """A document that a line is about."""

    txn_id: str
    txn_type: str = ""


class Sold(PascalSaid):
    """What a line is of."""

    item_ref: Ref = Ref()
    qty: Decimal = Decimal(1)
    unit_price: Decimal | None = None


class Line(PascalSaid):
    """A line: what is sold, a discount, a sum; of a payment what it is for."""

    amount: Decimal | None = None
    description: str = ""
    detail_type: str = ""
    sold: Sold = Field(Sold(), alias="SalesItemLineDetail")
    group: Group | None = Field(None, alias="GroupLineDetail")
    linked_txn: tuple[Link, ...] = ()


class Group(PascalSaid):
    """Lines that are sold together."""

    line: tuple[Line, ...] = ()


class Tax(PascalSaid):
    """The tax in a document."""

    total_tax: Decimal | None = None


class Paper(PascalSaid):
    """What all documents have in common."""

    id: str = ""
    doc_number: str = ""
    txn_date: date
    total_amt: Decimal
    customer_ref: Ref = Ref()
    currency_ref: Ref = Ref()
    private_note: str = ""
    due_date: date | None = None
    expiration_date: date | None = None
    txn_status: str = ""
    payment_ref_num: str = ""
    payment_method_ref: Ref = Ref()
    invoice_ref: Ref = Ref()
    txn_tax_detail: Tax = Tax()
    line: tuple[Line, ...] = ()

    @property
    def is_void(self) -> bool:
        """Whether it was voided: nothing else says so than a note, and that it is of nothing."""
        return not self.total_amt and self.private_note.strip().lower().startswith("voided")
