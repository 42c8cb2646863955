"""Proof that a delivery comes from who it says: the schemes of the senders, signing and verifying, handshakes.

    from hub import sdk

    genuine = sdk.signatures.verify(sdk.signatures.SCHEMES["stripe"], delivery, secrets)

``verify`` raises ``SignatureWrong``, which a push stream lets pass: the door answers 401. All of it is pure; the clock
is the delivery's own ``received_at``.
"""

from __future__ import annotations

from hub.signatures.handshakes import HANDSHAKES, cross_check, handshake
from hub.signatures.scheme import Encoding, Genuine, KeyForm, Proof, Scheme
from hub.signatures.schemes import SCHEMES
from hub.signatures.sns import Notification, notification
from hub.signatures.standard import new_secret, public_key, sign
from hub.signatures.verifying import unusable, verify

__all__ = [
    "HANDSHAKES",
    "SCHEMES",
    "Encoding",
    "Genuine",
    "KeyForm",
    "Notification",
    "Proof",
    "Scheme",
    "cross_check",
    "handshake",
    "new_secret",
    "notification",
    "public_key",
    "sign",
    "unusable",
    "verify",
]
