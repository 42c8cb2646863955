"""The objects of Xero's Accounting API, as far as they are read. Names are Xero's own."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Self

from pydantic import AliasChoices, Field

from connectors.accounting.xero.dates import Day, Instant
from connectors.said import PascalSaid


class Party(PascalSaid):
    """Whose a document is: a contact with its id and name, of which the stream of contacts tells more."""

    id: str = Field("", alias="ContactID")
    name: str = ""


class Phone(PascalSaid):
    """A number in three pieces, of which the first two may be empty."""

    phone_type: str = ""
    phone_country_code: str = ""
    phone_area_code: str = ""
    phone_number: str = ""


class Address(PascalSaid):
    """Where to find them (STREET) or to write to (POBOX)."""

    address_type: str = ""
    address_line1: str = ""
    address_line2: str = ""
    city: str = ""
    postal_code: str = ""
    country: str = ""


class ContactPerson(PascalSaid):
    """One of up to five people beside the first one."""

    first_name: str = ""
    last_name: str = ""
    email_address: str = ""


class ContactCard(Party):
    """A customer or supplier, or neither yet."""

    contact_status: str = ""
    first_name: str = ""
    last_name: str = ""
    email_address: str = ""
    tax_number: str = ""
    account_number: str = ""
    contact_number: str = ""
    is_customer: bool = False
    is_supplier: bool = False
    merged_to: str = Field("", alias="MergedToContactID")
    updated: Instant = Field(alias="UpdatedDateUTC")
    phones: tuple[Phone, ...] = ()
    addresses: tuple[Address, ...] = ()
    contact_persons: tuple[ContactPerson, ...] = ()


class Item(PascalSaid):
    """What an item of the price list is called."""

    name: str = ""


class LineItem(PascalSaid):
    """A line; one without an amount is a remark."""

    description: str = ""
    quantity: Decimal = Decimal(1)
    unit_amount: Decimal | None = None
    line_amount: Decimal | None = None
    tax_amount: Decimal | None = None
    account_code: str = ""
    item_code: str = ""
    item: Item = Item()


class Named(PascalSaid):
    """A document as others name it; what stands under ``Invoice`` in a payment may be a credit note, too."""

    id: str = Field("", validation_alias=AliasChoices("InvoiceID", "CreditNoteID", "PrepaymentID", "OverpaymentID"))
    number: str = Field("", validation_alias=AliasChoices("InvoiceNumber", "CreditNoteNumber"))
    currency_code: str = ""
    contact: Party = Party()


class Allocation(PascalSaid):
    """What of a credit goes to an invoice."""

    amount: Decimal
    invoice: Named


class Paid(PascalSaid):
    """A payment as the credit that it pays back names it."""

    payment_id: str = Field("", alias="PaymentID")


class Paper(PascalSaid):
    """What invoices, credit notes, prepayments, overpayments and quotes have in common."""

    type: str = ""
    status: str
    contact: Party = Party()
    date: Day
    total: Decimal
    total_tax: Decimal | None = None
    currency_code: str
    reference: str = ""
    line_items: tuple[LineItem, ...] = ()


class Invoice(Paper):
    """An invoice to a customer (ACCREC) or a bill of a supplier (ACCPAY)."""

    invoice_number: str = ""
    due_date: Day | None = None


class Credit(Paper):
    """A credit note, prepayment or overpayment, and where it went."""

    credit_note_number: str = ""
    allocations: tuple[Allocation, ...] = ()
    payments: tuple[Paid, ...] = ()


class Receipt(Paper):
    """A bank transaction. One that is the money of a prepayment or overpayment names it."""

    line_amount_types: str = ""
    prepayment_id: str = Field("", alias="PrepaymentID")
    overpayment_id: str = Field("", alias="OverpaymentID")

    def of_accounts(self, codes: Collection[str]) -> Self:
        """What of it is booked to these accounts, with its tax."""
        lines = tuple(each for each in self.line_items if each.account_code in codes)
        tax = sum((each.tax_amount or Decimal(0) for each in lines), Decimal(0))
        total = sum((each.line_amount or Decimal(0) for each in lines), Decimal(0))
        if self.line_amount_types.lower() == "exclusive":
            total += tax
        return self.model_copy(update={"line_items": lines, "total": total, "total_tax": tax})


class Quote(Paper):
    """A quote."""

    quote_number: str = ""
    expiry_date: Day | None = None


class Payment(PascalSaid):
    """Money for an invoice, or paid back of a credit. ``Amount`` is in the currency of what it is for."""

    payment_type: str
    status: str
    date: Day
    amount: Decimal
    reference: str = ""
    invoice: Named = Named()
    credit_note: Named = Named()
    prepayment: Named = Named()
    overpayment: Named = Named()

    @property
    def of(self) -> Named:
        """What it is for, or pays back."""
        every = (self.invoice, self.credit_note, self.prepayment, self.overpayment)
        return next((each for each in every if each.id), self.invoice)
