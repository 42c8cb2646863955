"""The schemes of the senders the hub knows. Several under one name are alternatives.

Sources: each sender's own documentation or library, named in docs/webhooks.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from hub.signatures.scheme import Encoding, KeyForm, Proof, Scheme

_MINUTES = 300
_BASE64 = Encoding.BASE64


def _standard(name: str) -> tuple[Scheme, ...]:
    """Standard Webhooks under its own headers or Svix's: v1 with a shared secret, v1a with a public key."""
    return (
        Scheme(
            signature=f"{name}-signature", prefix="v1,", separator=" ", signed="{id}.{timestamp}.{body}",
            encoding=_BASE64, key=KeyForm.BASE64, key_prefix="whsec_",
            id=f"{name}-id", timestamp=f"{name}-timestamp", past=_MINUTES, future=_MINUTES,
        ),
        Scheme(
            signature=f"{name}-signature", prefix="v1a,", separator=" ", signed="{id}.{timestamp}.{body}",
            proof=Proof.ED25519, encoding=_BASE64, key=KeyForm.BASE64, key_prefix="whpk_", key_prefix_needed=True,
            id=f"{name}-id", timestamp=f"{name}-timestamp", past=_MINUTES, future=_MINUTES,
        ),
    )  # fmt: skip


def _of_body(header: str, encoding: Encoding = _BASE64, prefix: str = "") -> tuple[Scheme, ...]:
    """HMAC-SHA256 of the body alone: an id that such a sender writes into a header is vouched for by nobody."""
    return (Scheme(signature=header, encoding=encoding, prefix=prefix),)


SCHEMES: Mapping[str, tuple[Scheme, ...]] = {
    "standard": _standard("webhook") + _standard("svix"),
    "stripe": (
        Scheme(signature="stripe-signature;v1", signed="{timestamp}.{body}",
               timestamp="stripe-signature;t", past=_MINUTES),
    ),
    "meta": _of_body("x-hub-signature-256", Encoding.HEX, "sha256="),
    "github": _of_body("x-hub-signature-256", Encoding.HEX, "sha256="),
    "x": _of_body("x-twitter-webhooks-signature", prefix="sha256="),
    "linkedin": _of_body("x-li-signature", Encoding.HEX) + _of_body("x-li-signature", Encoding.HEX, "hmacsha256="),
    "slack": (
        Scheme(signature="x-slack-signature", prefix="v0=", signed="v0:{timestamp}:{body}",
               timestamp="x-slack-request-timestamp", past=_MINUTES, future=_MINUTES),
    ),
    "telegram": (Scheme(signature="x-telegram-bot-api-secret-token", proof=Proof.TOKEN),),
    "quickbooks": _of_body("intuit-signature"),
    "xero": _of_body("x-xero-signature"),
    "frappe": _of_body("x-frappe-webhook-signature"),
    "woocommerce": _of_body("x-wc-webhook-signature"),
    "shopify": _of_body("x-shopify-hmac-sha256"),
    "typeform": _of_body("typeform-signature", prefix="sha256="),
    "tally": _of_body("tally-signature"),
    "mailgun": (
        # The body is not covered: the token, taken once, is what the delivery is known by.
        Scheme(signature="body:signature.signature", signed="{timestamp}{id}", id="body:signature.token",
               timestamp="body:signature.timestamp", past=24 * 3600, future=_MINUTES),
    ),
    "sendgrid": (
        Scheme(signature="x-twilio-email-event-webhook-signature", proof=Proof.ECDSA, signed="{timestamp}{body}",
               encoding=_BASE64, key=KeyForm.BASE64,
               timestamp="x-twilio-email-event-webhook-timestamp", past=_MINUTES, future=_MINUTES),
    ),
    "mandrill": (
        Scheme(signature="x-mandrill-signature", signed="{url}{posted}", algorithm="sha1", encoding=_BASE64),
    ),
    "basic": (Scheme(signature="authorization", proof=Proof.TOKEN, prefix="Basic ", encoding=_BASE64),),
    "bearer": (Scheme(signature="authorization", proof=Proof.TOKEN, prefix="Bearer "),),
    "path": tuple(
        Scheme(signature=place, proof=Proof.TOKEN) for place in ("path", "query:secret", "query:token")
    ),
}  # fmt: skip
"""Schemes by the sender's name."""
