"""One mail, parsed. The parser is the standard library's, in the mode that never refuses a message."""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.policy import Compat32
from functools import cached_property
from typing import Any

from connectors.email import header
from connectors.email.header import Address
from connectors.email.markup import html_to_text
from connectors.email.mbox import with_lf

_FIELD = re.compile(rb"(?:From |>From |[!-9;-~]+[ \t]*:)")
_MAX_PARTS = 1000


class _AsReceived(Compat32):
    """Header fields as the bytes that came (surrogates for 8-bit), so that we decode them ourselves."""

    def header_fetch_parse(self, name: str, value: str) -> str:
        # the library itself reads the fields about content, and stumbles over charsets that are no text
        return header.plain(value) if name.lower().startswith("content-") else value


_POLICY: Any = _AsReceived()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail, described and not kept. Size and digest are of the decoded content."""

    name: str
    type: str
    size: int
    sha256: str


class Mail:
    """One mail. All attributes are text that any database takes; nothing raises on broken input."""

    def __init__(self, raw: bytes, *, headers_only: bool = False) -> None:
        raw = with_lf(raw)  # or the size of an attached text would depend on where the mail lay
        self.message: Message = _parsed(raw, headers_only)
        self._raw = raw
        self.readable = bool(_FIELD.match(raw)) and bool(self.message.keys())

    def raw_field(self, name: str) -> str:
        """The first field of that name, undecoded, or empty."""
        return str(self.message.get(name, ""))

    def field(self, name: str) -> str:
        """The first field of that name as people read it, or empty."""
        return header.text_of(self.raw_field(name))

    def lines(self, start: bytes) -> list[str]:
        """What follows ``start`` (a pattern) on each line of the mail that begins so, wherever it stands."""
        found = re.finditer(rb"^" + start + rb"(.*)$", self._raw, re.IGNORECASE | re.MULTILINE)
        return [header.decode(match[1]).strip() for match in found]

    def addresses(self, *names: str) -> list[Address]:
        """The mailboxes of all fields of those names, each address once."""
        values = [str(value) for name in names for value in self.message.get_all(name, [])]
        found = [one for value in values for one in header.addresses(value)]
        return list({one.address.lower(): one for one in reversed(found)}.values())[::-1]

    @cached_property
    def id(self) -> str:
        """The Message-ID without ``<>``, or empty."""
        return header.own_id(self.raw_field("message-id"))

    @cached_property
    def in_reply_to(self) -> str:
        """The id of the mail this one answers, or empty."""
        return next(iter(header.message_ids(self.raw_field("in-reply-to"))), "")

    @cached_property
    def references(self) -> list[str]:
        """The ids of the mails before this one in its thread, oldest first."""
        return header.message_ids(self.raw_field("references"))

    def occurred_at(self, from_line: str = "") -> datetime | None:
        """When it was sent: Date, else the newest Received, else the mbox line.

        Nothing is received before it is sent: a Date more than a day after the newest Received is not believed.
        """
        dates = (header.date(str(value)) for value in self.message.get_all("date", []))
        sent = next((date for date in dates if date), None)
        hops = (header.date(str(value).rpartition(";")[2]) for value in self.message.get_all("received", []))
        received = next((date for date in hops if date), None)
        if sent and received and sent > received + timedelta(days=1):
            return received
        return sent or received or header.from_line_date(from_line)

    def parts(self) -> Iterator[Message]:
        """The leaves of the mail in order; an enclosed mail is a leaf."""
        waiting, seen = [self.message], 0
        while waiting and seen < _MAX_PARTS:
            part = waiting.pop(0)
            seen += 1
            payload = part.get_payload() if part.is_multipart() else None
            if isinstance(payload, list) and part.get_content_maintype() != "message":
                waiting[:0] = [inner for inner in payload if isinstance(inner, Message)]
            else:
                yield part

    @cached_property
    def _bodies(self) -> tuple[list[Message], list[Message]]:
        """The inline text parts: plain ones and HTML ones."""
        plain, html = [], []
        for part in self.parts():
            if part.get_content_disposition() != "attachment" and not file_name(part):
                kind = part.get_content_type()
                if kind == "text/plain" or kind.startswith("multipart/"):  # a multipart leaf has lost its boundary
                    plain.append(part)
                elif kind == "text/html":
                    html.append(part)
        return plain, html

    @cached_property
    def body(self) -> str:
        """The text a person reads: the plain parts, or where they are empty the HTML ones."""
        plain, html = self._bodies
        text = "\n".join(part_text(part) for part in plain)
        if not text.strip():
            text = "\n".join(html_to_text(part_text(part)) for part in html)
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def attachments(self) -> list[Attachment]:
        """Every part that is not the text of the mail."""
        bodies = {id(part) for kind in self._bodies for part in kind}
        return [_described(part) for part in self.parts() if id(part) not in bodies and not _is_container(part)]


def _parsed(raw: bytes, headers_only: bool) -> Message:
    if not headers_only:
        with contextlib.suppress(RecursionError):  # parts within parts, hundreds deep: read what stands above them
            whole: Message = BytesParser(policy=_POLICY).parsebytes(raw)
            return whole
    end = raw.find(b"\n\n")  # the parser would read on to the end of the mail
    head: Message = BytesHeaderParser(policy=_POLICY).parsebytes(raw[: end + 2] if end >= 0 else raw)
    return head


def _is_container(part: Message) -> bool:
    return part.get_content_maintype() == "multipart"


def part_bytes(part: Message) -> bytes:
    """The decoded content of a part; of an enclosed mail its own bytes."""
    payload = part.get_payload()
    if isinstance(payload, list):
        try:
            return b"".join(inner.as_bytes() for inner in payload if isinstance(inner, Message))
        except (AttributeError, KeyError, LookupError, TypeError, ValueError):  # cannot be written again as it was
            return b""
    try:
        decoded = part.get_payload(decode=True)
    except (AttributeError, LookupError, TypeError, ValueError):
        decoded = None
    return decoded if isinstance(decoded, bytes) else str(payload).encode("utf-8", "surrogateescape")


def part_text(part: Message) -> str:
    """The decoded text of a part, in whatever charset it really is."""
    return header.decode(part_bytes(part), _parameter(part, "charset"))


def file_name(part: Message) -> str:
    """The file name a part gives itself, or empty."""
    try:
        return header.text_of(part.get_filename() or "")
    except (AttributeError, LookupError, TypeError, ValueError):
        return ""


def _parameter(part: Message, name: str) -> str:
    try:
        value = part.get_param(name) or ""
    except (AttributeError, LookupError, TypeError, ValueError):
        return ""
    return value[2] if isinstance(value, tuple) else value


def _described(part: Message) -> Attachment:
    content = part_bytes(part)
    return Attachment(file_name(part), part.get_content_type(), len(content), hashlib.sha256(content).hexdigest())
