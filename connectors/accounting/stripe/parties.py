"""Whom an object is of: identifiers and traits."""

from __future__ import annotations

from connectors.accounting.stripe.objects import Address
from connectors.cells import filled
from hub import sdk

KIND = "stripe_customer"
"""The kind of a customer's id where it names a person, who may have several: many a checkout makes a new one."""


def whom(
    customer: str, side: sdk.Side, *, email: str = "", phone: str = "", country: str = ""
) -> tuple[sdk.Identifier, ...]:
    """What is known of one party. ``country``: where the number is of, if it does not say so."""
    found = []
    if customer:
        person = side is sdk.Side.PERSON
        found.append(sdk.Identifier(KIND, customer) if person else sdk.contact(customer, side))
    if email:
        found.append(sdk.email(email))
    if phone:
        found.append(sdk.phone(phone, country))
    return tuple(found)


def traits(side: sdk.Side, *, name: str, address: Address, company: str = "", language: str = "") -> dict[str, str]:
    """What is said of a party. The name of an organisation is that of a company."""
    if side is sdk.Side.ORGANISATION and not company:
        name, company = "", name
    return filled(
        name=name,
        company=company,
        street="\n".join(line for line in (address.line1, address.line2) if line),
        postcode=address.postal_code,
        city=address.city,
        country=address.country,
        language=language,
    )
