"""Reading what a form posts: urlencoded, multipart or JSON becomes pairs of field and text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from hub import sdk

MAX_FIELDS = 200
MAX_DEPTH = 5
"""How deep JSON objects may be nested."""
_CHARSETS = re.compile(r"utf-?8|us-ascii|iso-8859-\d+|windows-125\d|koi8-[ru]|shift_jis|euc-\w+|gbk|gb18030|big5")


class TypeUnknown(sdk.RowUnreadable):
    """The content type is none that forms are posted in."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one submission in their order, and its files, described only."""

    fields: list[tuple[str, str]]
    files: list[dict[str, Any]] = field(default_factory=list)

    def first(self, name: str) -> str:
        """The first text of a field, without surrounding blanks; empty when it is not there."""
        return next((value.strip() for key, value in self.fields if key == name), "")


def read(body: bytes, content_type: str) -> Form:
    """The fields of a posted body. Raises ``RowUnreadable`` with a sentence the sender can act on."""
    name, options = parse_options_header(content_type)
    kind = name.decode("latin-1").lower()
    if not kind:
        kind = "application/json" if body.lstrip()[:1] == b"{" else "application/x-www-form-urlencoded"
    if kind == "application/x-www-form-urlencoded":
        form = Form(_urlencoded(body, options.get(b"charset", b"").decode("latin-1")))
    elif kind == "multipart/form-data":
        form = _multipart(body, options.get(b"boundary", b""))
    elif kind in ("application/json", "text/plain") or kind.endswith("+json"):
        form = Form(list(_flat(_json(body))))
    else:
        raise TypeUnknown(f"a form cannot be posted as {kind!r}; use urlencoded, multipart or JSON")
    if len(form.fields) + len(form.files) > MAX_FIELDS:
        raise sdk.RowUnreadable(f"the form has more than {MAX_FIELDS} fields")
    return Form([(_clean(key), _clean(value)) for key, value in form.fields], form.files)


def _urlencoded(body: bytes, charset: str) -> list[tuple[str, str]]:
    if body.count(b"&") >= MAX_FIELDS:
        raise sdk.RowUnreadable(f"the form has more than {MAX_FIELDS} fields")
    escaped = re.sub(rb"[\x80-\xff]", lambda byte: b"%%%02X" % byte[0][0], body).decode("ascii")
    pairs = parse_qsl(escaped, keep_blank_values=True, encoding="latin-1")  # a letter for each byte
    return [(_text(key.encode("latin-1"), charset), _text(value.encode("latin-1"), charset)) for key, value in pairs]


def _text(data: bytes, charset: str = "") -> str:
    """In the declared charset, else UTF-8, else Windows-1252, which pages without a charset are posted in."""
    declared = [charset] if _CHARSETS.fullmatch(charset.lower()) else []
    for encoding in (*declared, "utf-8", "windows-1252"):
        try:
            return data.decode(encoding)
        except (UnicodeError, LookupError):
            continue
    return data.decode(errors="replace")


def _json(body: bytes) -> dict[str, Any]:
    try:
        # Numbers stay as they are written: a float would lose the digits of a customer number.
        found = json.loads(body, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise sdk.RowUnreadable("the body is not JSON") from None
    if not isinstance(found, dict):
        raise sdk.RowUnreadable("the JSON is no object of fields")
    return found


def _flat(value: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """``{"utm": {"source": "x"}}`` is the field ``utm.source``; a list gives one field several times."""
    if depth > MAX_DEPTH:
        raise sdk.RowUnreadable(f"the JSON is nested more than {MAX_DEPTH} deep")
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else key, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _flat(inner, name, depth + 1)
    elif value is not None:
        yield name, str(value).lower() if isinstance(value, bool) else value


def _clean(text: str) -> str:
    """Text that any database takes: no zero characters, no halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _multipart(body: bytes, boundary: bytes) -> Form:
    if not boundary:
        raise sdk.RowUnreadable("the multipart body names no boundary")
    parts = _Parts()
    try:
        parser = MultipartParser(boundary, callbacks=parts.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise sdk.RowUnreadable("the multipart body is broken") from None
    if not parts.complete:
        raise sdk.RowUnreadable("the multipart body ends in the middle")
    return Form(parts.fields, parts.files)


class _Parts:
    """Gathers the parts of a multipart body from the parser's callbacks."""

    def __init__(self) -> None:
        self.fields: list[tuple[str, str]] = []
        self.files: list[dict[str, Any]] = []
        self.complete = False
        self._begin()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._add,
            "on_part_end": self._end,
            "on_end": self._done,
        }

    def _begin(self) -> None:
        self._headers: dict[bytes, bytes] = {}
        self._name = self._value = b""
        self._data = bytearray()

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _add(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def _end(self) -> None:
        if len(self.fields) + len(self.files) >= MAX_FIELDS:
            raise sdk.RowUnreadable(f"the form has more than {MAX_FIELDS} fields")
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = _text(options.get(b"name", b""))
        data = bytes(self._data)
        if b"filename" not in options:
            self.fields.append((name, _text(data)))
        elif options[b"filename"] or data:  # a file field left empty has neither
            self.files.append(
                {
                    "field": _clean(name),
                    "name": _clean(_text(options[b"filename"])),
                    "type": self._headers.get(b"content-type", b"").decode("latin-1"),
                    "size": len(data),
                    "sha256": hashlib.sha256(data).hexdigest(),
                }
            )

    def _done(self) -> None:
        self.complete = True
