"""What a vendor tells of one mail, read by a table that says where the vendor has what."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from connectors.email import header
from connectors.email.header import Address
from connectors.members import at, object_of
from hub import sdk

_MILLISECONDS = 100_000_000_000
"""A time above it counts milliseconds: in seconds it is the year 5138."""
_DIGITS = re.compile(r"\d{1,13}(?:\.\d+)?")
_OF_ALL = ("queued", "sent")
"""What is true of everybody a mail is addressed to; all else is true of one of them."""
_SNS_IS_SET_UP = "Successfully validated SNS topic"
_SIGNED, _TAGS = ("timestamp", "token", "signature"), ("tag", "X-Mailgun-Tag")
_METADATA = ("x-metadata", "x-mailgun-variables")


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What became of one mail for one recipient, in words that all vendors share."""

    word: str
    """queued sent delivered deferred bounced rejected failed opened clicked complained unsubscribed subscribed
    autoresponded; unknown: it says nothing about a customer."""
    mark: str = ""
    """hard or soft of what bounced, held of what was queued, machine of what no person did; else empty."""
    at: datetime | None = None
    id: str = ""
    message_id: str = ""
    """By what the vendor knows the mail: an id of its own, else the mail's."""
    mail_id: str = ""
    """The mail's own Message-ID in angle brackets, where the vendor tells it."""
    recipient: str = ""
    among: tuple[Address, ...] = ()
    """Whom the mail went to, where the vendor does not tell which of them it means."""
    reject_reason: str = ""
    """invalid bounced timed_out blocked spam unsubscribed other."""
    description: str = ""
    response: str = ""
    """What the recipient's server answered."""
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    user_agent: str = ""
    url: str = ""
    subject: str = ""
    list: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Where one form of a vendor's notices has what.

    A path leads into the JSON with dots; of several with ``|`` between them the first that holds something counts,
    ``a&b`` joins two, ``^a`` looks outside of ``inside``.
    """

    inside: str = ""
    """Where the notice is, else the row is one; a row without it has another form."""
    word: tuple[str, ...]
    """The members that say what happened, from the general to the particular."""
    words: Mapping[str, str]
    """By the members' values, as many as matter with ``/`` between them: ``word``, ``word:reason`` or
    ``word:reason:mark`` of a ``Notice``."""
    instead: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Other paths, by the first member of ``word``."""
    reason: str = ""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Patterns of what stands at ``reason``; the first that is found in it counts."""
    hard: str = ""
    machine: str = ""
    key: tuple[str, ...]
    """What a notice is known by: the vendor's own id, else the members that tell it from others."""
    id: str = ""
    at: str
    message_id: str = ""
    mail_id: str = ""
    made_id: Callable[[Callable[[str], str]], str] | None = None
    """The Message-ID that the vendor gives mail, of what stands at paths; empty when it cannot be told."""
    recipient: str = ""
    recipients: str = ""
    """A list of those it is true of, each an address or ``{emailAddress, diagnosticCode}``."""
    addressed: str = ""
    """A list of all whom the mail was addressed to."""
    description: str = ""
    response: str = ""
    tags: str = ""
    metadata: str = ""
    own: frozenset[str] = frozenset()
    """The vendor's own members, where the sender's metadata stand among them."""
    posted: bool = False
    """A form: a member of the sender's that has a name of the vendor's is there twice."""
    headers: str = ""
    """The mail's own header, which may have tags, metadata and a Message-ID."""
    user_agent: str = ""
    url: str = ""
    subject: str = ""
    list: str = ""


class _Said:
    """The members of a notice, and what stands around it."""

    def __init__(self, inner: Mapping[str, Any], outer: Mapping[str, Any]) -> None:
        self.inner = inner
        self.outer = outer

    def value(self, path: str) -> Any:
        for one in path.split("|") if path else ():
            held = at(self.outer, one[1:]) if one.startswith("^") else at(self.inner, one)
            if held not in (None, "", [], {}):
                return held
        return None

    def text(self, path: str) -> str:
        if "&" in path:
            return ": ".join(filter(None, map(self.text, path.split("&"))))
        return _text(self.value(path))


def key(tables: Sequence[Table], outer: Mapping[str, Any]) -> str:
    """By what the vendor knows a notice; empty where nothing says it. Raises ``RowUnreadable``."""
    table, said = _form(tables, outer)
    parts = [said.text(path) for path in table.key]
    return "/".join(parts) if parts[0] else ""


def notices(tables: Sequence[Table], outer: Mapping[str, Any]) -> Iterator[Notice]:
    """One notice for each recipient. Raises ``RowUnreadable`` for what the tables do not know."""
    if str(outer.get("Message", "")).startswith(_SNS_IS_SET_UP) or outer.get("msys") == {}:
        return  # Amazon and SparkPost try an address by something that tells nothing
    table, said = _form(tables, outer)
    words = [said.text(path) for path in table.word]
    word, reason, mark = _meaning(table, words)
    table = replace(table, **table.instead.get(words[0], {}))  # type: ignore[arg-type]
    if table.hard and word == "bounced":
        mark = mark or {"true": "hard", "false": "soft"}.get(said.text(table.hard), "")
    if said.text(table.machine) not in ("", "false", "none"):
        mark = "machine"
    of_mail = dict(_of_header(said.value(table.headers)))
    made_id = table.made_id(said.text) if table.made_id else ""
    mail_id = said.text(table.mail_id) or made_id or of_mail.get("message_id", "")
    mail_id = f"<{mail_id.strip().strip('<>')}>" if mail_id else ""
    common = Notice(
        word=word,
        mark=mark,
        at=_instant(said.value(table.at)),
        id=said.text(table.id),
        message_id=said.text(table.message_id) or mail_id,
        mail_id=mail_id,
        reject_reason=reason or _reason(table, said.text(table.reason)),
        description=said.text(table.description),
        response=said.text(table.response),
        tags=_tags(said.value(table.tags)) or of_mail.get("tags", ()),
        metadata=_metadata(table, said) or of_mail.get("metadata", {}),
        user_agent=said.text(table.user_agent),
        url=said.text(table.url),
        subject=said.text(table.subject),
        list=said.text(table.list),
    )
    yield from _for_each(common, table, said)


def _form(tables: Sequence[Table], outer: Mapping[str, Any]) -> tuple[Table, _Said]:
    for table in tables:
        held = _Said(outer, outer).value(table.inside) if table.inside else outer
        if isinstance(held, str):
            try:
                held = object_of(held.encode("utf-8", "replace"))
            except sdk.RowUnreadable as problem:
                raise sdk.RowUnreadable(problem.message.replace("the line", table.inside), path=table.inside) from None
        if isinstance(held, Mapping):
            return table, _Said(_vendors(held) if table.posted else held, outer)
    missing = tables[-1].inside.partition("|")[0]
    raise sdk.RowUnreadable(f"there is no {missing} in it", path=missing)


def _vendors(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """A form without the sender's own fields of the same names: they come after, but before a signature."""
    return {
        name: value[-1 if name in _SIGNED else 0] if _is_there_twice(name, value) else value
        for name, value in fields.items()
    }


def _senders(fields: Mapping[str, Any], own: frozenset[str]) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if _is_there_twice(name, value):
            yield name, value[0 if name in _SIGNED else -1]
        elif name not in own and name[:1] != "@":
            yield name, value


def _is_there_twice(name: str, value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and name not in _TAGS


def _meaning(table: Table, words: Sequence[str]) -> tuple[str, str, str]:
    for many in range(len(words), 0, -1):
        if (meaning := table.words.get("/".join(words[:many]))) is not None:
            word, reason, mark = (*meaning.split(":"), "", "")[:3]
            return word, reason, mark
    if not words[0]:
        raise sdk.RowUnreadable("it does not say what happened", path=table.word[0])
    raise sdk.RowUnreadable(f"{words[0][:60]!r} is nothing that this vendor is known to tell", path=table.word[0])


def _reason(table: Table, said: str) -> str:
    return next((reason for pattern, reason in table.reasons.items() if said and re.search(pattern, said)), "")


def _for_each(common: Notice, table: Table, said: _Said) -> Iterator[Notice]:
    for one in _listed(said.value(table.recipients)):
        answered = _text(one.get("diagnosticCode")) if isinstance(one, Mapping) else ""
        address = _text(one.get("emailAddress")) if isinstance(one, Mapping) else _text(one)
        yield replace(common, recipient=_address(address), response=answered or common.response)
    if said.value(table.recipients):
        return
    if recipient := said.text(table.recipient):
        yield replace(common, recipient=_address(recipient))
        return
    among = tuple(each for one in _listed(said.value(table.addressed)) for each in header.addresses(_text(one)))
    if among and (len(among) == 1 or common.word in _OF_ALL):
        for each in among:
            yield replace(common, recipient=each.address)
    else:
        yield replace(common, among=among)


def _address(text: str) -> str:
    found = header.addresses(text)
    return found[0].address if found else text.strip()


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return header.clean(str(value)) if isinstance(value, str | int | float | Decimal) else ""


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _instant(value: Any) -> datetime | None:
    """A time as vendors write it: seconds or milliseconds since 1970, or ISO 8601, which is UTC without an offset."""
    text = _text(value).strip()
    try:
        if _DIGITS.fullmatch(text):
            seconds = Decimal(text)
            return datetime.fromtimestamp(float(seconds / 1000 if seconds > _MILLISECONDS else seconds), UTC)
        return sdk.instant(text)
    except (sdk.RowUnreadable, ValueError, OverflowError, OSError):
        return None


def _decoded(value: Any) -> Any:
    """JSON that stands inside a text; another text as it is."""
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _tags(value: Any) -> tuple[str, ...]:
    return tuple(filter(None, map(_text, _listed(_decoded(value)))))


def _metadata(table: Table, said: _Said) -> Mapping[str, Any]:
    """What the sender gave the mail along. ``anymail_id`` is the mail's id, which django-anymail adds."""
    if table.posted:
        return dict(_senders(said.outer, table.own))
    if table.own:
        return {name: value for name, value in said.inner.items() if name not in table.own and name[:1] != "@"}
    held = _decoded(said.value(table.metadata))
    return {name: value for name, value in held.items() if name != "anymail_id"} if isinstance(held, Mapping) else {}


def _of_header(lines: Any) -> Iterator[tuple[str, Any]]:
    """Tags, metadata and Message-ID of a mail's header, a list of pairs or of objects."""
    tags: list[str] = []
    for line in _listed(_decoded(lines)):
        if isinstance(line, Mapping):
            line = [line.get("name"), line.get("value")]
        if not isinstance(line, list) or len(line) != 2:
            continue
        name, value = _text(line[0]).lower(), line[1]
        if name in ("x-tag", "x-tags"):
            tags += _tags(value)
        elif name in _METADATA and isinstance(held := _decoded(value), Mapping):
            yield "metadata", held
        elif name == "message-id":
            yield "message_id", _text(value)
    yield "tags", tuple(tags)
