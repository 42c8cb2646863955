"""What a cut export still holds: the bytes of its whole rows, and the cursor of the last one."""

from __future__ import annotations

from typing import BinaryIO

import orjson


def whole(file: BinaryIO, form: str) -> tuple[int, str]:
    """How many bytes of a file, read from where it stands, are whole rows; and the cursor to go on from.

    ``form``: ``csv`` or ``ndjson``. A line of CSV that lies within quotes is no row's end. Without a whole row nothing
    is kept: the head of CSV comes again.
    """
    return _csv(file) if form == "csv" else _ndjson(file)


def _csv(file: BinaryIO) -> tuple[int, str]:
    kept = at = quotes = 0
    last, head = b"", True
    for line in file:
        at += len(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0 and line.endswith(b"\r\n"):
            if not head:
                kept, last = at, line
            head = False
    return kept, last.rpartition(b",")[2].strip().decode()


def _ndjson(file: BinaryIO) -> tuple[int, str]:
    kept = at = 0
    last = b""
    for line in file:
        at += len(line)
        if line.endswith(b"\n"):
            kept, last = at, line
    return kept, str(orjson.loads(last)["cursor"]) if last else ""
