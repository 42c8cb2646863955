"""Finding out how the text of a file is encoded, by reading it once in blocks."""

from __future__ import annotations

import codecs
from pathlib import Path

from connectors.compressed import opened
from hub import sdk

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins this one
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
LEGACY = "windows-1252"
BLOCK = 1 << 18
LOOK_AT = 256 * BLOCK
"""How much of a file is read to find its encoding."""


def encoding_of(path: Path, declared: str = "auto") -> tuple[str, int]:
    """The codec that reads the file, and how many bytes its byte order mark takes.

    A declared encoding stands, unless a byte order mark says something else: that is ``ConfigWrong``.
    """
    mark, length = _marked(path)
    if declared == "auto":
        return mark or detected(path), length
    codec = _codec(declared)
    if mark and codec not in (mark, "utf-16", "utf-32", "utf-8-sig"):
        raise sdk.ConfigWrong(
            f"{path.name} is {mark}, but the settings declare {declared}", path="encoding", hint="set encoding to auto"
        )
    if codec in ("utf-16", "utf-32"):  # without a mark these two do not say which byte comes first
        return mark or f"{codec}-{'be' if detected(path).endswith('be') else 'le'}", length
    return mark or codec.removesuffix("-sig"), length


def detected(path: Path) -> str:
    """The encoding of a file without a mark: UTF-16 when it holds zero bytes, UTF-8 when most of its lines with
    letters beyond ASCII are UTF-8, else Windows-1252. So one broken line does not change how the others are read."""
    good = bad = read = 0
    with opened(path) as file:
        while read < LOOK_AT and (block := file.read(BLOCK) + file.readline(BLOCK)):
            if not read and (wide := _wide(block)):
                return wide
            read += len(block)
            if not block.isascii():
                lines = [line for line in block.split(b"\n") if not line.isascii()]
                right = sum(map(_is_utf8, lines))
                good, bad = good + right, bad + len(lines) - right
    return LEGACY if bad > good else "utf-8"


def _marked(path: Path) -> tuple[str, int]:
    with opened(path) as file:
        start = file.read(4)
    return next(((codec, len(mark)) for mark, codec in BYTE_ORDER_MARKS if start.startswith(mark)), ("", 0))


def _wide(block: bytes) -> str:
    """Text has zero bytes only where two bytes stand for a letter: the high byte is zero, and its place tells."""
    high_second, high_first = block[1::2].count(0), block[::2].count(0)
    if 50 * (high_first + high_second) < len(block):  # a stray zero byte
        return ""
    if max(high_first, high_second) < 10 * min(high_first, high_second):  # a hole that a crash left, in either place
        return ""
    return "utf-16-le" if high_second >= high_first else "utf-16-be"


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _codec(name: str) -> str:
    """The codec's own name. A text codec only: ``hex`` is no encoding of a file."""
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except LookupError:
        raise sdk.ConfigWrong(f"{name!r} is not the name of an encoding", path="encoding", hint="use auto") from None
