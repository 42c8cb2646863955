"""What an invoice or credit note says, whichever syntax it is written in; the terms are those of EN 16931."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from connectors.accounting.documents.tree import Element
from connectors.cells import LARGEST, is_code
from hub import sdk

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
_CREDIT = {"81", "83", "261", "262", "296", "308", "381", "396", "420", "458", "532"}
"""Types of documents (UNTDID 1001) that credit."""


@dataclass(frozen=True, slots=True)
class Party:
    """The seller or the buyer. ``ids``: (scheme, id); the scheme is empty for a number that the other side gave."""

    name: str = ""
    vat: str = ""
    company_number: str = ""
    ids: tuple[tuple[str, str], ...] = ()
    endpoint: tuple[str, str] = ("", "")
    trading_name: str = ""
    contact: str = ""
    phone: str = ""
    email: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""

    @property
    def names(self) -> Iterator[str]:
        """Everything that tells it from others."""
        said = (self.vat, self.company_number, *(id_ for _, id_ in self.ids), self.endpoint[1])
        return filter(None, (*said, self.name, self.trading_name))


@dataclass(frozen=True, slots=True)
class Item:
    """A line. ``amount`` is without tax; ``price`` is of one ``unit``, a code of UN/ECE Recommendation 20."""

    description: str
    amount: Decimal
    quantity: Decimal
    price: Decimal
    unit: str = ""
    sku: str = ""
    tax: Decimal | None = None
    tax_percent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document. Amounts are in ``currency`` and signed as written; ``total`` is with tax, ``payable`` what of it is
    still to be paid. ``tax_told``: the tax in the currency that the seller reckons tax in, where that is another."""

    credits: bool
    type: str
    number: str
    issued: date
    due: date | None
    currency: str
    total: Decimal
    net: Decimal | None
    tax: Decimal | None
    prepaid: Decimal
    payable: Decimal
    prepaid_on: date | None = None
    tax_told: tuple[Decimal, str] | None = None
    seller: Party
    buyer: Party
    items: tuple[Item, ...] = ()
    preceding: tuple[str, ...] = ()
    order: str = ""
    buyer_reference: str = ""
    contract: str = ""
    note: str = ""


def is_credit(type_: str) -> bool:
    """Whether a code of UNTDID 1001 is that of a credit note."""
    return type_ in _CREDIT


def plain(text: str) -> str:
    """A name or number without what people put between its letters and digits."""
    return "".join(each for each in text.casefold() if each.isalnum())


def needed(element: Element, path: str) -> str:
    """The text at a path. Raises ``RowUnreadable`` where there is none."""
    if text := element.said(path):
        return text
    raise sdk.RowUnreadable(f"{path} is missing or empty", path=path)


def number(element: Element, path: str) -> Decimal | None:
    """The number at a path; None where there is none. Raises ``RowUnreadable``."""
    text = element.said(path)
    if not text:
        return None
    value = Decimal(text) if _NUMBER.fullmatch(text) and len(text) < 40 else None
    if value is None or value.adjusted() > LARGEST:
        raise sdk.RowUnreadable(f"{path}: {text[:40]!r} is no amount", path=path)
    return value


def totals(said: Element, *, total: str, prepaid: str, rounding: str, payable: str) -> tuple[Decimal, Decimal, Decimal]:
    """The total with tax, what of it was paid, and what is payable, by their names; either end may be left out.

    Raises ``RowUnreadable`` where both are.
    """
    whole, left = number(said, total), number(said, payable)
    before, rounded = number(said, prepaid) or Decimal(0), number(said, rounding) or Decimal(0)
    if whole is None:
        if left is None:
            raise sdk.RowUnreadable(f"neither {total} nor {payable} is there", path=total)
        whole = left + before - rounded
    return whole, before, whole - before + rounded if left is None else left


def currency(element: Element, path: str) -> str:
    """The currency code at a path. Raises ``RowUnreadable``."""
    code = needed(element, path).upper()
    if not is_code(code):
        raise sdk.RowUnreadable(f"{path}: {code[:20]!r} is not a currency code such as EUR", path=path)
    return code


def price_of_one(price: Decimal | None, base: Decimal | None, amount: Decimal, quantity: Decimal) -> Decimal:
    """What one costs, where a price may be that of a hundred, or of which only the line's amount is known."""
    if price is None:
        price, base = amount, quantity
    if not base or base == 1:
        return price
    one = price / base
    if one.adjusted() > LARGEST:
        raise sdk.RowUnreadable(f"the price of {base} pieces makes no price of one")
    return one.quantize(Decimal("0.0001"))
