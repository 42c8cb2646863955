"""Files of one JSON object a line, read line by line: each line with its own bytes, from any place on.

A place is the offset behind a line, with a digest of everything before it. So a file that was appended to is read from
where the last pull ended, and one that changed before that from its start.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from connectors.compressed import on_disk, opened
from connectors.encodings import encoding_of
from connectors.lines import LIMIT, lines, without_line_end

KEPT = 4096
"""Bytes kept of a line that is too long."""
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its end. ``whole`` is false of the last one of a file while it has no end.

    Of a line above the limit ``raw`` holds the first bytes; ``size`` and ``sha256`` are those of the whole.
    """

    raw: bytes
    number: int
    whole: bool
    size: int = 0
    sha256: str = ""


class Lines:
    """One open file at a place. Use ``at``."""

    def __init__(self, path: Path, encoding: str, mark: int) -> None:
        self.encoding = encoding
        self._file = opened(path)
        self._start = self._offset = mark
        self._number = 0
        self._digest = hashlib.sha256(self._file.read(mark))

    @classmethod
    def at(cls, path: Path, declared: str, known: Mapping[str, Any]) -> Self:
        """The file at a known place, or at its start when it is not the file it was."""
        if known:
            found = cls(path, known["encoding"], known["mark"])
            if found._goes_on(known):
                return found
            found.close()
        return cls(path, *encoding_of(path, declared))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def went_on(self) -> bool:
        """Whether there are lines before the place."""
        return self._number > 0

    @property
    def on_disk(self) -> int:
        """How many bytes of the file on disk were read."""
        return on_disk(self._file)

    def place(self) -> dict[str, Any]:
        """Where a later pull goes on. A line without an end is not behind it: it may be half written."""
        return {
            "offset": self._offset, "line": self._number, "digest": self._digest.hexdigest()[:32],
            "encoding": self.encoding, "mark": self._start,
        }  # fmt: skip

    def before(self) -> Iterator[bytes]:
        """The lines before the place, read once more."""
        self._file.seek(self._start)
        offset = self._start
        found = lines(self._file, self.encoding)
        while offset < self._offset:
            line = next(found)
            offset += len(line)
            yield without_line_end(line, self.encoding)
        self._file.seek(self._offset)

    def after(self) -> Iterator[Line]:
        """The lines after the place, but empty ones. The place moves along."""
        found = lines(self._file, self.encoding)
        while first := next(found, b""):
            raw = without_line_end(first, self.encoding)
            if len(first) >= LIMIT and len(raw) == len(first):
                yield self._too_long(first, found)
                continue
            whole = len(raw) < len(first)
            line = Line(raw, self._number + 1, whole)
            if whole:
                self._digest.update(first)
                self._move(len(first))
            if raw and not raw.isspace():
                yield line

    def _too_long(self, piece: bytes, found: Iterator[bytes]) -> Line:
        raw, size, number, whole = piece[:KEPT], 0, self._number + 1, False
        said, digest = hashlib.sha256(), self._digest.copy()
        while piece:
            said.update(piece)
            digest.update(piece)
            size += len(piece)
            whole = without_line_end(piece, self.encoding) != piece
            piece = b"" if whole else next(found, b"")
        if whole:
            self._digest = digest
            self._move(size)
        return Line(raw, number, whole, size, said.hexdigest())

    def _move(self, size: int) -> None:
        self._offset += size
        self._number += 1

    def _goes_on(self, known: Mapping[str, Any]) -> bool:
        left = known["offset"] - self._offset
        while left > 0 and (block := self._file.read(min(left, _BLOCK))):
            self._digest.update(block)
            left -= len(block)
        self._offset, self._number = known["offset"], known["line"]
        return not left and self._digest.hexdigest()[:32] == known["digest"]
