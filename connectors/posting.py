"""What connectors share to which vendors post: their settings, the passwords of who signs nothing, who only looks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from pydantic import AfterValidator

from hub import sdk

_SCHEMES = sdk.signatures.SCHEMES
WORDS = (*_SCHEMES["basic"], *_SCHEMES["bearer"], *_SCHEMES["path"])
"""For vendors that sign nothing: a user with a password, or a secret in the address or in a header."""


def one_of(vendors: Collection[str]) -> AfterValidator:
    """What a setting is checked by that names a vendor: it is one of them."""

    def check(vendor: str) -> str:
        if vendor not in vendors:
            raise ValueError(f"{vendor!r} is none of {', '.join(vendors)}")
        return vendor

    return AfterValidator(check)


def check_secrets(schemes: Sequence[sdk.signatures.Scheme], secrets: Iterable[sdk.Secret]) -> None:
    """Raise ``ValueError`` for a secret that is good for none of the schemes."""
    for secret in secrets:
        if problem := sdk.signatures.unusable(schemes, secret):
            raise ValueError(problem)


def looked_at(delivery: sdk.Delivery, what: str) -> sdk.Reception | None:
    """The answer to whoever looks at an address, as some vendors do before they save it; None for what is posted."""
    if delivery.method == "POST":
        return None
    status = 200 if delivery.method in ("GET", "HEAD", "OPTIONS") else 405
    headers = {"content-type": "text/plain", "allow": "POST"}
    return sdk.Reception(reply=sdk.Reply(status, f"{what} posted here.\n".encode(), headers))
