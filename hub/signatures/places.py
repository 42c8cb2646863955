"""Where something stands in a delivery: headers, members of headers, the body, the address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_to_bytes

import orjson
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, FormParser, parse_options_header

from hub.connector import Delivery

MOST_FIELDS = 1000
_LONGEST = 10_000
"""Letters of one value; more is no signature, time or token."""


def found(delivery: Delivery, place: str) -> list[str]:
    """The texts at a place; none when there is nothing. See ``Scheme``."""
    if place == "path":
        said = [delivery.rest]
    elif place.startswith("query:"):
        said = [delivery.query.get(place.removeprefix("query:"), "")]
    elif place.startswith("body:"):
        said = [_in_body(delivery, place.removeprefix("body:"))]
    elif ";" in place:
        header, _, member = place.partition(";")
        said = list(_members(delivery.headers.get(header, ""), member))
    else:
        said = [delivery.headers.get(place, "").strip()]
    return [text for text in said if text and len(text) <= _LONGEST]


def first(delivery: Delivery, place: str) -> str:
    """The first text at a place, or an empty one."""
    return next(iter(found(delivery, place)), "")


def posted(delivery: Delivery) -> list[tuple[bytes, bytes]]:
    """The fields of a posted form as bytes, files left out; none when the body is no form."""
    kind, options = parse_options_header(delivery.headers.get("content-type", ""))
    if kind == b"application/x-www-form-urlencoded":
        return list(_urlencoded(delivery.body))
    if kind == b"multipart/form-data" and (boundary := options.get(b"boundary")):
        return _multipart(delivery.body, boundary)
    return []


def _members(header: str, name: str) -> Iterator[str]:
    """The values of one member of a header such as ``t=1,v1=ab,v1=cd``."""
    for part in re.split("[,;]", header[:_LONGEST]):
        member, sign, value = part.strip().partition("=")
        if sign and member == name:
            yield value.strip()


def _in_body(delivery: Delivery, path: str) -> str:
    if not delivery.headers.get("content-type", "").lower().startswith(("application/x-www", "multipart/")):
        held = _json(delivery.body)
        for step in path.split("."):
            held = held.get(step) if isinstance(held, dict) else None
        return str(held) if isinstance(held, str | int) and not isinstance(held, bool) else ""
    name = path.rpartition(".")[2].encode()
    return next((value.decode(errors="replace") for field, value in posted(delivery) if field == name), "")


def _json(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _urlencoded(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    for pair in body.split(b"&", MOST_FIELDS)[:MOST_FIELDS]:
        name, sign, value = pair.replace(b"+", b" ").partition(b"=")
        if name or sign:
            yield unquote_to_bytes(name), unquote_to_bytes(value)


def _multipart(body: bytes, boundary: bytes) -> list[tuple[bytes, bytes]]:
    found: list[tuple[bytes, bytes]] = []

    def on_field(field: Field) -> None:
        if len(found) < MOST_FIELDS:
            found.append((field.field_name or b"", field.value or b""))

    # Files stay in memory, where the body is already, and are let go at once.
    parser = FormParser(
        "multipart/form-data", on_field, lambda file: file.close(), boundary=boundary,
        config={"MAX_MEMORY_FILE_SIZE": float("inf")},
    )  # fmt: skip
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        return []
    return found
