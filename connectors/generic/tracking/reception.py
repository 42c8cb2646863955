"""How messages come: by the paths, keys and limits of Segment's HTTP interface, each a row as it was written."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence

import orjson

from connectors.generic.tracking.message import TYPES
from connectors.slices import elements, members
from hub import sdk

SHORT = {name[0]: name for name in (*TYPES, "batch")}
"""As browsers call them: ``/v1/t`` is a track."""
BATCHES = ("batch", "import")
WITHIN = 600
"""Seconds in which the same content is the same message, when it carries neither an id nor a time."""
LONGEST_KEY = 100
"""Characters of a messageId; the digest of a longer one stands for it."""
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


def known(given: Sequence[str], keys: Sequence[str]) -> bool:
    """Whether one of the keys is one of the source's; compared in constant time, all of them."""
    pairs = [(one.encode(), key.encode()) for one in given for key in keys if one and key]
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
        said = members(content.decode("utf-8-sig"))
        messages = elements(said.get("batch", "")) if several else []
    except ValueError:
        if not known(header, keys):
            raise _stranger() from None
        kept = _row(content, {**envelope, "unreadable": "yes"}, delivery)
        raise Refused(400, "The body is not JSON of the form that is expected here.", [kept]) from None
    if not known([*header, _word(said.get("writeKey")), *_keys_within(messages)], keys):
        raise _stranger()
    if not several:
        return [_row(content, {**envelope, "type": call}, delivery)]
    shared = {**envelope, **_shared(said)}
    return [_row(message.encode("utf-8", "surrogatepass"), shared, delivery) for message in messages]


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


def _keys_within(messages: Sequence[str]) -> Iterator[str]:
    """The key of the first message: browsers write it into each, and not beside them."""
    for message in messages[:1]:
        try:
            yield _word(members(message).get("writeKey"))
        except ValueError:
            return


def _shared(said: Mapping[str, str]) -> dict[str, str]:
    """What a batch says of all its messages."""
    told = {name: said[name] for name in ("context", "integrations") if said.get(name, "").startswith("{")}
    sent = _word(said.get("sentAt"))
    return {**told, "sent-at": sent} if sent else told


def _row(payload: bytes, envelope: Mapping[str, str], delivery: sdk.Delivery) -> sdk.Row:
    return sdk.Row(_key(payload, delivery), payload, envelope)


def _key(payload: bytes, delivery: sdk.Delivery) -> str:
    """The message's own id; else its content, and where that has no time the ten minutes it came in."""
    try:
        said = orjson.loads(payload)
    except orjson.JSONDecodeError:
        said = None
    if not isinstance(said, dict):
        return f"unreadable/{hashlib.sha256(payload).hexdigest()}"
    named = said.get("messageId") or said.get("message_id")
    if isinstance(named, str | int) and named is not True:
        return (
            str(named) if len(str(named)) <= LONGEST_KEY else f"long/{hashlib.sha256(str(named).encode()).hexdigest()}"
        )
    kept = {name: value for name, value in said.items() if name not in _VOLATILE}
    timed = said.get("timestamp") or said.get("originalTimestamp")
    window = None if timed else int(delivery.received_at.timestamp()) // WITHIN
    content = orjson.dumps([kept, delivery.rest, window], option=orjson.OPT_SORT_KEYS)
    return f"content/{hashlib.sha256(content).hexdigest()}"


def _word(written: str | None) -> str:
    """A member that is a text."""
    value = orjson.loads(written) if written and written.startswith('"') else ""
    return str(value)
