"""What one customer looks like to the comparison of customers: plain values, ready to compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.identity.names import fold, name_key, words
from hub.identity.normalise import RANKS, Canonical

MOST_VALUES = 8
"""A customer with more values of one field is compared by the first of them in sorted order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """Everything by which one customer may resemble another. Each field holds any number of canonical values.

    ``names`` are folded words in sorted order (``names.name_key``); ``birthdays`` are ``YYYYMMDD``, also days
    that no calendar has; ``numbers`` are other identifiers that everybody writes alike, such as a national number.
    """

    id: str
    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    birthdays: tuple[str, ...] = ()
    streets: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()
    cities: tuple[str, ...] = ()


_FIELDS = {"email": "emails", "phone": "phones", "handle": "handles", "vat": "numbers"}
"""Identifiers that resemble each other when people mistype them; ids minted by a source do not."""


def likeness(customer: str, identifiers: Iterable[Canonical], traits: Iterable[Mapping[str, Any]]) -> Likeness:
    """The likeness of a customer with these identifiers, and with the traits of its touchpoints or of its portrait.

    Blocked identifiers are passed over (a role mailbox says nothing about who reads it), as are ids that one source
    minted. ``birthday`` is ``YYYY-MM-DD``; one without a year is passed over.
    """
    found: dict[str, set[str]] = {}
    for held in identifiers:
        field = _FIELDS.get(held.identifier.kind, "" if held.identifier.kind in RANKS else "numbers")
        if field and held.blocked is None and (field != "numbers" or not held.identifier.namespace):
            found.setdefault(field, set()).add(held.identifier.value)
    for told in traits:
        for field, value in _told(told):
            if value:
                found.setdefault(field, set()).add(value)
    return Likeness(id=customer, **{field: tuple(sorted(values)[:MOST_VALUES]) for field, values in found.items()})


def _told(traits: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    text = {key: str(value) for key, value in traits.items() if value is not None}
    birthday = text.get("birthday", "")
    yield "names", name_key(text.get("name", ""))
    yield "streets", " ".join(words(text.get("street", "")))
    yield "postcodes", fold(text.get("postcode", "")).replace(" ", "")
    yield "cities", " ".join(words(text.get("city", "")))
    yield "birthdays", "" if birthday.startswith("--") else birthday.replace("-", "")
