"""How senders prove themselves who sign nothing."""

from __future__ import annotations

from hub import sdk

_SCHEMES = sdk.signatures.SCHEMES
WORDS = (*_SCHEMES["basic"], *_SCHEMES["bearer"], *_SCHEMES["path"])
"""A user with a password, or a secret in the address or in a header."""
