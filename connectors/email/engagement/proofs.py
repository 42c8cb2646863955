"""Two proofs that only one vendor each has: Postal's RSA signature, and the digest of Unisender Go."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hub import sdk

_AROUND_A_KEY = re.compile(r"-----[A-Z ]+-----|^(?:.*[;\s])?p=|;.*$|\s")
_AUTH = re.compile(rb'"auth"\s*:\s*"([0-9a-f]{32})"')
_POSTAL = {"x-postal-signature-256": hashes.SHA256(), "x-postal-signature": hashes.SHA1()}  # noqa: S303 (older Postals)


def postal(delivery: sdk.Delivery, secrets: Sequence[str]) -> sdk.signatures.Genuine:
    """The body signed by the server's key; its public half is the secret. Raises ``SignatureWrong``.

    Source: Postal's ``lib/postal/signer.rb``.
    """
    name = next((each for each in _POSTAL if delivery.headers.get(each)), None)
    if name is None:
        raise sdk.SignatureWrong("The delivery has no header x-postal-signature-256.")
    try:
        signature = base64.b64decode(delivery.headers[name], validate=True)
    except ValueError:
        signature = b""
    for key in filter(None, map(postal_key, secrets)):
        try:
            key.verify(signature, delivery.body, padding.PKCS1v15(), _POSTAL[name])
        except InvalidSignature:
            continue
        return sdk.signatures.Genuine()
    raise sdk.SignatureWrong("The signature is wrong.")


def postal_key(text: str) -> rsa.RSAPublicKey | None:
    """A public key as PEM, as Base64, or as it stands in a DKIM record; None when it is none."""
    try:
        key = serialization.load_der_public_key(base64.b64decode(_AROUND_A_KEY.sub("", text.strip()), validate=True))
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, rsa.RSAPublicKey) else None


def unisender_go(delivery: sdk.Delivery, secrets: Sequence[str]) -> sdk.signatures.Genuine:
    """``auth`` in the body is the MD5 of the body that has the API key in its place. Raises ``SignatureWrong``.

    Source: the vendor's description of its webhooks.
    """
    found = _AUTH.search(delivery.body)
    if found is None:
        raise sdk.SignatureWrong("The delivery has no auth in its body.")
    before, after = delivery.body[: found.start(1)], delivery.body[found.end(1) :]
    made = [hashlib.md5(before + secret.encode() + after, usedforsecurity=False).hexdigest() for secret in secrets]
    if not any(hmac.compare_digest(each, found[1].decode()) for each in made):
        raise sdk.SignatureWrong("The signature is wrong.")
    return sdk.signatures.Genuine()
