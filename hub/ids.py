"""Public ids. Plain text, and pure functions of what they name wherever that is possible."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterable

from hub.values import Side

_ORGANISATION = "_org"


def _letters(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _hashed(prefix: str, *parts: str) -> str:
    """112 bits: among 10^12 things two are alike with a chance of one in 10^10."""
    name = "\x1f".join(parts)
    return f"{prefix}_{hashlib.sha256(name.encode()).hexdigest()[:28]}"


def touchpoint_id(source: str, stream: str, key: str, part: str) -> str:
    """The id of a touchpoint: a pure function of what its source calls it."""
    return _hashed("tp", source, stream, key, part)


def customer_id(touchpoint: str, side: Side) -> str:
    """The id of the customer that was first heard of through this touchpoint.

    One touchpoint may be the first of a person and of an organisation: their ids say which.
    """
    return "cus_" + touchpoint.removeprefix("tp_") + (_ORGANISATION if side is Side.ORGANISATION else "")


def naming_touchpoint(customer: str) -> str:
    """The touchpoint that gave a customer its id."""
    return "tp_" + customer.removeprefix("cus_").removesuffix(_ORGANISATION)


def anchor_touchpoint(anchor: str) -> str:
    """The touchpoint an anchor means: it is a touchpoint's id, or that of a customer."""
    return anchor if anchor.startswith("tp_") else naming_touchpoint(anchor)


def anchors_naming(touchpoints: Iterable[str]) -> list[str]:
    """Everything an anchor may say to mean one of these touchpoints: its id, or that of a customer it gave the id."""
    return [
        id_
        for each in sorted(touchpoints)
        for id_ in (each, customer_id(each, Side.PERSON), customer_id(each, Side.ORGANISATION))
    ]


def side_of(customer: str) -> Side:
    """Whether a customer's id is that of a person or of an organisation."""
    return Side.ORGANISATION if customer.endswith(_ORGANISATION) else Side.PERSON


def identifier_id(kind: str, namespace: str, value: str, side: str) -> str:
    """The id of an identifier."""
    return _hashed("idn", kind, namespace, value, side)


def claim_id(touchpoint: str) -> str:
    """The id of the claim that a touchpoint makes, the first one to make it."""
    return "clm_" + touchpoint.removeprefix("tp_")


def matter_id(source: str, kind: str, reference: str) -> str:
    """The id of a matter: its source, kind and reference there."""
    return _hashed("mat", source, kind, reference)


def line_id(touchpoint: str, key: str) -> str:
    """The id of a line item: the key of the row it came in, or its place in a row that holds them all."""
    return _hashed("lin", touchpoint, key)


def product_id(source: str, sku: str) -> str:
    """The id of a product."""
    return _hashed("prd", source, sku)


def campaign_id(reference: str) -> str:
    """The id of a campaign."""
    return _hashed("cmp", reference)


def user_id(reference: str) -> str:
    """The id of a person of the company."""
    return _hashed("usr", reference)


def suggestion_id(a: str, b: str) -> str:
    """The id of a suggestion: the two it is about, customers or a customer and an identifier."""
    return _hashed("sug", *sorted((a, b)))


def record_id(number: int) -> str:
    """The id of a record: its truth number."""
    return f"rec_{number}"


def record_number(id_: str) -> int | None:
    """The truth number of a record, from its id; None when it is no such id."""
    return numbered("rec", id_)


def numbered(prefix: str, id_: str) -> int | None:
    """The number in an id like rec_42; None when it is no such id."""
    digits = id_.removeprefix(f"{prefix}_")
    return int(digits) if digits != id_ and digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def random_id(prefix: str) -> str:
    """An id of something that people make: a source, a run, a token, a decision."""
    return f"{prefix}_{_letters(secrets.token_bytes(10))}"
