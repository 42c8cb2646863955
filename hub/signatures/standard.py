"""Signing what the hub sends, by Standard Webhooks 1.0."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hub.errors import ConfigWrong

_SHARED, _PRIVATE, _PUBLIC = "whsec_", "whsk_", "whpk_"


def new_secret() -> str:
    """A secret to share with the receiver."""
    return _SHARED + base64.b64encode(secrets.token_bytes(32)).decode()


def public_key(private: str) -> str:
    """What the receiver verifies by (``whpk_...``), of a private key (``whsk_...``). Raises ``ConfigWrong``."""
    return _PUBLIC + base64.b64encode(_private(private).public_key().public_bytes_raw()).decode()


def sign(keys: Sequence[str], id: str, at: datetime, body: bytes) -> dict[str, str]:  # noqa: A002 (the header's name)
    """The headers of a delivery. Every key signs, so that a receiver may change from one to the next at leisure.

    A key is a shared secret (``whsec_...``, the prefix may be missing) or a private one (``whsk_...``). ``id`` is the
    same at every attempt. Raises ``ConfigWrong`` for what is neither.
    """
    stamp = str(int(at.timestamp()))
    signed = f"{id}.{stamp}.".encode() + body
    signatures = " ".join(_signature(key.strip(), signed) for key in keys)
    return {"webhook-id": id, "webhook-timestamp": stamp, "webhook-signature": signatures}


def _signature(key: str, signed: bytes) -> str:
    if key.startswith(_PRIVATE):
        return "v1a," + base64.b64encode(_private(key).sign(signed)).decode()
    return "v1," + base64.b64encode(hmac.digest(_decoded(key.removeprefix(_SHARED)), signed, "sha256")).decode()


def _private(key: str) -> Ed25519PrivateKey:
    data = _decoded(key.strip().removeprefix(_PRIVATE))
    if len(data) not in (32, 64):  # some libraries write the public half behind it
        raise ConfigWrong("A private key of Standard Webhooks has 32 bytes.")
    return Ed25519PrivateKey.from_private_bytes(data[:32])


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        data = b""
    if not data:
        raise ConfigWrong("A secret of Standard Webhooks is Base64 after whsec_ or whsk_.")
    return data
