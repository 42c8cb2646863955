"""Verifying a delivery on the exact bytes that came, in constant time, with each of the active secrets."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from pydantic import SecretStr

from hub.connector import Delivery
from hub.errors import SignatureWrong
from hub.signatures.asymmetric import ecdsa_key, ecdsa_signed, ed25519_key, ed25519_signed
from hub.signatures.places import first, found, posted
from hub.signatures.scheme import Encoding, Genuine, KeyForm, Proof, Scheme

Secret = SecretStr | str
_MOST_SIGNATURES = 20
"""Tried of one header: a sender that rotates its secret sends two."""
_VARIABLE = re.compile(r"\{(\w+)\}")


class _Missing(SignatureWrong):
    """The delivery is not signed in this way at all; another one may tell more."""


def verify(schemes: Sequence[Scheme], delivery: Delivery, secrets: Sequence[Secret]) -> Genuine:
    """What the signature vouches for, when one of the secrets made it. Raises ``SignatureWrong``, and nothing else."""
    refusals: list[SignatureWrong] = []
    for scheme in schemes:
        try:
            return _verified(scheme, delivery, secrets)
        except SignatureWrong as refusal:
            refusals.append(refusal)
    raise next((each for each in refusals if not isinstance(each, _Missing)), refusals[0])


def unusable(schemes: Sequence[Scheme], secret: Secret) -> str | None:
    """Why a secret fits none of the schemes, as a sentence for who configures a source; None when it does."""
    if not _text(secret):
        return "a secret is empty"
    if any(True for scheme in schemes for _ in _keys(scheme, [secret])):
        return None
    return f"a secret is not {' or '.join(dict.fromkeys(_KEYS[each.proof, each.key] for each in schemes))}"


def _verified(scheme: Scheme, delivery: Delivery, secrets: Sequence[Secret]) -> Genuine:
    given = _signatures(scheme, delivery)
    if not given:
        raise _Missing(f"The delivery has no {_named(scheme.signature)} of the scheme expected here.")
    at = _time(scheme, delivery)
    id_ = first(delivery, scheme.id) if scheme.id else ""
    if scheme.id and not id_ and "{id}" in scheme.signed:
        raise SignatureWrong(f"The delivery has no {_named(scheme.id)}.")
    signed = _signed(scheme, delivery)
    # Each with each, to the end: how long it takes says nothing about which of them was right.
    matches = [_good(scheme, key, signed, each) for key in _keys(scheme, secrets) for each in given]
    if not any(matches):
        raise SignatureWrong("The signature is wrong.")
    return Genuine(id_ if "{id}" in scheme.signed else "", at)


def _signatures(scheme: Scheme, delivery: Delivery) -> list[str]:
    texts = found(delivery, scheme.signature)
    if scheme.separator:
        texts = [part for text in texts for part in text.split(scheme.separator)]
    size = len(scheme.prefix)
    return [text[size:] for text in texts if text[:size].lower() == scheme.prefix.lower()][:_MOST_SIGNATURES]


def _time(scheme: Scheme, delivery: Delivery) -> datetime | None:
    if not scheme.timestamp:
        return None
    text = first(delivery, scheme.timestamp)
    if not re.fullmatch("[0-9]{1,16}", text):
        raise SignatureWrong(f"{_named(scheme.timestamp)} is not a time in seconds.")
    try:
        at = datetime.fromtimestamp(int(text) / scheme.ticks, UTC)
    except (ValueError, OverflowError, OSError):
        raise SignatureWrong(f"{_named(scheme.timestamp)} is not a time.") from None
    age = (delivery.received_at - at).total_seconds()
    if scheme.past is not None and age > scheme.past:
        raise SignatureWrong(f"The delivery was signed {age:.0f} seconds ago; {scheme.past} are allowed.")
    if scheme.future is not None and -age > scheme.future:
        raise SignatureWrong(f"The delivery was signed {-age:.0f} seconds ahead of time; {scheme.future} are allowed.")
    return at


def _signed(scheme: Scheme, delivery: Delivery) -> bytes:
    """The signed text, of the bytes as they came: headers are Latin-1 on the wire."""
    values: dict[str, Callable[[], bytes]] = {
        "body": lambda: delivery.body,
        "id": lambda: first(delivery, scheme.id).encode("latin-1", "replace"),
        "timestamp": lambda: first(delivery, scheme.timestamp).encode("latin-1", "replace"),
        "url": lambda: delivery.url.encode(),
        "method": lambda: delivery.method.encode(),
        "posted": lambda: b"".join(name + value for name, value in sorted(posted(delivery))),
    }
    parts = _VARIABLE.split(scheme.signed)
    return b"".join(values[part]() if odd % 2 else part.encode() for odd, part in enumerate(parts))


def _good(scheme: Scheme, key: bytes, signed: bytes, given: str) -> bool:
    match scheme.proof:
        case Proof.HMAC:
            expected = hmac.digest(key, signed, scheme.algorithm)
            return _same(_written(expected, scheme.encoding), given, scheme.encoding)
        case Proof.TOKEN:
            expected_text = base64.b64encode(key) if scheme.encoding is Encoding.BASE64 else key
            # Digests are compared: they are of one length, whatever the token's.
            return hmac.compare_digest(
                hashlib.sha256(expected_text).digest(), hashlib.sha256(given.encode(errors="replace")).digest()
            )
        case Proof.ED25519:
            return ed25519_signed(key, signed, _decoded(given, scheme.encoding))
        case Proof.ECDSA:
            return ecdsa_signed(key, signed, _decoded(given, scheme.encoding))


def _same(expected: str, given: str, encoding: Encoding) -> bool:
    """Texts are compared, not what they decode to: Base64 has several texts for the same bytes."""
    plain = given.rstrip("=") if encoding is Encoding.BASE64 else given.lower()
    return hmac.compare_digest(expected.encode(), plain.encode(errors="replace"))


def _written(data: bytes, encoding: Encoding) -> str:
    return base64.b64encode(data).decode().rstrip("=") if encoding is Encoding.BASE64 else data.hex()


def _decoded(given: str, encoding: Encoding) -> bytes:
    """A signature's bytes; none when it is not the one text that stands for them."""
    data = _read(given, encoding)
    return data if _same(_written(data, encoding), given, encoding) else b""


def _read(text: str, encoding: Encoding) -> bytes:
    """The bytes; none when the text is not in the encoding."""
    try:
        if encoding is Encoding.BASE64:
            return base64.b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4), validate=True)
        return binascii.unhexlify(text)
    except ValueError:
        return b""


_KEYS = {
    (Proof.HMAC, KeyForm.TEXT): "a text",
    (Proof.HMAC, KeyForm.HEX): "a key in hexadecimal digits",
    (Proof.HMAC, KeyForm.BASE64): "a key in Base64 (whsec_...)",
    (Proof.TOKEN, KeyForm.TEXT): "a text",
    (Proof.ED25519, KeyForm.HEX): "an Ed25519 public key in hexadecimal digits",
    (Proof.ED25519, KeyForm.BASE64): "an Ed25519 public key in Base64 (whpk_...)",
    (Proof.ECDSA, KeyForm.BASE64): "a P-256 public key in Base64",
}


def _keys(scheme: Scheme, secrets: Sequence[Secret]) -> Iterator[bytes]:
    """The bytes of the keys; secrets of another scheme are passed over."""
    for secret in secrets:
        text = _text(secret)
        if scheme.key_prefix_needed and not text.startswith(scheme.key_prefix):
            continue
        text = text.removeprefix(scheme.key_prefix)
        if scheme.key is KeyForm.TEXT:
            key = text.encode()
        else:
            key = _read(text, Encoding.BASE64 if scheme.key is KeyForm.BASE64 else Encoding.HEX)
        usable = {Proof.ED25519: ed25519_key, Proof.ECDSA: ecdsa_key}.get(scheme.proof, bool)
        if usable(key):
            yield key


def _text(secret: Secret) -> str:
    # A blank at the end comes with copying, never with the secret.
    return (secret.get_secret_value() if isinstance(secret, SecretStr) else secret).strip()


def _named(place: str) -> str:
    name, _, what = place.partition(":")
    return {"path": "secret in its path", "query": f"parameter {what}", "body": f"{what} in its body"}.get(
        name, f"header {place}"
    )
