"""Deliveries signed as their senders sign them: by what vendors publish, else by the vendor's own recipe."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub import sdk

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SECONDS = str(int(NOW.timestamp()))
BODY = '{"type":"order.paid","id":7,"who":"নাসরিন আক্তার 👋","note":"مرحبا"}'.encode()
URL = "https://hub.example/in/src_1/deliveries?a=1"


def digest(key: bytes, signed: bytes, algorithm: str = "sha256") -> bytes:
    return hmac.new(key, signed, getattr(hashlib, algorithm)).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


Signer = Callable[[str, bytes, str], tuple[Mapping[str, str], bytes]]
"""Of secret, body and the time in seconds: the headers, and the body as it is sent."""


@dataclass(frozen=True)
class Sender:
    """One sender, as it signs. ``stamped``: a delivery of another time is refused; ``public``: what it is verified
    by, where that is not what it signs with."""

    sign: Signer
    secret: str = "it's a secret"
    other: str = "another secret"
    stamped: bool = False
    covered: bool = True
    """Whether the body is signed."""
    public: Callable[[str], str] = field(default=lambda secret: secret)
    kind: str = "application/json"

    def delivery(
        self, secret: str | None = None, body: bytes = BODY, at: str = SECONDS, **changes: Any
    ) -> sdk.Delivery:
        headers, sent = self.sign(secret or self.secret, body, at)
        return delivery(sent, {"content-type": self.kind, **headers}, **changes)


def delivery(body: bytes, headers: Mapping[str, str], **changes: Any) -> sdk.Delivery:
    plain = sdk.Delivery(
        method="POST", path="/in/src_1/deliveries", query={}, headers=headers, body=body, client="203.0.113.7",
        received_at=NOW, secret=b"", url=URL,
    )  # fmt: skip
    return replace(plain, **changes)


def _of_body(header: str, written: Callable[[bytes], str], prefix: str = "") -> Sender:
    return Sender(lambda secret, body, _: ({header: prefix + written(digest(secret.encode(), body))}, body))


def _standard(name: str) -> Sender:
    def sign(secret: str, body: bytes, at: str) -> tuple[Mapping[str, str], bytes]:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        made = digest(key, f"msg_1.{at}.".encode() + body)
        return {f"{name}-id": "msg_1", f"{name}-timestamp": at, f"{name}-signature": f"v1,{b64(made)}"}, body

    return Sender(
        sign, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB", stamped=True
    )


def _stripe(secret: str, body: bytes, at: str) -> tuple[Mapping[str, str], bytes]:
    made = digest(secret.encode(), f"{at}.".encode() + body).hex()
    return {"stripe-signature": f"t={at},v1={'0' * 64},v1={made},v0=ignored"}, body


def _slack(secret: str, body: bytes, at: str) -> tuple[Mapping[str, str], bytes]:
    made = digest(secret.encode(), f"v0:{at}:".encode() + body).hex()
    return {"x-slack-signature": f"v0={made}", "x-slack-request-timestamp": at}, body


def _mailgun(secret: str, body: bytes, at: str) -> tuple[Mapping[str, str], bytes]:
    token = "9d1b0c" * 8
    signature = {"timestamp": at, "token": token, "signature": digest(secret.encode(), (at + token).encode()).hex()}
    return {}, json.dumps({"signature": signature, "event-data": json.loads(body)}).encode()


def _mailgun_form(secret: str, body: bytes, at: str) -> tuple[Mapping[str, str], bytes]:
    token = "9d1b0c" * 8
    signature = digest(secret.encode(), (at + token).encode()).hex()
    return {}, urlencode({"timestamp": at, "token": token, "signature": signature, "stripped-text": body}).encode()


def _mailgun_parts(secret: str, body: bytes, at: str) -> tuple[Mapping[str, str], bytes]:
    """As a route forwards a mail with an attachment."""
    token = "9d1b0c" * 8
    signature = digest(secret.encode(), (at + token).encode()).hex()
    parts = [("timestamp", at), ("token", token), ("signature", signature), ("subject", "নমস্কার")]
    sent = b"".join(
        f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in parts
    )
    file = b'--XX\r\nContent-Disposition: form-data; name="attachment-1"; filename="token"\r\n\r\n' + body + b"\r\n"
    return {}, file + sent + b"--XX--\r\n"


def _mandrill(secret: str, body: bytes, _: str) -> tuple[Mapping[str, str], bytes]:
    sent = {"mandrill_events": f"[{body.decode()}]", "a name": "ü+1"}
    signed = URL + "".join(name + sent[name] for name in sorted(sent))
    return {"x-mandrill-signature": b64(digest(secret.encode(), signed.encode(), "sha1"))}, urlencode(sent).encode()


def _curve(secret: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int(secret), ec.SECP256R1())


def _curve_public(secret: str) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return b64(_curve(secret).public_key().public_bytes(serialization.Encoding.DER, form))


def _sendgrid(secret: str, body: bytes, at: str) -> tuple[Mapping[str, str], bytes]:
    made = _curve(secret).sign(at.encode() + body, ec.ECDSA(hashes.SHA256()))
    name = "x-twilio-email-event-webhook"
    return {f"{name}-signature": b64(made), f"{name}-timestamp": at}, body


def _ed25519(secret: str, body: bytes, at: str) -> tuple[Mapping[str, str], bytes]:
    return sdk.signatures.sign([secret], "msg_1", datetime.fromtimestamp(int(at), UTC), body), body


_FORM = "application/x-www-form-urlencoded"
SENDERS: Mapping[str, tuple[str, Sender]] = {
    "standard": ("standard", _standard("webhook")),
    "svix": ("standard", _standard("svix")),
    "standard, ed25519": (
        "standard",
        Sender(_ed25519, "whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=",
               "whsk_V0VCSE9PS0FTWU1NRVRSSUNURVNUUFJJVkFURUtFWTE=", stamped=True, public=sdk.signatures.public_key),
    ),
    "stripe": ("stripe", Sender(_stripe, "whsec_stripe", "whsec_other", stamped=True)),
    "meta": ("meta", _of_body("x-hub-signature-256", bytes.hex, "sha256=")),
    "github": ("github", _of_body("x-hub-signature-256", bytes.hex, "sha256=")),
    "x": ("x", _of_body("x-twitter-webhooks-signature", b64, "sha256=")),
    "linkedin": ("linkedin", _of_body("x-li-signature", bytes.hex)),
    "slack": ("slack", Sender(_slack, stamped=True)),
    "telegram": ("telegram", Sender(lambda secret, body, _: ({"x-telegram-bot-api-secret-token": secret}, body),
                                    "A-token_1", "A-token_2", covered=False)),
    "quickbooks": ("quickbooks", _of_body("intuit-signature", b64)),
    "xero": ("xero", _of_body("x-xero-signature", b64)),
    "frappe": ("frappe", _of_body("x-frappe-webhook-signature", b64)),
    "woocommerce": ("woocommerce", _of_body("x-wc-webhook-signature", b64)),
    "shopify": ("shopify", _of_body("x-shopify-hmac-sha256", b64)),
    "typeform": ("typeform", _of_body("typeform-signature", b64, "sha256=")),
    "tally": ("tally", _of_body("tally-signature", b64)),
    "mailgun": ("mailgun", Sender(_mailgun, covered=False)),
    "mailgun, form": ("mailgun", Sender(_mailgun_form, covered=False, kind=_FORM)),
    "mailgun, parts": ("mailgun", Sender(_mailgun_parts, covered=False, kind="multipart/form-data; boundary=XX")),
    "sendgrid": ("sendgrid", Sender(_sendgrid, "31415926535897932384626", "2718281828459", stamped=True,
                                    public=_curve_public)),
    "mandrill": ("mandrill", Sender(_mandrill, kind=_FORM)),
    "basic": ("basic", Sender(lambda secret, body, _: ({"authorization": "Basic " + b64(secret.encode())}, body),
                              "hub:পাসওয়ার্ড", "hub:wrong", covered=False)),
    "bearer": ("bearer", Sender(lambda secret, body, _: ({"authorization": f"bearer {secret}"}, body), covered=False)),
}  # fmt: skip
"""By a name of the case: the name of the scheme, and who signs."""
