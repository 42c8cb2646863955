"""What is in a delivery: a row for each thing told, byte for byte as it stands there, under what names it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from connectors.members import object_of, objects_in, posted_object, text_in
from connectors.objects import content_key
from hub import sdk

_LONGEST_KEY = 300
_LATEST = 1e14
"""Milliseconds that are still a time, in the year 5138."""
_WRITTEN = frozenset({"add", "edit", "edited", "remove"})
Named = tuple[str, bool]
"""The key of what is told, and whether it is told to be gone; the key is empty for what has none."""


def rows(body: bytes, accounts: Collection[str]) -> list[sdk.Row]:
    """The rows of a delivery, without those of other accounts. Raises ``RowUnreadable`` and ``SourceFailed``."""
    about = {"object": text_in(posted_object(body), "object")}
    return [row for entry in sdk.items(body, "entry") for row in _entry(entry, about, accounts)]


def moment(number: object) -> datetime | None:
    """A time in seconds or milliseconds since 1970, as a number or a text."""
    try:
        given = float(str(number))
        return datetime.fromtimestamp(given / 1000 if given > 1e11 else given, UTC) if 0 < given < _LATEST else None
    except (ValueError, OverflowError):
        return None


def _entry(entry: bytes, about: Mapping[str, str], accounts: Collection[str]) -> Iterator[sdk.Row]:
    said = object_of(entry)
    account, at = _id(said, "id"), moment(said.get("time"))
    if accounts and account not in accounts:
        return
    about = {**about, "account": account, **({"at": at.isoformat()} if at else {})}
    parts = [part for part in ("messaging", "standby", "changes") if isinstance(said.get(part), list)]
    if not parts:
        yield _row(entry, ("", False), about)
    for part in parts:
        for payload in sdk.items(entry, part):
            if part == "changes":
                yield from _change(payload, about)
            else:
                yield _row(payload, _conversed(_said(payload)), {**about, "field": part})


def _change(change: bytes, about: Mapping[str, str]) -> Iterator[sdk.Row]:
    said = _said(change)
    value, about = said.get("value"), {**about, "field": text_in(said, "field")}
    value = value if isinstance(value, dict) else {}
    if about["object"] != "whatsapp_business_account":
        named = _conversed(value) if "sender" in value else _changed(about["field"], value)
        yield _row(change, named, about)
        return
    parts = [part for part in ("messages", "message_echoes", "statuses") if isinstance(value.get(part), list)]
    if not parts:
        yield _row(change, ("", False), about)
    number = text_in(value.get("metadata"), "display_phone_number")
    for part in parts:
        for payload in sdk.items(change, "value", part):
            each = _said(payload)
            contact = _contact(objects_in(value, "contacts"), each)
            beside = {"part": part, "number": number, "contact": contact}
            yield _row(
                payload, _written(part, each), {**about, **{name: text for name, text in beside.items() if text}}
            )


def _row(payload: bytes, named: Named, about: Mapping[str, str]) -> sdk.Row:
    key, gone = named
    said = _said(payload)
    inner = said.get("value")
    timed = inner if isinstance(inner, dict) and "timestamp" in inner else said
    at = moment(timed.get("timestamp")) or (sdk.instant(about["at"]) if "at" in about else None)
    version = f"{at:%Y-%m-%dT%H:%M:%S.%f}" if at else None
    if not 0 < len(key) <= _LONGEST_KEY:
        key, gone = content_key(payload, None, "other"), False
    return sdk.Row(key, b"" if gone else payload, dict(about), version, gone)


def _conversed(said: dict[str, Any]) -> Named:
    """What names a part of a conversation in Messenger or on Instagram. What its writer has taken back is gone."""
    who, at = _id(said.get("sender"), "id"), _id(said, "timestamp")
    for name in ("message", "message_edit", "postback"):
        if mid := text_in(said.get(name), "mid"):
            return mid, said[name].get("is_deleted") is True
    if mid := text_in(said.get("reaction"), "mid"):
        return f"reaction/{mid}/{who}", text_in(said["reaction"], "action") == "unreact"
    for name in ("read", "delivery", "postback"):
        if isinstance(held := said.get(name), dict):
            return f"{name}/{who}/{_id(held, 'watermark') or _id(held, 'mid') or at}", False
    return "", False


def _changed(field: str, value: dict[str, Any]) -> Named:
    """What names a change at a Page or an Instagram account."""
    if field == "leadgen":
        return _joined("lead", _id(value, "leadgen_id")), False
    if field in ("comments", "live_comments"):
        return _joined("comment", _id(value, "id")), False
    item, verb = text_in(value, "item"), text_in(value, "verb")
    if field not in ("feed", "mention", "ratings") or verb not in _WRITTEN:
        return "", False
    post, comment = _id(value, "post_id"), _id(value, "comment_id")
    if item in ("reaction", "like"):
        who = _id(value.get("from"), "id")
        return _joined("reaction", comment or post, who) if who else "", verb == "remove"
    if item == "rating":
        return _joined("rating", _id(value, "open_graph_story_id")), verb == "remove"
    what = "mention" if field == "mention" else "comment" if comment else "post"
    return _joined(what, comment or post), verb == "remove"


def _written(part: str, said: dict[str, Any]) -> Named:
    """What names a message of WhatsApp, or its status. An edit stands in the place of what it edits."""
    wamid = text_in(said, "id")
    if part == "statuses":
        return _joined(wamid, text_in(said, "status")), False
    if mid := text_in(said.get("reaction"), "message_id"):
        who = text_in(said, "from") or text_in(said, "from_user_id")
        return f"reaction/{mid}/{who}", not text_in(said["reaction"], "emoji")
    for name in ("edit", "revoke"):
        if mid := text_in(said.get(name), "original_message_id"):
            return mid, name == "revoke"
    return wamid, False


def _contact(contacts: list[dict[str, Any]], said: dict[str, Any]) -> str:
    """What a delivery tells of the person a message is from or to, as JSON; empty when it tells nothing."""
    named = {text_in(said, f"{way}{kind}") for way in ("from", "to", "recipient") for kind in ("", "_id", "_user_id")}
    named -= {""}
    found = [each for each in contacts if named & {text_in(each, "wa_id"), text_in(each, "user_id")}]
    chosen = found or (contacts if len(contacts) == 1 else [])
    return json.dumps(chosen[0]) if chosen else ""


def _said(payload: bytes) -> dict[str, Any]:
    """What is told, or nothing where it is no object: it is kept then too."""
    try:
        return object_of(payload)
    except sdk.RowUnreadable:
        return {}


def _joined(*names: str) -> str:
    return "/".join(names) if all(names) else ""


def _id(said: object, name: str) -> str:
    """An id or a time, which stands as a number or as a text."""
    found = said.get(name) if isinstance(said, dict) else None
    return str(found) if isinstance(found, int) and not isinstance(found, bool) else text_in(said, name)
