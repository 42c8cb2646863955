"""Which files are read, their rows page by page, and reading in a thread: the next page while the last is stored."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Generator, Iterable, Mapping
from pathlib import Path
from typing import Any

from hub import sdk

PAGE = 1000
"""Rows of a page."""
_FIRST_PAGE, _PAGE_BYTES = 100, 8_000_000
"""Rows of the first page, small for a quick preview, and bytes of any."""
_END = 1 << 16

Rows = Callable[[str, Path, Mapping[str, Any]], Iterable[tuple[sdk.Row, Mapping[str, Any], float]]]
"""The rows of a file after a place, each with the place behind it and the share of the file that was read by then."""


class Pile:
    """Rows on their way into a page."""

    def __init__(self) -> None:
        self._rows: list[sdk.Row] = []
        self._size, self._most = 0, _FIRST_PAGE

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: sdk.Row) -> bool:
        """Put a row on it; whether it is a page by now."""
        self._rows.append(row)
        self._size += len(row.payload)
        return len(self._rows) >= self._most or self._size >= _PAGE_BYTES

    def taken(self) -> list[sdk.Row]:
        """The rows; what comes after is the next page."""
        rows, self._rows, self._size, self._most = self._rows, [], 0, PAGE
        return rows


def meaning(settings: sdk.Settings) -> str:
    """Changes when the settings do, wherever the file lies: other settings may name rows otherwise, so that everything
    is read again."""
    return hashlib.sha256(settings.model_dump_json(exclude={"path"}).encode()).hexdigest()[:12]


def known_places(settings: sdk.Settings, cursor: Mapping[str, Any], found: Collection[str]) -> dict[str, Any]:
    """The place in each file that is there still; none when other settings name rows otherwise."""
    known = cursor.get("files", {}) if cursor.get("meaning") == meaning(settings) else {}
    return {file: place for file, place in known.items() if file in found}


def changed(
    path: Path, suffixes: tuple[str, ...], settings: sdk.Settings, cursor: sdk.Cursor | None, rows: Rows
) -> AsyncIterator[sdk.Page]:
    """Pages of the files that changed since ``cursor``, of a kind that is written whole: Parquet, workbooks.

    A file that changed is read from its start, one that a pull was cut off in from its place, in a thread.
    """
    return ahead(_changed(path, suffixes, settings, cursor or {}, rows))


def _changed(
    root: Path, suffixes: tuple[str, ...], settings: sdk.Settings, cursor: Mapping[str, Any], rows: Rows
) -> Generator[sdk.Page, None, None]:
    found = files_named(root, suffixes)
    wanted, places = meaning(settings), known_places(settings, cursor, found)
    whole = max(1, sum(path.stat().st_size for path in found.values()))
    pile, before = Pile(), 0
    for file, path in found.items():
        size, mark, place = path.stat().st_size, _digest_of_end(path), places.get(file, {})
        place = place if place.get("mark") == mark else {}
        if not place.get("ended"):
            for row, behind, share in rows(file, path, place):
                if pile.add(row):
                    places[file] = {"mark": mark, **behind}
                    done = min((before + size * share) / whole, 1.0)
                    yield sdk.Page(pile.taken(), {"meaning": wanted, "files": dict(places)}, done=done)
            places[file] = {"mark": mark, "ended": True}
        before += size
    yield sdk.Page(pile.taken(), {"meaning": wanted, "files": dict(places)}, done=1.0)


def _digest_of_end(path: Path) -> str:
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
        raise missing(path)
    found = sorted(each for each in path.rglob("*") if each.name.lower().endswith(suffixes) and each.is_file())
    if not found:
        raise sdk.ConfigWrong(f"the folder {str(path)!r} holds no file named {' or '.join(suffixes[:2])}", path="path")
    return {each.relative_to(path).as_posix(): each for each in found}


def missing(path: Path) -> sdk.ConfigWrong:
    """What to raise for a path where nothing is. A relative one is told with the folder it is taken from, but not where
    that is: who asks may be elsewhere, and learns nothing of this machine."""
    where = "" if path.is_absolute() else " in the folder the hub was started in"
    return sdk.ConfigWrong(f"there is no file or folder {str(path)!r}{where}", path="path")


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
