"""Files that people upload: kept for a day, and for good once they are a source's."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from hub.errors import InputWrong, NotFound, StorageFull, TooLarge

KEPT = 24 * 3600
"""Seconds for which a file is kept that nobody brings in."""
_LONGEST = 240
"""Bytes of a name; a file system takes 255."""
_ID = re.compile(r"upl_[0-9a-f]{28}")
_HELD = ".held"
"""Lies beside a file that is a source's."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was uploaded. Its id is a pure function of its name and its bytes."""

    id: str
    path: Path


class Uploads:
    """The uploaded files of a hub, each in a folder of its own below ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def take(self, name: str, content: AsyncIterator[bytes], limit: int, now: float) -> Upload:
        """Store a file; the same again is the one that is there. ``now`` in seconds since 1970.

        Raises ``InputWrong`` for a name that is none, ``TooLarge`` past ``limit`` bytes, ``StorageFull``.
        """
        name = _plain(name)
        begun = self._folder / f".{uuid4().hex}"
        try:
            await asyncio.to_thread(self._clear, now)
            digest = await _written(begun, name, content, limit)
            return await asyncio.to_thread(self._kept, begun, name, f"upl_{digest}")
        except OSError as error:
            raise StorageFull(f"The file cannot be stored: {error.strerror}.") from None
        finally:
            begun.unlink(missing_ok=True)

    def find(self, id_: str) -> Upload:
        """A file that was uploaded. Raises ``NotFound``."""
        if _ID.fullmatch(id_):
            with suppress(OSError, StopIteration):
                return Upload(id_, next(each for each in (self._folder / id_).iterdir() if each.name != _HELD))
        raise NotFound("There is no such upload; what nobody brings in is kept for a day.", path="upload")

    def hold(self, upload: Upload) -> None:
        """Keep a file for good: it is a source's."""
        (upload.path.parent / _HELD).touch()

    def _clear(self, now: float) -> None:
        """Remove what nobody brought in."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in self._folder.iterdir():
            if now - each.stat().st_mtime > KEPT and not (each / _HELD).exists():
                each.unlink() if each.is_file() else shutil.rmtree(each, ignore_errors=True)

    def _kept(self, begun: Path, name: str, id_: str) -> Upload:
        place = self._folder / id_
        place.mkdir(mode=0o700, exist_ok=True)
        begun.replace(place / name)
        os.utime(place)
        return Upload(id_, place / name)


def _plain(name: str) -> str:
    """The last part of a name, without what no file is called. Raises ``InputWrong``."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2]).strip()
    if not last.strip(".") or not last.isprintable() or len(last.encode()) > _LONGEST:
        raise InputWrong("Say what the file is called: ?name=customers.xlsx", path="name")
    return last.lstrip(".")


async def _written(path: Path, name: str, content: AsyncIterator[bytes], limit: int) -> str:
    """Write the bytes as they come; 28 hex digits of their digest. Raises ``TooLarge``."""
    digest, size = hashlib.sha256(f"{name}\x1f".encode()), 0
    with path.open("xb") as file:
        async for part in content:
            size += len(part)
            if size > limit:
                raise TooLarge(f"A file may have {limit:,} bytes.", hint="HUB_MAX_UPLOAD_BYTES allows more.")
            digest.update(part)
            await asyncio.to_thread(file.write, part)
        file.flush()
        await asyncio.to_thread(os.fsync, file.fileno())
    return digest.hexdigest()[:28]
