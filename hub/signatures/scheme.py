"""How one kind of sender proves its deliveries, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Proof(StrEnum):
    """What is compared with what."""

    HMAC = "HMAC"
    """The keyed digest of the signed text; a secret is the key."""
    ED25519 = "ED25519"
    """A signature of the signed text; a secret is the sender's public key."""
    ECDSA = "ECDSA"
    """The same on P-256 with SHA-256, in DER."""
    TOKEN = "TOKEN"  # noqa: S105 (the name of a way, no secret)
    """The secret itself: a static token, a user with a password, a secret part of the address."""


class Encoding(StrEnum):
    """How bytes are written in a header."""

    HEX = "HEX"
    BASE64 = "BASE64"


class KeyForm(StrEnum):
    """How a secret becomes the bytes of a key."""

    TEXT = "TEXT"
    HEX = "HEX"
    BASE64 = "BASE64"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """How one kind of sender proves that a delivery is its own.

    A *place* is where something stands in a delivery: ``x-signature`` is a header, ``x-signature;v1`` a member of a
    header like ``t=1,v1=ab``, ``body:signature.token`` a member of the body (of a form: its last name, ``token``),
    ``query:secret`` a parameter, ``path`` what follows the stream in the path.
    """

    signature: str
    """The place of the signature, or of several."""
    proof: Proof = Proof.HMAC
    prefix: str = ""
    """What stands before a signature; one without it is of another scheme."""
    separator: str = ""
    """What stands between several signatures in one header; empty: there is one."""
    signed: str = "{body}"
    """The signed text. ``{body} {id} {timestamp} {url} {method}`` are what the delivery says, ``{posted}`` each posted
    field in the order of the names, name and value one after the other."""
    algorithm: str = "sha256"
    encoding: Encoding = Encoding.HEX
    key: KeyForm = KeyForm.TEXT
    key_prefix: str = ""
    """Of a secret, not part of the key: ``whsec_``. May be missing."""
    key_prefix_needed: bool = False
    """Then secrets without it are of another scheme."""
    id: str = ""
    """The place of the delivery's own id, the same at every retry."""
    timestamp: str = ""
    """The place of the time of signing, in seconds since 1970."""
    ticks: int = 1
    """Of the timestamp in a second: 1000 for milliseconds."""
    past: int | None = None
    """Seconds after which a delivery is stale; None: never."""
    future: int | None = None
    """Seconds that the sender's clock may be ahead; None: any."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """What a good signature vouches for: the delivery's own id, and when it was signed, where the scheme has them."""

    id: str = ""
    at: datetime | None = None
