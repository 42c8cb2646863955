"""Stripe's objects as far as they are read, in renderings of its API from 2017 to 2026. All else is passed over."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from connectors.said import Said
from hub import sdk

_WHOLE = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THOUSANDTHS = frozenset("BHD JOD KWD OMR TND".split())
"""Stripe's own list (docs.stripe.com/currencies), which is not that of ISO 4217: it gives ISK and UGX in hundredths."""


def money(amount: int, currency: str) -> sdk.Money:
    """What Stripe counts in its smallest units."""
    code = currency.upper()
    return sdk.Money(Decimal(amount).scaleb(0 if code in _WHOLE else -3 if code in _THOUSANDTHS else -2), code)


def _id(value: object) -> object:
    """An object may stand in the place of its id, where whoever asked wanted it expanded."""
    return value.get("id") if isinstance(value, dict) else value


def _listed(value: object) -> object:
    """The elements of a list, of which a page is told."""
    return value.get("data") if isinstance(value, dict) else value


Id = Annotated[str, BeforeValidator(_id)]
Units = Annotated[int, Field(ge=-(10**15), le=10**15)]
"""Of the smallest kind a currency has; Stripe takes twelve digits at most."""


class Address(Said):
    """Where somebody lives, or has bills sent."""

    line1: str = ""
    line2: str = ""
    postal_code: str = ""
    city: str = ""
    state: str = ""
    country: str = ""


class Party(Said):
    """Somebody who pays, as a form asked them."""

    email: str = ""
    phone: str = ""
    name: str = ""
    business_name: str = ""
    address: Address = Address()


class Thing(Said):
    """What every object has. ``created`` of an invoice was called ``date`` once."""

    id: str
    object: str
    created: AwareDatetime | None = None
    date: AwareDatetime | None = None
    status: str = ""
    description: str = ""
    currency: str = ""

    def at(self, *times: datetime | None) -> datetime:
        """The first time that is known, else when it was created. Raises ``RowUnreadable``."""
        for time in (*times, self.created, self.date):
            if time is not None:
                return time
        raise sdk.RowUnreadable(f"the {self.object} says no time", path="created")

    def money(self, amount: int) -> sdk.Money:
        """An amount in its currency. Raises ``RowUnreadable`` where it has none."""
        if not self.currency:
            raise sdk.RowUnreadable(f"the {self.object} has an amount without a currency", path="currency")
        return money(amount, self.currency)


class Bought(Thing):
    """What somebody has to do with: a customer, or since 2025 an account that is one."""

    customer: Id = ""
    customer_account: Id = ""

    @property
    def buyer(self) -> str:
        """The id of whose it is."""
        return self.customer or self.customer_account


class Customer(Thing):
    """Who buys."""

    email: str = ""
    phone: str = ""
    name: str = ""
    business_name: str = ""
    individual_name: str = ""
    address: Address = Address()
    preferred_locales: Annotated[list[str], BeforeValidator(_listed)] = Field(default_factory=list)


class Product(Thing):
    """What is sold."""

    name: str = ""


class Transitions(Said):
    """When a document came into its states."""

    finalized_at: AwareDatetime | None = None
    paid_at: AwareDatetime | None = None
    voided_at: AwareDatetime | None = None


class Tax(Said):
    """One tax of a document or a line."""

    amount: Units | None = None


Taxes = Annotated[list[Tax], BeforeValidator(_listed)]


class Priced(Said):
    """What a line is the price of: a plan before 2019, then a price, since 2025 its details alone."""

    product: Id = ""


class Pricing(Said):
    """How a line came to its price."""

    price_details: Priced = Priced()


class Item(Said):
    """A line of an invoice or a credit note."""

    amount: Units
    currency: str = ""
    description: str = ""
    quantity: Annotated[Decimal, Field(ge=-(10**12), le=10**12, decimal_places=12)] | None = None
    plan: Priced = Priced()
    price: Priced = Priced()
    pricing: Pricing = Pricing()
    tax_amounts: Taxes = Field(default_factory=list)
    taxes: Taxes = Field(default_factory=list)


Items = Annotated[list[Item], BeforeValidator(_listed)]


class OfSubscription(Said):
    """The subscription an invoice is of."""

    subscription: Id = ""


class Parent(Said):
    """What an invoice came of, since 2025."""

    subscription_details: OfSubscription = OfSubscription()


class Invoice(Bought):
    """A bill. Before 2018 it had no status."""

    number: str = ""
    customer_email: str = ""
    customer_phone: str = ""
    customer_name: str = ""
    customer_address: Address = Address()
    total: Units = 0
    amount_due: Units | None = None
    amount_paid: Units | None = None
    tax: Units | None = None
    total_taxes: Taxes = Field(default_factory=list)
    total_tax_amounts: Taxes = Field(default_factory=list)
    pre_payment_credit_notes_amount: Units | None = None
    post_payment_credit_notes_amount: Units | None = None
    due_date: AwareDatetime | None = None
    effective_at: AwareDatetime | None = None
    finalized_at: AwareDatetime | None = None
    status_transitions: Transitions = Transitions()
    paid: bool | None = None
    paid_out_of_band: bool | None = None
    forgiven: bool | None = None
    attempted: bool | None = None
    subscription: Id = ""
    parent: Parent = Parent()
    lines: Items = Field(default_factory=list)

    @property
    def state(self) -> str:
        """``draft``, ``open``, ``paid``, ``uncollectible`` or ``void``."""
        if self.status:
            return self.status
        if self.forgiven:
            return "uncollectible"
        return "paid" if self.paid else "open" if self.attempted else "draft"

    @property
    def taxed(self) -> int | None:
        """The tax in it, where it says so."""
        taxes = self.total_taxes or self.total_tax_amounts
        return sum(each.amount or 0 for each in taxes) if taxes else self.tax

    @property
    def contract(self) -> str:
        """The subscription it is of."""
        return self.subscription or self.parent.subscription_details.subscription


class Payment(Said):
    """What pays an invoice."""

    type: str = ""


class InvoicePayment(Thing):
    """That something pays an invoice, since 2025."""

    invoice: Id
    amount_paid: Units | None = None
    payment: Payment
    status_transitions: Transitions = Transitions()


class Refunded(Said):
    """A refund that a credit note includes."""

    amount_refunded: Units | None = None


class CreditNote(Bought):
    """What takes back an invoice, or a part of it. Before 2025 it had one refund at most, and did not say how much."""

    number: str = ""
    invoice: Id
    amount: Units
    reason: str = ""
    memo: str = ""
    effective_at: AwareDatetime | None = None
    out_of_band_amount: Units | None = None
    refund: Id = ""
    refunds: Annotated[list[Refunded], BeforeValidator(_listed)] = Field(default_factory=list)
    lines: Items = Field(default_factory=list)

    @property
    def not_refunded(self) -> int:
        """What it takes back beyond its refunds, which are told of by themselves."""
        if self.refunds:
            return max(0, self.amount - sum(each.amount_refunded or 0 for each in self.refunds))
        return (self.out_of_band_amount or 0) if self.refund else self.amount


class Method(Said):
    """How was paid."""

    type: str = ""


class Charge(Bought):
    """An attempt to take money. Renderings since 2025 do not say of which invoice."""

    amount: Units
    amount_captured: Units | None = None
    captured: bool = True
    paid: bool | None = None
    invoice: Id = ""
    billing_details: Party = Party()
    receipt_email: str = ""
    receipt_number: str = ""
    failure_code: str = ""
    failure_message: str = ""
    payment_method_details: Method = Method()

    @model_validator(mode="before")
    @classmethod
    def _of_no_invoice(cls, given: Any) -> Any:
        """That there is none is said by null, and then counts as said."""
        none = isinstance(given, dict) and "invoice" in given and given["invoice"] is None
        return {**given, "invoice": ""} if none else given

    @property
    def stands_alone(self) -> bool:
        """Whether it is known to be of no invoice."""
        return "invoice" in self.model_fields_set and not self.invoice


class Refund(Bought):
    """Money given back. Before 2015 it had no status."""

    amount: Units
    charge: Id = ""
    payment_intent: Id = ""
    reason: str = ""


class Evidence(Said):
    """By when a dispute is to be answered."""

    due_by: AwareDatetime | None = None


class Dispute(Thing):
    """A payment that the customer's bank takes back."""

    amount: Units
    charge: Id = ""
    payment_intent: Id = ""
    reason: str = ""
    evidence_details: Evidence = Evidence()


class Cancellation(Said):
    """Why a subscription ended."""

    reason: str = ""
    comment: str = ""
    feedback: str = ""


class Subscription(Bought):
    """An agreement to be billed again and again."""

    start_date: AwareDatetime | None = None
    start: AwareDatetime | None = None
    cancel_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    cancellation_details: Cancellation = Cancellation()
    plan: dict[str, Any] = Field(default_factory=dict)


class Quote(Bought):
    """An offer."""

    number: str = ""
    header: str = ""
    amount_total: Units = 0
    expires_at: AwareDatetime | None = None
    status_transitions: Transitions = Transitions()


class Session(Bought):
    """A visit to Stripe's own page for paying."""

    customer_details: Party = Party()
    customer_email: str = ""
    amount_total: Units | None = None
    mode: str = ""
    payment_status: str = ""
    client_reference_id: str = ""
    payment_link: Id = ""


class Kind(Said):
    """What kind of object a payload is."""

    object: str
    deleted: bool = False
    livemode: bool | None = None
