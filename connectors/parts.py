"""The parts of a posted form as bytes: fields and files, urlencoded or multipart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from hub import sdk


@dataclass(frozen=True, slots=True)
class Part:
    """One field, or one file: then ``file`` is its name, which may be empty."""

    name: bytes
    content: bytes
    file: bytes | None = None
    type: str = ""


def urlencoded(body: bytes, most: int) -> list[Part]:
    """The fields of an urlencoded body, no more than ``most``. Raises ``RowUnreadable``."""
    pairs = body.split(b"&")
    if len(pairs) > most:
        raise _too_many(most)
    split = (pair.replace(b"+", b" ").partition(b"=") for pair in pairs if pair)
    return [Part(unquote_to_bytes(name), unquote_to_bytes(value)) for name, _, value in split]


def multipart(body: bytes, boundary: bytes, most: int) -> list[Part]:
    """The parts of a multipart body, no more than ``most``. Raises ``RowUnreadable``."""
    if not boundary:
        raise sdk.RowUnreadable("the multipart body names no boundary")
    gathered = _Gathered(most)
    try:
        parser = MultipartParser(boundary, callbacks=gathered.callbacks())
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise sdk.RowUnreadable("the multipart body is broken") from None
    if not gathered.complete:
        raise sdk.RowUnreadable("the multipart body ends in the middle")
    return gathered.parts


class _Gathered:
    """Gathers the parts from the parser's callbacks."""

    def __init__(self, most: int) -> None:
        self.parts: list[Part] = []
        self.complete = False
        self._most = most
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
        if len(self.parts) >= self._most:
            raise _too_many(self._most)
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        kind = self._headers.get(b"content-type", b"").decode("latin-1")
        self.parts.append(Part(options.get(b"name", b""), bytes(self._data), options.get(b"filename"), kind))

    def _done(self) -> None:
        self.complete = True


def _too_many(most: int) -> sdk.RowUnreadable:
    return sdk.RowUnreadable(f"the form has more than {most} fields")
