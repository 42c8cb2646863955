"""Bodies that were made smaller for the journey, made whole again, up to a limit."""

from __future__ import annotations

import zlib

from hub.errors import InputWrong, TooLarge

MOST_INFLATED = 20_000_000
"""Bytes. A few kilobytes could hold thousands of times as much."""
_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


def inflated(body: bytes, encoding: str, limit: int = MOST_INFLATED) -> bytes:
    """A body without its ``Content-Encoding``. Raises ``TooLarge`` before there is more than ``limit``, ``InputWrong``
    for a broken body or an encoding that the hub does not read."""
    names = [each.strip().lower() for each in encoding.split(",", 3)]
    if len(names) > 3:
        raise InputWrong("A body is encoded three times at most.")
    for name in reversed(names):
        if name not in ("", "identity"):
            body = _inflated(body, name, limit)
    return body


def _inflated(body: bytes, name: str, limit: int) -> bytes:
    if name not in _WINDOWS:
        raise InputWrong(f"The body is encoded as {name[:20]!r}; gzip and deflate are read.")
    parts, size = [], 0
    try:
        while body:  # a gzip body may have several members
            unpacking = zlib.decompressobj(_window(name, body))
            part = unpacking.decompress(body, limit - size + 1)
            size += len(part)
            if size > limit:
                raise TooLarge(f"The body is larger than {limit:,} bytes when it is unpacked.")
            if not unpacking.eof:
                raise InputWrong(f"The body ends in the middle of its {name}.")
            parts.append(part)
            body = unpacking.unused_data.lstrip(b"\x00") if name != "deflate" else b""
    except zlib.error:
        raise InputWrong(f"The body is not {name}, as its Content-Encoding says.") from None
    return b"".join(parts)


def _window(name: str, body: bytes) -> int:
    """Some clients mean by deflate the bare stream without the two bytes before it."""
    bare = name == "deflate" and (len(body) < 2 or int.from_bytes(body[:2]) % 31 or body[0] & 15 != 8)
    return -zlib.MAX_WBITS if bare else _WINDOWS[name]
