"""Who may send from a browser, and what they get back: JSON for a script, a page or a redirect for a plain form."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from urllib.parse import quote, urlsplit

from hub import sdk

_PAGE = (
    '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>Thank you</title><p>Thank you. Your message has arrived.</p>"
)
_IN_ADDRESS = "%/:=&?~#+!$,;'@()*[]"
PREFLIGHT = {
    "access-control-allow-methods": "POST, GET, OPTIONS",
    "access-control-allow-headers": "content-type, accept",
    "access-control-max-age": "7200",
}


def origin_of(url: str) -> str:
    """``scheme://host[:port]`` of a web address, in lower case; empty when it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme in ("http", "https") and parts.netloc else ""


def welcome(headers: Mapping[str, str], allowed: Collection[str]) -> bool:
    """Whether a page of an allowed site sends. A browser says where it stands in Origin, or in Referer; who says
    neither is let in by "*" only."""
    here = headers.get("origin", "").lower() or origin_of(headers.get("referer", ""))
    return "*" in allowed or (bool(here) and here in allowed)


def for_scripts(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers by which a browser lets the page's script read the answer."""
    vary = {"vary": "Origin"}
    return {"access-control-allow-origin": headers["origin"], **vary} if headers.get("origin") else vary


def wants_json(headers: Mapping[str, str]) -> bool:
    """Whether the sender is a script rather than a browser that shows the answer."""
    content_type = headers.get("content-type", "").lower()
    accept = headers.get("accept", "")
    if content_type.startswith(("application/json", "text/plain")) or headers.get("sec-fetch-mode") == "cors":
        return True
    return _quality(accept, "application/json") > _quality(accept, "text/html")


def redirect(wanted: str, otherwise: str, headers: Mapping[str, str], allowed: Collection[str]) -> str:
    """Where the sender goes next: where the form wants, if that is on an allowed site, else ``otherwise``."""
    if wanted.startswith("/") and not wanted.startswith("//"):
        wanted = origin_of(headers.get("origin", "") or headers.get("referer", "")) + wanted
    address = quote(wanted, safe=_IN_ADDRESS)
    return address if origin_of(address) in allowed else quote(otherwise, safe=_IN_ADDRESS)


def thanks(key: str, headers: Mapping[str, str], address: str, cross_origin: Mapping[str, str]) -> sdk.Reply:
    """The answer to a submission that was kept: a redirect to ``address`` if there is one, a page, or JSON."""
    if not wants_json(headers):
        if address:
            return sdk.Reply(303, headers={"location": address, **cross_origin})
        if "text/html" in headers.get("accept", ""):
            return sdk.Reply(200, _PAGE.encode(), {"content-type": "text/html; charset=utf-8", **cross_origin})
    return said(200, {"ok": True, "id": key}, cross_origin)


def refusal(status: int, sentence: str, headers: Mapping[str, str], cross_origin: Mapping[str, str]) -> sdk.Reply:
    """One sentence that says why, as JSON to a script and as text to a person."""
    if wants_json(headers):
        return said(status, {"ok": False, "error": sentence}, cross_origin)
    return sdk.Reply(status, f"{sentence}\n".encode(), {"content-type": "text/plain; charset=utf-8", **cross_origin})


def said(status: int, content: Mapping[str, object], headers: Mapping[str, str]) -> sdk.Reply:
    """A JSON answer."""
    return sdk.Reply(
        status,
        json.dumps(content).encode(),
        {"content-type": "application/json", "cache-control": "no-store", **headers},
    )


def _quality(accept: str, kind: str) -> float:
    """How much an Accept header wants a media type it names (RFC 9110, 12.5.1); 0 when it does not name it."""
    for part in accept.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name == kind:
            weight = next((value[2:] for value in parameters if value.startswith("q=")), "1")
            return float(weight) if weight.replace(".", "", 1).isdecimal() else 0.0
    return 0.0
