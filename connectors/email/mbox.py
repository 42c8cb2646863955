"""Splitting an mbox file into mails, in memory that does not grow with the file.

An mbox has no single specification: a mail begins at a line ``From sender date`` after an empty line, and such
lines inside a mail are written ``>From`` (mboxrd; RFC 4155 only registers the media type).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

HEAD = 256 * 1024
"""Bytes that are kept of a mail larger than the limit."""
_PIECE = 64 * 1024
_DATED = re.compile(rb"From .*(?:\d:\d\d.*\d{4}|\d{4}.*\d:\d\d)")
_HEADER = re.compile(rb"(?:[!-9;-~]+[ \t]*:|>From )")
_QUOTED = re.compile(rb">+From ")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it lay in a file. ``raw`` is its head only when ``size`` is above the limit."""

    raw: bytes
    size: int
    sha256: str
    from_line: bytes = b""
    start: int = 0
    """Offset of the mail in its file, to resume from."""

    @property
    def truncated(self) -> bool:
        """Whether more of the mail came than is kept."""
        return self.size > len(self.raw)


class Gatherer:
    """Gathers the pieces of one mail; above ``limit`` bytes it keeps the head and counts the rest."""

    def __init__(self, limit: int, from_line: bytes = b"", start: int = 0) -> None:
        self.limit = limit
        self.from_line = from_line
        self.start = start
        self.size = 0
        self.whole = bytearray()
        self.head: bytes | None = None
        self.digest = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        """Take the next piece of the mail."""
        self.size += len(piece)
        if self.head is not None:
            self.digest.update(piece)
            return
        self.whole += piece
        if self.size > self.limit:
            self.digest.update(self.whole)
            self.head = bytes(self.whole[:HEAD])
            self.whole = bytearray()

    def letter(self) -> Letter:
        """The mail, once all its pieces were added."""
        raw = self.head
        if raw is None:
            raw = bytes(self.whole)
            self.digest.update(raw)
        return Letter(raw, self.size, self.digest.hexdigest(), self.from_line, self.start)


def letters(file: BinaryIO, limit: int) -> Iterator[Letter]:
    """Each mail of an mbox from the file's position, which must be at a ``From`` line, in order.

    The empty line that ends a mail belongs to the mbox and not to the mail; ``>From`` loses one ``>``.
    """
    mail: Gatherer | None = None
    blank = b""  # an empty line is held back until we know that it does not end the mail
    at = file.tell()
    line_start = True
    for line, following in _with_next(file):
        starts = line_start and (mail is None or bool(blank)) and _is_from_line(line, following, first=mail is None)
        if starts:
            if mail is not None:
                yield mail.letter()
            mail, blank = Gatherer(limit, line.strip(), at), b""
        elif mail is not None:
            if blank:
                mail.add(blank)
                blank = b""
            if line_start and line in (b"\n", b"\r\n"):
                blank = line
            else:
                mail.add(line[1:] if line_start and line[:1] == b">" and _QUOTED.match(line) else line)
        at += len(line)
        line_start = line.endswith(b"\n")
    if mail is not None:
        yield mail.letter()


def _is_from_line(line: bytes, following: bytes, *, first: bool) -> bool:
    """A date in the line and a header below tell it from a sentence that begins with "From"."""
    if not line.startswith(b"From "):
        return False
    return first or bool(_DATED.match(line) and _HEADER.match(following))


def _with_next(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """Each line with the one after it. A line longer than 64 kB comes in pieces."""
    line = file.readline(_PIECE)
    while line:
        following = file.readline(_PIECE)
        yield line, following
        line = following
