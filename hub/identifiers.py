"""Identifiers as a connector's author writes them: one function for each kind."""

from __future__ import annotations

from hub.values import Identifier, Side


def email(address: str) -> Identifier:
    """An e-mail address, with or without a display name around it."""
    return Identifier("email", address)


def phone(number: str, region: str = "") -> Identifier:
    """A phone number in any script. ``region`` (ISO 3166) helps when it has no country code."""
    return Identifier("phone", number, region=region)


def social(network: str, account_id: str) -> Identifier:
    """A stable account id on a social network, e.g. ``social("mastodon", "https://m.org/users/anna")``."""
    return Identifier("social", account_id, namespace=network.lower())


def handle(network: str, name: str) -> Identifier:
    """A name a person chose on a network; use it only where the network gives no stable id."""
    return Identifier("handle", name, namespace=network.lower())


def contact(number: str, side: Side = Side.ORGANISATION) -> Identifier:
    """A customer number of an accounting system or a sheet; it means something in its source only."""
    return Identifier("contact", number, side=side)


def user(account_id: str) -> Identifier:
    """A log-in of the company's own product; it means something in its source only."""
    return Identifier("user", account_id)


def vat(number: str) -> Identifier:
    """A VAT or tax number of a firm."""
    return Identifier("vat", number, side=Side.ORGANISATION)


def group(group_id: str) -> Identifier:
    """An account of several people in the company's own product; it means something in its source only."""
    return Identifier("group", group_id, side=Side.ORGANISATION)


def cookie(anonymous_id: str) -> Identifier:
    """An anonymous id kept by a browser."""
    return Identifier("cookie", anonymous_id)
