"""Traits of people and firms, from the names that Segment reserves to those of the hub."""

from __future__ import annotations

from datetime import date
from typing import Any

from connectors.objects import Object
from hub import sdk

_ADDRESS = {
    "street": ("street", "line1", "streetAddress"),
    "postcode": ("postalCode", "postal_code", "zip"),
    "city": ("city",),
    "country": ("country",),
    "state": ("state", "region"),
}
_SAID_ELSEWHERE = frozenset(
    "id email phone name firstName first_name lastName last_name address company title birthday language locale".split()
)
"""Identifiers, and what has a name of its own here."""


def of_person(said: Object, locale: str = "") -> Object:
    """Who somebody is. What has no name of its own in the hub is kept as it is said."""
    traits = {
        "name": _name(said),
        "job_title": _text(said, "title", "job_title"),
        "language": _text(said, "language", "locale") or locale,
        "company": _company(said),
        "birthday": _birthday(said),
        **_address(said),
    }
    kept = {name: value for name, value in said.items() if name not in _SAID_ELSEWHERE and value not in (None, "")}
    return {name: value for name, value in traits.items() if value} | kept


def of_group(said: Object, carried: Object) -> Object:
    """Which firm somebody belongs to, and as what: the first is said of the group, the second of the user."""
    found = {"company": _text(said, "name"), "job_title": _text(carried, "title", "job_title"), "name": _name(carried)}
    return {name: value for name, value in found.items() if value}


def _name(said: Object) -> str:
    both = f"{_text(said, 'firstName', 'first_name')} {_text(said, 'lastName', 'last_name')}".strip()
    return _text(said, "name") or both


def _company(said: Object) -> str:
    held = said.get("company")
    return _text(held, "name") if isinstance(held, dict) else _text(said, "company")


def _address(said: Object) -> dict[str, str]:
    held = said.get("address")
    if isinstance(held, dict):
        return {trait: _text(held, *names) for trait, names in _ADDRESS.items()}
    return {"street": _text(said, "address")} | {
        t: _text(said, *names) for t, names in _ADDRESS.items() if t != "street"
    }


def _birthday(said: Object) -> str:
    try:
        return date.fromisoformat(sdk.digits(_text(said, "birthday"))[:10]).isoformat()
    except ValueError:
        return ""


def _text(said: Any, *names: str) -> str:
    """The first of the members that says something in a word."""
    for name in names:
        value = said.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""
