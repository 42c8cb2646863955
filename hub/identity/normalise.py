"""Identifiers made canonical: what two sources write differently and mean the same becomes equal.

Rules and their measured effect: docs/identity.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any

import phonenumbers

from hub.identity.names import fold, name_key, words
from hub.ids import identifier_id
from hub.reading import digits
from hub.values import Identifier, Side

__all__ = [
    "RANKS", "Canonical", "aliased", "aliases", "canonical", "combinations", "fault", "fold", "masked", "masked_name",
    "search_terms",
]  # fmt: skip

RANKS: Mapping[str, int] = {
    "contact": 10,
    "user": 10,
    "vat": 11,
    "group": 12,
    "social": 20,
    "handle": 21,
    "email": 30,
    "phone": 31,
    "name+phone": 40,
    "name+street+postcode": 41,
    "name+birthday": 42,
    "cookie": 50,
    "alias": 60,
}
"""Strength of the kinds of identifiers, strongest first. Kinds a connector invents rank with social ids."""

UNIQUE = frozenset({"contact", "user", "vat", "group"})
"""Kinds of which a customer has at most one value in a namespace."""

COMBINED = frozenset(kind for kind in RANKS if "+" in kind or kind == "alias")
"""Kinds the hub makes from what one touchpoint says; they join, but are shown to nobody."""

MINTED = frozenset({"contact", "user", "group", "cookie"})
"""Kinds that mean something only in the source that minted them."""

_BLOCKED = frozenset(
    "null none nil nan n/a na undefined unknown anonymous guest test todo tbd "
    "- -- . 0 00 000 0000 -1 true false".split()
)
# RFC 2142 names and the other mailboxes that several people read or nobody does.
_ROLES = frozenset(
    "abuse accounting accounts admin administrator billing bookings careers contact donotreply enquiries enquiry "
    "finance ftp hello help helpdesk hostmaster hr info invoice invoices jobs mail mailer-daemon marketing news "
    "newsletter no-reply no_reply noc noreply notifications office orders postmaster press root sales security "
    "service shop subscribe support team unsubscribe usenet uucp webmaster www do-not-reply reply reception".split()
)
_ADDRESS = re.compile(r"<([^<>]*)>\s*$")
_DOMAIN = re.compile(r"[^\s@<>()\[\],;:\\\"/]+")
_NUMBER = re.compile(r"[\s\d()+./-]+")
_E164 = re.compile(r"\+\d+", re.ASCII)
_SAME = "\x1f"
"""Between two values that are one; no canonical value has it."""
_PHONE_NOISE = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Canonical:
    """A canonical identifier, how strong it is, and why it may not join, if it may not.

    ``blocked`` is what every hub knows (``fault``); ``rules.blocked`` says what a hub's own rules make of it.
    """

    identifier: Identifier
    rank: int
    blocked: str | None = None
    id: str = field(init=False)
    """Its public id."""

    def __post_init__(self) -> None:
        held = self.identifier
        object.__setattr__(self, "id", identifier_id(held.kind, held.namespace, held.value, held.side))


@lru_cache(maxsize=65536)
def canonical(identifier: Identifier, source: str, region: str) -> Canonical | None:
    """The identifier as the hub compares it; None when there is nothing in it.

    ``source`` becomes the namespace of ids that only mean something there; ``region`` (ISO 3166) is the company's
    country, used for phone numbers that name none.
    """
    display = " ".join(identifier.value.split())
    if not display:
        return None
    kind = identifier.kind
    value = _value(identifier, display, region)
    namespace = identifier.namespace or (source if kind in MINTED else "")
    changed = Identifier(kind, value, namespace, identifier.side, display)
    return Canonical(changed, RANKS.get(kind, 20), fault(kind, value))


@lru_cache(maxsize=65536)
def fault(kind: str, value: str) -> str | None:
    """Why a canonical value never joins, whatever a hub's rules say, or None.

    ``VALUE`` (a placeholder), ``ROLE`` (a mailbox of several people), ``INVALID`` (not a possible value). It looks at
    the canonical value alone, so that no writing that happens to come first decides.
    """
    if not value or fold(value) in _BLOCKED:
        return "VALUE"
    if kind == "email":
        local, _, domain = value.rpartition("@")
        if not local or " " in local or "xn--" in domain or not _DOMAIN.fullmatch(domain.rstrip(".")):
            return "INVALID"
        return "ROLE" if local in _ROLES else None
    if kind == "phone":
        if not _E164.fullmatch(value):
            return "INVALID"
        return "VALUE" if len(set(value[-7:])) == 1 else None
    return None


def _value(identifier: Identifier, display: str, region: str) -> str:
    match identifier.kind:
        case "email":
            return _email(display)
        case "phone":
            return _phone(display, identifier.region or region)
        case "handle":
            return fold(display).lstrip("@")
        case "vat":
            return re.sub(r"[^0-9A-Z]", "", digits(display).upper())
        case _:
            return digits(display)


@lru_cache(maxsize=65536)
def _email(text: str) -> str:
    """Lower case, plus tag off, dots off at consumer Gmail only. What is no address stays as it is."""
    found = _ADDRESS.search(text)
    address = (found.group(1) if found else text).strip().strip("<>").lower()
    local, _, domain = address.rpartition("@")
    domain = domain.rstrip(".")
    if not local or not _DOMAIN.fullmatch(domain) or " " in local:
        return address
    if "xn--" in domain:
        try:
            domain = domain.encode("ascii").decode("idna")
        except UnicodeError:
            return address
    local = local.split("+", 1)[0] or local
    if domain in {"gmail.com", "googlemail.com"}:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


@lru_cache(maxsize=65536)
def _phone(text: str, region: str) -> str:
    """E.164. A number that is not possible in its country stays as its digits."""
    plain = digits(_PHONE_NOISE.sub("", text))
    for candidate in (plain, "+" + plain.lstrip("0 ")):
        try:
            parsed = phonenumbers.parse(candidate, region or None)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
    return re.sub(r"\D", "", plain) or plain


def combinations(identifiers: Iterable[Canonical], traits: Mapping[str, Any]) -> list[Canonical]:
    """Identifiers the hub makes from one touchpoint's hints, none of which would join alone."""
    name = name_key(str(traits.get("name") or ""))
    if not name:
        return []
    made = [
        ("name+phone", f"{name}|{held.identifier.value}")
        for held in identifiers
        if held.identifier.kind == "phone" and held.blocked is None
    ]
    street = " ".join(words(str(traits.get("street") or "")))
    postcode = fold(str(traits.get("postcode") or "")).replace(" ", "")
    if street and postcode:
        made.append(("name+street+postcode", f"{name}|{street}|{postcode}"))
    birthday = str(traits.get("birthday") or "")
    if birthday and not birthday.startswith("--") and " " in name:
        made.append(("name+birthday", f"{name}|{birthday}"))
    return [Canonical(Identifier(kind, value, side=Side.PERSON, display=value), RANKS[kind]) for kind, value in made]


def aliases(identifiers: Iterable[Canonical]) -> list[Canonical]:
    """What a touchpoint says that states its unique values to be one: a hidden identifier for each two of a kind."""
    together: dict[tuple[str, str, Side], list[str]] = {}
    for held in identifiers:
        given = held.identifier
        if given.kind in UNIQUE and held.blocked is None:
            together.setdefault((given.kind, given.namespace, given.side), []).append(given.value)
    return [
        Canonical(Identifier("alias", _SAME.join((kind, a, b)), namespace, side, f"{kind} {a} = {b}"), RANKS["alias"])
        for (kind, namespace, side), values in together.items()
        for a, b in pairwise(sorted(values))
    ]


def aliased(value: str) -> tuple[str, str, str]:
    """(kind, one value, the other) of an identifier of the kind ``alias``."""
    kind, a, b = value.split(_SAME)
    return kind, a, b


def masked(kind: str, display: str) -> str:
    """What a reader without the right to contact data sees: enough to tell two apart, too little to use."""
    if kind == "email" and "@" in display:
        local, _, domain = display.rpartition("@")
        return f"{local[:1]}•••@{domain[:1]}•••"
    if kind == "phone":
        return f"•••{digits(display)[-2:]}"
    return f"{display[:1]}•••"


def masked_name(name: str) -> str:
    """The first letter of each word."""
    return " ".join(f"{word[0]}•••" for word in name.split())


@lru_cache(maxsize=16384)
def search_terms(text: str) -> tuple[str, ...]:
    """What a text is found by: its folded words; an e-mail also whole, a phone also as bare digits."""
    terms = words(text)
    if "@" in text:
        terms.append(fold(text).strip())
    if _NUMBER.fullmatch(plain := digits(text)) and len(number := re.sub(r"\D", "", plain)) >= 5:
        terms.append(number.lstrip("0"))
    return tuple(dict.fromkeys(terms))
