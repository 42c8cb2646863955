"""Files of one JSON object a line: which there are, and the lines that are new since a place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from hub import sdk

LIMIT = 1_000_000
"""Bytes of the longest line that is read."""
_HEAD = 4096
_EDGE = 1024
_SUFFIXES = frozenset({".ndjson", ".jsonl"})
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end; of a line above the limit, its first bytes and the digest of the whole."""

    raw: bytes
    number: int
    size: int
    sha256: str
    end: int
    """Offset in the file from which a later pull goes on."""


def files(path: Path) -> dict[str, Path]:
    """The files of an export by their names, sorted. Raises ``ConfigWrong``."""
    if not path.exists():
        raise sdk.ConfigWrong(f"there is no file or folder {str(path)!r}", path="path")
    if path.is_file():
        return {path.name: path}
    found = sorted(one for one in path.rglob("*") if one.suffix.lower() in _SUFFIXES and one.is_file())
    if not found:
        raise sdk.ConfigWrong(f"the folder {str(path)!r} holds no file named .ndjson or .jsonl", path="path")
    return {one.relative_to(path).as_posix(): one for one in found}


def unread(path: Path, known: Mapping[str, Any]) -> Iterator[tuple[Line, dict[str, Any]]]:
    """The lines after a known place, each with the place after it; all of them when the file was rewritten."""
    with path.open("rb") as file, path.open("rb") as again:
        offset, number = int(known.get("offset", 0)), int(known.get("line", 0))
        if known.get("mark") != _mark(again, offset):
            offset = number = 0
        file.seek(offset)
        for line in _lines(file, offset, number):
            complete = line.end > offset
            yield (
                line,
                {"offset": line.end, "line": line.number - (not complete), "mark": _mark(again, line.end)},
            )
            offset = line.end


def _lines(file: BinaryIO, offset: int, number: int) -> Iterator[Line]:
    """Lines that are not empty. One without an end may be half written: the next pull reads it again."""
    while start := file.readline(LIMIT + 1):
        number += 1
        piece, size, digest = start, len(start), None
        if len(start) > LIMIT:
            digest = hashlib.sha256(start)
            while not piece.endswith(b"\n") and (piece := file.readline(LIMIT)):
                digest.update(piece)
                size += len(piece)
        end = offset + size if piece.endswith(b"\n") else offset
        raw = start.rstrip(b"\r\n").removeprefix(_BYTE_ORDER_MARK if offset == 0 else b"")
        offset += size
        if digest is not None:
            yield Line(raw[:_HEAD], number, size, digest.hexdigest(), end)
        elif raw.strip():
            yield Line(raw, number, size, hashlib.sha256(raw).hexdigest(), end)


def _mark(file: BinaryIO, offset: int) -> str:
    """A digest of the first and of the last kilobyte before an offset: it differs when the file was rewritten."""
    length = min(offset, _EDGE)
    file.seek(0)
    start = file.read(length)
    file.seek(offset - length)
    return hashlib.sha256(start + file.read(length)).hexdigest()[:16]
