"""What senders ask before they send: that the address is the owner's own, and that it wants their deliveries."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence

import orjson
from pydantic import SecretStr

from hub.connector import Delivery, Reply
from hub.errors import SignatureWrong
from hub.signatures.verifying import Secret

_TEXT = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
_JSON = {"content-type": "application/json"}
_CHALLENGE = re.compile(r"[0-9A-Za-z_.-]{1,200}")
# X signs this token as it signs a body: only letters that make no JSON object, or it would sign for any forger.
_CHECK = re.compile(r"[0-9A-Za-z+/=_-]{1,200}")
_CODE = re.compile(r"[0-9A-Za-z-]{1,100}")


def handshake(
    sender: str, delivery: Delivery, secrets: Sequence[Secret], verify_token: Secret | None = None
) -> Reply | None:
    """The answer to a handshake, or None when the request is none. Raises ``SignatureWrong`` for a wrong one.

    ``sender`` is a name of ``SCHEMES``; ``verify_token`` is what the owner told Meta beside the address. Of a POST the
    signature must have been verified before.
    """
    if delivery.method == "OPTIONS":
        return _cloudevents(delivery)
    known = HANDSHAKES.get(sender)
    return known(delivery, [_text(each) for each in secrets], _text(verify_token or "")) if known else None


def cross_check(key: str, token: str) -> bytes:
    """The keyed digest by which a receiver proves that it knows the secret."""
    return hmac.digest(key.encode(), token.encode(), "sha256")


def _meta(delivery: Delivery, secrets: Sequence[str], verify_token: str) -> Reply | None:
    query = delivery.query
    if delivery.method != "GET" or query.get("hub.mode") != "subscribe":
        return None
    given = query.get("hub.verify_token", "")
    same = hmac.compare_digest(_digest(given), _digest(verify_token))
    challenge = query.get("hub.challenge", "")
    if not verify_token or not same or not _CHALLENGE.fullmatch(challenge):
        raise SignatureWrong("The verify token is not the one of this source.")
    return Reply(200, challenge.encode(), _TEXT)


def _x(delivery: Delivery, secrets: Sequence[str], verify_token: str) -> Reply | None:
    if delivery.method != "GET" or "crc_token" not in delivery.query:
        return None
    token = delivery.query["crc_token"]
    if not secrets or not _CHECK.fullmatch(token):
        raise SignatureWrong("This is no token that X would send.")
    answer = "sha256=" + base64.b64encode(cross_check(secrets[0], token)).decode()
    return Reply(200, orjson.dumps({"response_token": answer}), _JSON)


def _linkedin(delivery: Delivery, secrets: Sequence[str], verify_token: str) -> Reply | None:
    if delivery.method != "GET" or "challengeCode" not in delivery.query:
        return None
    code = delivery.query["challengeCode"]
    if not secrets or not _CODE.fullmatch(code):
        raise SignatureWrong("This is no challenge that LinkedIn would send.")
    answer = {"challengeCode": code, "challengeResponse": cross_check(secrets[0], code).hex()}
    return Reply(200, orjson.dumps(answer), _JSON)


def _slack(delivery: Delivery, secrets: Sequence[str], verify_token: str) -> Reply | None:
    if delivery.method != "POST" or b"url_verification" not in delivery.body:
        return None
    try:
        said = json.loads(delivery.body)
    except ValueError:
        return None
    if not isinstance(said, dict) or said.get("type") != "url_verification":
        return None
    return Reply(200, str(said.get("challenge", "")).encode(errors="replace"), _TEXT)


def _cloudevents(delivery: Delivery) -> Reply | None:
    """HTTP webhooks of CloudEvents: whoever may send proves it by the signature, so any origin may ask."""
    origin = delivery.headers.get("webhook-request-origin", "")
    if not origin:
        return None
    headers = {"allow": "POST", "webhook-allowed-origin": origin}
    if rate := delivery.headers.get("webhook-request-rate"):
        headers["webhook-allowed-rate"] = rate if rate.isascii() and rate.isdigit() else "*"
    return Reply(200, b"", headers)


HANDSHAKES: Mapping[str, Callable[[Delivery, Sequence[str], str], Reply | None]] = {
    "meta": _meta,
    "x": _x,
    "linkedin": _linkedin,
    "slack": _slack,
}
"""By the sender's name. Xero's is a signed delivery like any other; that of Amazon SNS is a ``Notification``."""


def _text(secret: Secret) -> str:
    return (secret.get_secret_value() if isinstance(secret, SecretStr) else secret).strip()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
