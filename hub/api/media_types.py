"""The types in which GraphQL is answered, and which of them a client wants (RFC 9110, section 12.5.1)."""

from __future__ import annotations

import re
from functools import lru_cache

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
EVENTS = "text/event-stream"
"""A stream of answers; only for clients that name it."""
CHARSET = "; charset=utf-8"

_QUALITY = re.compile(r";\s*q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*(?:;|$)", re.IGNORECASE)
_CHARSET = re.compile(r';\s*charset\s*=\s*"?([^";\s]*)', re.IGNORECASE)


@lru_cache(256)
def preferred(accept: str) -> str | None:
    """The type that an Accept header ranks highest, of two alike the one named first; None when it takes neither.

    JSON for those that take anything: older clients know no other.
    """
    if not accept.strip():
        return JSON
    ranked: dict[str, float] = {}
    for part in accept.split(","):
        name = part.partition(";")[0].strip().lower()
        quality = _QUALITY.search(part)
        ranked.setdefault(name, float(quality[1]) if quality else 1.0)
    names = [name for name in ranked if name in (JSON, GRAPHQL, EVENTS)]
    named = max(names, key=ranked.__getitem__, default=JSON)
    # What is not named goes by the widest range that is: `application/*` before `*/*`.
    others = {kind: ranked.get("application/*", ranked.get("*/*", 0.0)) for kind in (JSON, GRAPHQL)}
    ranks = {kind: ranked.get(kind, others.get(kind, 0.0)) for kind in (named, JSON, GRAPHQL)}
    best = max(ranks, key=ranks.__getitem__)
    return best if ranks[best] > 0 else None


@lru_cache(256)
def is_json(content_type: str) -> bool:
    """Whether a body of this type is JSON in UTF-8, which it is when it names no other charset."""
    charset = _CHARSET.search(content_type)
    named = content_type.partition(";")[0].strip().lower() == JSON
    return named and (charset is None or charset[1].lower() in {"utf-8", "utf8"})
