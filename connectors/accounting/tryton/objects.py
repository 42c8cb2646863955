"""Records of Tryton as its REST protocol writes them, as far as they are read. Names are Tryton's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator

from connectors.said import Said

_OF_TIME = "year month day hour minute second microsecond".split()


def _plain(value: Any) -> Any:
    """A value that JSON has no word for: ``{"__class__": "Decimal", "decimal": "110.00"}``."""
    if not isinstance(value, dict):
        return value
    match value.get("__class__"):
        case "Decimal":
            return value.get("decimal")
        case "date":
            return date(*_whole(value, _OF_TIME[:3]))
        case "datetime":
            year, month, day, hour, minute, second, micro = _whole(value, _OF_TIME)
            return datetime(year, month, day, hour, minute, second, micro, tzinfo=UTC)
    return value


def _whole(value: dict[str, Any], names: Sequence[str]) -> list[int]:
    found = [value.get(name, 0) for name in names]
    if not all(type(each) is int and abs(each) < 1_000_000 for each in found):
        raise ValueError("no time")
    return found


Amount = Annotated[Decimal, BeforeValidator(_plain)]
Day = Annotated[date, BeforeValidator(_plain)]
Instant = Annotated[datetime, BeforeValidator(_plain)]


class Coded(Said):
    """What another record is known by: a currency or country by its code."""

    code: str = ""


class Mechanism(Said):
    """A way to reach a party."""

    type: str = ""
    value: str = ""


class Numbered(Said):
    """An identifier of a party, such as ``eu_vat``."""

    type: str = ""
    code: str = ""


class Address(Said):
    """Where a party is."""

    street: str = ""
    postal_code: str = ""
    city: str = ""
    country: Coded = Coded()


class Company(Said):
    """The company that bills."""

    currency: Coded = Coded()


class Party(Said):
    """Whom a document is for."""

    id: str
    name: str = ""
    identifiers: tuple[Numbered, ...] = ()
    contact_mechanisms: tuple[Mechanism, ...] = ()
    addresses: tuple[Address, ...] = ()


class Merged(Said):
    """A party that was found to be another one, and which."""

    id: str
    create_date: Instant
    write_date: Instant | None = None
    replaced_by: str


class Product(Said):
    """A product in a line."""

    code: str = ""
    name: str = ""


class Line(Said):
    """A line of an invoice; only those of type ``line`` have amounts."""

    type: str = "line"
    description: str = ""
    quantity: Decimal = Decimal(1)
    unit_price: Amount | None = None
    amount: Amount | None = None
    product: Product = Product()


class Due(Said):
    """What is to be paid until a day."""

    maturity_date: Day | None = None


class Paid(Said):
    """A line of a journal that pays an invoice, or pays it back; amounts are in the company's currency."""

    id: str
    date: Day
    debit: Amount = Decimal(0)
    credit: Amount = Decimal(0)
    amount_second_currency: Amount | None = None
    second_currency: Coded = Coded()


class Origin(Said):
    """The invoice that a credit note was made of."""

    id: str
    number: str = ""


class Invoice(Said):
    """An invoice to a customer, or below zero a credit note."""

    id: str
    type: str
    state: str
    number: str = ""
    reference: str = ""
    description: str = ""
    invoice_date: Day | None = None
    party: Party
    currency: Coded
    company: Company = Company()
    total_amount: Amount
    tax_amount: Amount | None = None
    lines: tuple[Line, ...] = ()
    lines_to_pay: tuple[Due, ...] = ()
    payment_lines: tuple[Paid, ...] = ()
    origin_invoices: tuple[Origin, ...] = ()
