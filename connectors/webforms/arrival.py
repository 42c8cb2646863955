"""What brought the visitor: campaign parameters and click ids, from fields or the page's address."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from hub import sdk

CLICK_IDS = (
    "gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "ctwa_clid",
)  # fmt: skip
"""Parameters by which advertising networks recognise a click, in the order they are looked for."""
LONGEST = 500
"""Letters of one value: a visitor may write anything into an address."""


def origin(submitted: Mapping[str, str], page_url: str, referrer: str) -> tuple[sdk.Origin | None, str, str]:
    """The origin, the campaign's reference, and the name of the click id. A field stands before the address."""
    page = address(page_url)
    said = _parameters(page_url) | {name: value[:LONGEST] for name, value in submitted.items() if value}
    click = next((name for name in CLICK_IDS if said.get(name)), "")
    found = sdk.Origin(
        source=said.get("utm_source", ""),
        medium=said.get("utm_medium", ""),
        campaign=said.get("utm_campaign", ""),
        term=said.get("utm_term", ""),
        content=said.get("utm_content", ""),
        click_id=said.get(click, ""),
        referrer=address(referrer),
        landing_page=address(said.get("landing_page", "")) or page,
    )
    return (None if found == sdk.Origin() else found), said.get("utm_id") or found.campaign, click


def brought(submitted: Mapping[str, str], page_url: str, referrer: str) -> tuple[sdk.Origin | None, str, str]:
    """The same for a page among others: the origin only where a campaign, a click or another site brought here."""
    found, campaign, click = origin(submitted, page_url, referrer)
    if found and not (found.source or found.medium or found.campaign or found.click_id or _elsewhere(found, page_url)):
        found = None
    return found, campaign, click


def _elsewhere(origin: sdk.Origin, url: str) -> bool:
    """Whether the page before was another site's."""
    try:
        return bool(origin.referrer) and urlsplit(origin.referrer).hostname != urlsplit(url).hostname
    except ValueError:
        return False


def _parameters(url: str) -> dict[str, str]:
    try:
        query = urlsplit(url).query
        pairs = parse_qsl(query, max_num_fields=100)
    except ValueError:
        return {}
    # The first value of a parameter, as advertising networks read it.
    return dict(reversed([(name.lower(), value.replace("\x00", "")[:LONGEST]) for name, value in pairs]))


def address(url: str) -> str:
    """A web address without its query, which may hold anything; empty when it is none."""
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return ""
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:LONGEST]
