"""Opening files as they are, or unpacked where they are gzip, whatever they are called."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from hub import sdk

_GZIP = b"\x1f\x8b"


def opened(path: Path) -> BinaryIO:
    """The file's bytes, unpacked."""
    file = path.open("rb")
    packed = file.read(2) == _GZIP
    file.seek(0)
    if not packed:
        return file
    file.close()
    return cast("BinaryIO", gzip.open(path, "rb"))


def on_disk(file: BinaryIO) -> int:
    """How many bytes of the file on disk were read: of a packed file fewer than came out of it."""
    return int(getattr(file, "fileobj", file).tell())


@contextmanager
def faults_told(path: Path) -> Iterator[None]:
    """Whatever makes the file unreadable becomes ``SourceFailed`` with one sentence."""
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise sdk.SourceFailed(f"{path.name} is no whole gzip file: {str(error).rstrip('.')}") from None
    except OSError as error:
        raise sdk.SourceFailed(f"{path.name} cannot be read: {error.strerror}") from None
