"""How messages come: by the paths, keys and limits of Segment's HTTP interface, each a row as it was written."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence

from connectors.generic.tracking.message import TYPES
from connectors.members import object_of
from connectors.objects import Object
from hub import sdk

SHORT = {name[0]: name for name in (*TYPES, "batch")}
"""As browsers call them: ``/v1/t`` is a track."""
BATCHES = ("batch", "import")
WITHIN = 600
"""Seconds in which the same content is the same message, when it carries neither an id nor a time."""
LONGEST_KEY = 100
"""Characters of a messageId; the digest of a longer one stands for it."""
_MARK = b"\xef\xbb\xbf"
"""What some editors write before UTF-8."""
_VOLATILE = frozenset({"sentAt", "writeKey", "receivedAt", "_metadata"})


class Refused(Exception):
    """The request is answered with a status and a sentence; its content is kept where ``rows`` says so."""

    def __init__(self, status: int, sentence: str, rows: Sequence[sdk.Row] = ()) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.rows = rows


def presented(delivery: sdk.Delivery) -> list[str]:
    """The write keys in the header: the name of Basic, or a bearer token."""
    scheme, _, value = delivery.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return [value.strip()]
    if scheme.lower() != "basic":
        return []
    try:
        return [base64.b64decode(value.strip(), validate=True).decode().partition(":")[0]]
    except (binascii.Error, ValueError):
        return []


def known(given: Sequence[object], keys: Sequence[str]) -> bool:
    """Whether one of the keys is one of the source's; compared in constant time, all of them."""
    pairs = [(_bytes(one), _bytes(key)) for one in given if isinstance(one, str) for key in keys if one and key]
    return sum(hmac.compare_digest(one, key) for one, key in pairs) > 0


def rows(delivery: sdk.Delivery, call: str, keys: Sequence[str], largest: int, most: int) -> list[sdk.Row]:
    """The messages of a call (``track``, ``batch`` ...). Raises ``Refused``.

    ``largest``: bytes of a message that comes alone; ``most``: of a batch.
    """
    several = call in BATCHES
    content = _content(delivery, most if several else largest)
    envelope = {"received-at": delivery.received_at.isoformat()}
    header = presented(delivery)
    try:
        said = object_of(content.removeprefix(_MARK))
        messages = sdk.items(content, "batch") if several else []
    except (sdk.RowUnreadable, sdk.SourceFailed):
        if not known(header, keys):
            raise _stranger() from None
        kept = _row(content, envelope, delivery)
        raise Refused(400, "The body is not JSON of the form that is expected here.", [kept]) from None
    if not known([*header, said.get("writeKey"), *_keys_within(said.get("batch"))], keys):
        raise _stranger()
    if not several:
        return [_row(content, {**envelope, "type": call}, delivery)]
    shared = {**envelope, **_shared(said)}
    return [_row(message, shared, delivery) for message in messages]


def answer(status: int, content: Mapping[str, object], cross_origin: Mapping[str, str]) -> sdk.Reply:
    """JSON in Segment's shape."""
    return sdk.Reply(
        status,
        json.dumps(content).encode(),
        {"content-type": "application/json", "cache-control": "no-store", **cross_origin},
    )


def refusal(problem: Refused, cross_origin: Mapping[str, str]) -> sdk.Reply:
    """What a library is told: its log shows code and message."""
    code = {401: "unauthorized", 404: "not_found", 405: "method_not_allowed"}.get(problem.status, "invalid_request")
    return answer(problem.status, {"success": False, "code": code, "message": problem.sentence}, cross_origin)


def project(delivery: sdk.Delivery, key: str) -> dict[str, object]:
    """What analytics.js asks before it sends: where to, and that there is nothing else to load."""
    scheme, _, rest = delivery.url.partition("://")
    about = {"apiKey": key, "apiHost": rest.partition("/projects/")[0], "protocol": scheme, "unbundledIntegrations": []}
    return {
        "integrations": {"Segment.io": {**about, "addBundledMetadata": True, "versionSettings": {"version": "4.4.7"}}},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}, "identify": {}, "group": {}},
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


def _stranger() -> Refused:
    return Refused(401, "The write key is none of this source's.")


def _content(delivery: sdk.Delivery, limit: int) -> bytes:
    sentence = f"The body is larger than the {limit:,} bytes that are taken here."
    try:
        content = delivery.content(limit)
    except sdk.InputWrong as problem:
        raise Refused(400, problem.message) from None
    if len(content) > limit:
        raise Refused(400, sentence)
    return content


def _keys_within(messages: object) -> list[object]:
    """The key of the first message: browsers write it into each, and not beside them."""
    first = messages[0] if isinstance(messages, list) and messages else None
    return [first.get("writeKey")] if isinstance(first, dict) else []


def _shared(said: Object) -> dict[str, str]:
    """What a batch says of all its messages."""
    told = {name: json.dumps(said[name]) for name in ("context", "integrations") if isinstance(said.get(name), dict)}
    sent = said.get("sentAt")
    return {**told, "sent-at": sent} if isinstance(sent, str) else told


def _row(payload: bytes, envelope: Mapping[str, str], delivery: sdk.Delivery) -> sdk.Row:
    return sdk.Row(_key(payload, delivery), payload, envelope)


def _key(payload: bytes, delivery: sdk.Delivery) -> str:
    """The message's own id; else its content, and where that has no time the ten minutes it came in."""
    try:
        said = object_of(payload)
    except sdk.RowUnreadable:
        return f"unreadable/{hashlib.sha256(payload).hexdigest()}"
    named = said.get("messageId") or said.get("message_id")
    if isinstance(named, str | int) and named is not True:
        return str(named) if len(str(named)) <= LONGEST_KEY else f"long/{_digest(str(named))}"
    kept = {name: value for name, value in said.items() if name not in _VOLATILE}
    timed = said.get("timestamp") or said.get("originalTimestamp")
    window = None if timed else int(delivery.received_at.timestamp()) // WITHIN
    return f"content/{_digest(json.dumps([kept, delivery.rest, window], sort_keys=True, default=str))}"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _digest(text: str) -> str:
    return hashlib.sha256(_bytes(text)).hexdigest()
