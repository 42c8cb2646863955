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
_EDGE = 1024
_DATED = re.compile(rb"From .*(?:\d:\d\d.*\d{4}|\d{4}.*\d:\d\d)")
_HEADER = re.compile(rb"(?:[!-9;-~]+[ \t]*:|>From )")
_QUOTED = re.compile(rb">+From ")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail as it lay. ``raw`` is its head only when it is ``truncated``.

    ``size`` and ``sha256`` are of the whole mail with LF line ends, and so the same in a file and on a server.
    """

    raw: bytes
    size: int
    sha256: str
    from_line: bytes = b""
    start: int = 0
    """Offset of the mail in its file, to resume from."""
    truncated: bool = False
    """Whether more of the mail came than is kept."""


def with_lf(raw: bytes) -> bytes:
    """A mail with its lines ended by LF, as files have them; servers end them by CRLF."""
    return raw.replace(b"\r\n", b"\n")


def line_above(start: bytes) -> bytes:
    """The mbox line above a mail, with its end, that somebody left there when the mail was cut out; else empty."""
    line, end, _ = start[:_EDGE].partition(b"\n")
    return line + end if end and line.startswith(b"From ") else b""


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
        self._cr = b""
        """A CR that ended the last piece: the next one may begin with its LF."""

    def add(self, piece: bytes) -> None:
        """Take the next piece of the mail."""
        if self.head is not None:
            self._count(piece)
            return
        self.whole += piece
        self.size += len(piece) - piece.count(b"\r\n") - (piece[:1] == b"\n" and self._cr == b"\r")
        self._cr = b"\r" if piece[-1:] == b"\r" else b""
        if self.size > self.limit:
            whole, self.size, self._cr, self.whole = bytes(self.whole), 0, b"", bytearray()
            self._count(whole)
            self.head = _head(whole)

    def _count(self, piece: bytes) -> None:
        piece = self._cr + piece
        self._cr = b"\r" if piece[-1:] == b"\r" else b""
        piece = with_lf(piece[: len(piece) - len(self._cr)])
        self.digest.update(piece)
        self.size += len(piece)

    def letter(self) -> Letter:
        """The mail, once all its pieces were added."""
        if self.head is None:
            raw = bytes(self.whole)
            return Letter(raw, self.size, hashlib.sha256(with_lf(raw)).hexdigest(), self.from_line, self.start)
        self.digest.update(self._cr)
        size = self.size + len(self._cr)
        truncated = size > len(with_lf(self.head))
        return Letter(self.head, size, self.digest.hexdigest(), self.from_line, self.start, truncated)


def _head(whole: bytes) -> bytes:
    """The bytes that are HEAD bytes long with LF line ends: the same text wherever the mail lies."""
    length = HEAD
    while (missing := HEAD - len(with_lf(whole[:length]))) > 0 and length < len(whole):
        length += missing
    return whole[:length]


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
