"""Which files are read, and reading their pages in a thread, the next one while the last is stored."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Generator
from pathlib import Path

from hub import sdk

FIRST_PAGE, PAGE, PAGE_BYTES = 100, 1000, 8_000_000
"""Rows of the first page, small for a quick preview, rows of the others, and bytes of any."""
_END = 1 << 16


def meaning(settings: sdk.Settings) -> str:
    """Changes when the settings do, wherever the file lies: other settings may name rows otherwise, so that everything
    is read again."""
    return hashlib.sha256(settings.model_dump_json(exclude={"path"}).encode()).hexdigest()[:12]


def digest_of_end(path: Path) -> str:
    """Changes when a file does that keeps at its end what all its parts are: Parquet, ZIP and so workbooks."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END))
        return hashlib.sha256(f"{size}/".encode() + file.read()).hexdigest()[:32]


def files_named(path: Path, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """The file ``path``, or those below the folder ``path`` that end so, by their names. Raises ``ConfigWrong``."""
    if path.is_file():
        return {path.name: path}
    if not path.is_dir():
        raise sdk.ConfigWrong(f"there is no file or folder {str(path)!r}", path="path")
    found = sorted(each for each in path.rglob("*") if each.name.lower().endswith(suffixes) and each.is_file())
    if not found:
        raise sdk.ConfigWrong(f"the folder {str(path)!r} holds no file named {' or '.join(suffixes[:2])}", path="path")
    return {each.relative_to(path).as_posix(): each for each in found}


async def ahead(pages: Generator[sdk.Page, None, None]) -> AsyncIterator[sdk.Page]:
    """The pages in order. Whoever stops early waits for the page that is being read, so that its file is closed."""
    following = asyncio.create_task(asyncio.to_thread(next, pages, None))
    try:
        while (page := await asyncio.shield(following)) is not None:
            following = asyncio.create_task(asyncio.to_thread(next, pages, None))
            yield page
    finally:
        await asyncio.gather(following, return_exceptions=True)
        pages.close()
