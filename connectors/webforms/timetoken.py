"""The signed time that a form carries, so that one filled in faster than a person can is seen."""

from __future__ import annotations

import base64
import hashlib
import hmac

MAX_AGE = 24 * 3600
"""Seconds after which a token is no longer good: else one token would serve a robot for ever."""


def issue(secret: bytes, now: int) -> str:
    """A token that says a form was shown at ``now`` (seconds since 1970)."""
    return f"{now}.{_signature(secret, str(now))}"


def age(token: str, secret: bytes, now: int) -> int | None:
    """Seconds since the token was issued; None when we did not issue it, or too long ago."""
    issued, _, signature = token.partition(".")
    if not hmac.compare_digest(signature.encode(), _signature(secret, issued).encode()):
        return None
    seconds = now - int(issued)
    return seconds if 0 <= seconds <= MAX_AGE else None


def _signature(secret: bytes, issued: str) -> str:
    mac = hmac.new(secret, b"form shown at " + issued.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
