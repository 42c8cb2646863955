"""Cutting a file into lines as bytes, whatever its encoding."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import BinaryIO

from hub import sdk

LIMIT = 1 << 20
"""Bytes of one line, and of one row of a sheet."""


def lines(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    """The lines of a file with their ends. A line that never ends comes in pieces of ``LIMIT`` bytes."""
    newline = "\n".encode(encoding)
    if len(newline) == 1:
        place = file.tell()
        start = file.read(LIMIT)
        file.seek(place)
        if b"\n" in start or b"\r" not in start:
            return iter(partial(file.readline, LIMIT), b"")
        newline = b"\r"  # as old Macintosh programs end lines
    return _split(file, newline)


def _split(file: BinaryIO, newline: bytes) -> Iterator[bytes]:
    width, rest = len(newline), b""
    while block := file.read(1 << 16):
        rest += block
        start, at = 0, rest.find(newline)
        while at >= 0:
            if at % width:  # the bytes of a newline across two letters
                at = rest.find(newline, at + 1)
                continue
            yield rest[start : at + width]
            start = at + width
            at = rest.find(newline, start)
        rest = rest[start:]
        if len(rest) >= LIMIT:
            yield rest
            rest = b""
    if rest:
        yield rest


def without_line_end(raw: bytes, encoding: str) -> bytes:
    """A line or record without the newline, carriage return or both at its end."""
    newline, back = "\n".encode(encoding), "\r".encode(encoding)
    return raw.removesuffix(newline).removesuffix(back)


def located(problem: sdk.RowUnreadable, envelope: Mapping[str, str]) -> sdk.RowUnreadable:
    """The same problem with the file and line of the row, where its envelope says them."""
    where = f"{envelope['file']} line {envelope['line']}: " if "line" in envelope else ""
    return sdk.RowUnreadable(where + problem.message, path=problem.path, hint=problem.hint)
