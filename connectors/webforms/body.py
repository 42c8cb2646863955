"""Reading what a form posts: urlencoded, multipart or JSON becomes pairs of field and text."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from python_multipart.multipart import parse_options_header

from connectors.parts import multipart, urlencoded
from hub import sdk

WITHIN = 600
"""Seconds in which the same content is the same row, when it carries no id."""
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
        form = Form(list(_pairs(_json(body))))
    else:
        raise TypeUnknown(f"a form cannot be posted as {kind!r}; use urlencoded, multipart or JSON")
    if len(form.fields) + len(form.files) > MAX_FIELDS:
        raise sdk.RowUnreadable(f"the form has more than {MAX_FIELDS} fields")
    return Form([(_clean(key), _clean(value)) for key, value in form.fields], form.files)


def _urlencoded(body: bytes, charset: str) -> list[tuple[str, str]]:
    return [(_text(part.name, charset), _text(part.content, charset)) for part in urlencoded(body, MAX_FIELDS)]


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


def _pairs(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields by their names; or in a list of names and values, as HubSpot's forms post them."""
    listed = found.get("fields")
    if not isinstance(listed, list) or not all(isinstance(each, dict) and "name" in each for each in listed):
        yield from _flat(found)
        return
    for each in listed:
        yield from _flat(each.get("value"), str(each["name"]))
    options = found.get("legalConsentOptions")
    for said in options.values() if isinstance(options, dict) else ():
        if isinstance(said, dict):
            yield from _flat(said.get("consentToProcess", said.get("value")), "consent")
            yield from _flat(said.get("text"), "consent_text")
    yield from _flat(found.get("context"), "context")


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
    form = Form([])
    for part in multipart(body, boundary, MAX_FIELDS):
        if part.file is None:
            form.fields.append((_text(part.name), _text(part.content)))
        elif part.file or part.content:  # a file field left empty has neither
            form.files.append(
                {
                    "field": _clean(_text(part.name)),
                    "name": _clean(_text(part.file)),
                    "type": part.type,
                    "size": len(part.content),
                    "sha256": hashlib.sha256(part.content).hexdigest(),
                }
            )
    return form
