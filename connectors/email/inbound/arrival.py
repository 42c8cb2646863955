"""A mail as somebody hands it over; and one made of fields, where they do not keep the mail as it came."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from python_multipart.multipart import parse_options_header

from connectors.email import header
from connectors.parts import multipart, urlencoded

MOST_PARTS = 2000
"""Of one posted mail. Mailgun posts a field for each of its header fields, and a part for each attachment."""
_NAME = re.compile(r"[!-9;-~]+")
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+")
_BREAK = re.compile(r"[\r\n]+[ \t]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One mail that was received."""

    mail: bytes
    whole: bool = True
    """Whether it is the mail as it came; else it is made of what is told of it."""
    recipients: tuple[str, ...] = ()
    """Where it was received: addresses of ours, whomever its header names."""
    verdict: Mapping[str, Any] = field(default_factory=dict)
    """What the vendor holds of it: properties."""
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class File:
    """An attachment that came apart from its mail."""

    name: str
    type: str
    content: bytes


class Posted:
    """The fields and files of a posted form, as bytes. Raises ``RowUnreadable`` for what is no form."""

    def __init__(self, body: bytes, content_type: str) -> None:
        kind, options = parse_options_header(content_type)
        if kind == b"multipart/form-data":
            parts = multipart(body, options.get(b"boundary", b""), MOST_PARTS)
        else:
            parts = urlencoded(body, MOST_PARTS)
        self._parts = parts
        self._fields: dict[str, list[bytes]] = {}
        for part in parts:
            if part.file is None:
                self._fields.setdefault(part.name.decode("latin-1"), []).append(part.content)

    @property
    def files(self) -> list[File]:
        """What was posted with a file name."""
        return [
            File(header.decode(part.file), part.type, part.content)
            for part in self._parts
            if part.file is not None and (part.file or part.content)
        ]

    def content(self, name: str) -> bytes | None:
        """The first part of a name as it came, a field or a file; None when there is none."""
        return next((part.content for part in self._parts if part.name.decode("latin-1") == name), None)

    def text(self, name: str, charset: str = "") -> str:
        """The fields of a name, one below the other; empty when there is none."""
        return "\n".join(header.decode(each, charset) for each in self._fields.get(name, ()))


def made(fields: Iterable[tuple[str, str]], plain: str, html: str, files: Sequence[File]) -> bytes:
    """A mail of a header, texts and attachments. The same parts give the same mail, byte for byte."""
    head = [
        f"{name}: {_BREAK.sub(' ', value)}".encode("utf-8", "surrogateescape")
        for name, value in fields
        if _NAME.fullmatch(name) and not name.lower().startswith("content-")
    ]
    parts = [_text_part(kind, text) for kind, text in (("plain", plain), ("html", html)) if text]
    parts += [_file_part(file) for file in files]
    boundary = hashlib.sha256(b"\n".join([*head, *parts])).hexdigest().encode()
    head.append(b'Content-Type: multipart/mixed; boundary="%s"' % boundary)
    opening = b"\n--" + boundary
    return b"\n".join(head) + b"\n" + b"".join(opening + b"\n" + part for part in parts) + opening + b"--\n"


def _text_part(kind: str, text: str) -> bytes:
    return f"Content-Type: text/{kind}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n".encode() + text.encode()


def _file_part(file: File) -> bytes:
    kind = file.type.partition(";")[0].strip().lower()
    kind = kind if _TYPE.fullmatch(kind) else "application/octet-stream"
    named = f"Content-Type: {kind}\nContent-Disposition: attachment; filename*=utf-8''{quote(file.name, safe='')}\n"
    if kind.startswith("message/"):  # a mail within a mail is never encoded (RFC 2046, section 5.2.1)
        return named.encode() + b"\n" + file.content
    return named.encode() + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(file.content)


def address(name: str, address_: str) -> str:
    """A mailbox as a header names it."""
    if not name:
        return address_
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{address_}>'
