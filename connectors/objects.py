"""Pulling rows from files of one JSON object a line: what is new since the last pull, page by page."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Self

import orjson
from pydantic import Field

from connectors.compressed import faults_told, opened
from connectors.lines import located
from connectors.members import has, object_of, paths
from connectors.ndjson import Line, Lines
from connectors.occurrences import Occurrences
from connectors.reading import Pile, ahead, files_named, known_places, meaning
from hub import sdk

SUFFIXES = (".ndjson", ".jsonl", ".ndjson.gz", ".jsonl.gz")
_HEAD = 1000
"""Objects looked at to see which members there are."""
_MENTIONED = 40
_BLOCK = 1 << 20
_OTHERS = {b"PAR1": "a Parquet file", b"PK\x03\x04": "a workbook or an archive", b"SQLi": "a SQLite database"}

Object = dict[str, Any]
Name = Callable[[Object], sdk.Row | None]
"""The row of an object but for its payload; without a key its content names it. None: it is none of the source's."""


class ObjectSettings(sdk.Settings):
    """Settings that every connector of JSON lines has."""

    path: Path = Field(
        description="A file of one JSON object a line, or a folder of them (.ndjson, .jsonl, or with .gz)."
    )
    encoding: str = Field("auto", description="auto, or a name such as utf-8, utf-16, windows-1252.")


def pages(settings: ObjectSettings, cursor: sdk.Cursor | None, name: Name) -> AsyncIterator[sdk.Page]:
    """Pages of what is new in the files since ``cursor``. Files are read in a thread."""
    return ahead(_pages(settings, cursor or {}, name))


def said(row: sdk.Row) -> Object:
    """The object of a stored row. Raises ``RowUnreadable``, with the line where there is one to look for."""
    envelope = row.envelope
    if "size" in envelope:
        problem = sdk.RowUnreadable(f"{int(envelope['size']):,} bytes are more than a line may have")
        raise located(problem, envelope)
    try:
        return object_of(row.payload, envelope.get("encoding", "utf-8"))
    except sdk.RowUnreadable as problem:
        raise located(problem, envelope) from None


def content_key(payload: bytes, content: Object | None, what: str = "row") -> str:
    """What names a row that nothing else names: its content, whatever the order of its members."""
    if content is not None:
        try:
            payload = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
        except (TypeError, ValueError):  # half surrogates, numbers that no machine has
            payload = json.dumps(content, sort_keys=True, default=str).encode()
    return f"{what}/{hashlib.sha256(payload).hexdigest()[:16]}"


def files(path: Path) -> dict[str, Path]:
    """The files that ``path`` means by their names, sorted. Raises ``ConfigWrong``."""
    return files_named(path, SUFFIXES)


def check(settings: ObjectSettings, named: Sequence[str]) -> Iterator[str]:
    """What is wrong with the files, in sentences. ``named`` are members of which each must be in some object."""
    try:
        found = files(settings.path)
        known: dict[str, None] = {}
        faults: list[str] = []
        missing = dict.fromkeys(named)
        for file, path in found.items():
            with faults_told(path):
                for content in head(file, path, settings.encoding, faults):
                    missing = {each: None for each in missing if not has(content, each)}
                    known.update(dict.fromkeys(paths(content)))
        if faults and not known:
            yield f"{settings.path.name} does not hold one JSON object a line ({faults[0]})"
        for member in missing if known else ():
            if not any(_mentions(path, member) for path in found.values()):
                there = ", ".join(list(known)[:_MENTIONED]) + (" ..." if len(known) > _MENTIONED else "")
                yield f"no object in {settings.path.name} has a member {member!r}; there are: {there}"
    except (sdk.ConfigWrong, sdk.SourceFailed) as problem:
        yield problem.message


def head(file: str, path: Path, encoding: str, faults: list[str]) -> Iterator[Object]:
    """The objects of a file's first lines; what is wrong with other lines is noted. Raises ``ConfigWrong`` when it is
    a file of another form."""
    with opened(path) as raw:
        start = raw.read(_BLOCK).lstrip(b"\xef\xbb\xbf \t\r\n")
    if other := _OTHERS.get(start[:4]):
        raise sdk.ConfigWrong(f"{file} is {other}, not one JSON object a line", path="path")
    if start.startswith(b"["):
        raise sdk.ConfigWrong(
            f"{file} is one JSON list, not one object a line (jq -c '.[]' makes lines of it)", path="path"
        )
    with Lines.at(path, encoding, {}) as lines:
        for line in islice(lines.after(), _HEAD):
            try:
                yield object_of(line.raw, lines.encoding)
            except sdk.RowUnreadable as problem:
                faults.append(f"{file} line {line.number}: {problem.message}")


def _mentions(path: Path, member: str) -> bool:
    """Whether the last part of a member's path stands anywhere in the file: what is rare is not in the first lines."""
    leaf = member.rpartition(".")[2]
    needles = {json.dumps(leaf).encode(), json.dumps(leaf, ensure_ascii=False).encode()}
    rest = b""
    with faults_told(path), opened(path) as file:
        while block := file.read(_BLOCK):
            rest += block.replace(b"\x00", b"")  # as UTF-16 writes ASCII
            if leaf.isdecimal() or any(needle in rest for needle in needles):
                return True
            rest = rest[-1000:]
    return False


def _pages(settings: ObjectSettings, cursor: Mapping[str, Any], name: Name) -> Generator[sdk.Page, None, None]:
    found = files(settings.path)
    wanted, places = meaning(settings), known_places(settings, cursor, found)
    whole = max(1, sum(path.stat().st_size for path in found.values()))
    pile, before = Pile(), 0
    for file, path in found.items():
        with faults_told(path):
            about = path.stat()
            place = places.get(file, {})
            if (place.get("size"), place.get("changed")) != (about.st_size, about.st_mtime_ns):
                with _File(file, path, settings.encoding, place, name) as held:
                    for row in held.rows():
                        if pile.add(row):
                            places[file] = held.place()
                            done = min((before + held.lines.on_disk) / whole, 1.0)
                            yield sdk.Page(pile.taken(), {"meaning": wanted, "files": dict(places)}, done=done)
                    places[file] = held.place() | {"size": about.st_size, "changed": about.st_mtime_ns}
            before += about.st_size
    yield sdk.Page(pile.taken(), {"meaning": wanted, "files": dict(places)}, done=1.0)


class _File:
    """The rows of one file after a place."""

    def __init__(self, file: str, path: Path, encoding: str, place: Mapping[str, Any], name: Name) -> None:
        self._file = file
        self._name = name
        self._was_unfinished = place.get("unfinished", False)
        self._unfinished = False
        self.lines = Lines.at(path, encoding, place)
        self._envelope = {} if self.lines.encoding == "utf-8" else {"encoding": self.lines.encoding}
        self._occurrences = Occurrences()
        self._counted = place.get("counted", False) and self.lines.went_on

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.close()
        self._occurrences.close()

    def place(self) -> dict[str, Any]:
        """Where a later pull goes on; whether copies were counted before it; whether a half line stands behind it."""
        return {**self.lines.place(), "counted": self._counted, "unfinished": self._unfinished}

    def rows(self) -> Iterator[sdk.Row]:
        """The rows after the place. A last line that was half written is gone once the file goes on."""
        if self._was_unfinished:
            yield sdk.Row(f"unfinished/{self._file}", b"", deleted=True)
        if self._counted:  # copies of a row are numbered through the whole file
            for raw in self.lines.before():
                if raw and not raw.isspace():
                    self._row(Line(raw, 0, whole=True))
        for line in self.lines.after():
            if row := self._row(line):
                yield row

    def _row(self, line: Line) -> sdk.Row | None:
        try:
            content = None if line.sha256 else object_of(line.raw, self.lines.encoding)
        except sdk.RowUnreadable:
            content = None
        if content is None:
            return self._unreadable(line)
        row = self._name(content)
        if row is None:
            return None
        key = row.key
        if not key:
            self._counted = True
            key = self._occurrences.numbered(content_key(line.raw, content))
        return replace(row, key=key, payload=line.raw, envelope=self._envelope)

    def _unreadable(self, line: Line) -> sdk.Row:
        envelope = {**self._envelope, "file": self._file, "line": str(line.number)}
        if line.sha256:
            envelope |= {"size": str(line.size), "sha256": line.sha256}
        if not line.whole:
            self._unfinished = True
            return sdk.Row(f"unfinished/{self._file}", line.raw, envelope)
        self._counted = True
        key = content_key(line.sha256.encode() or line.raw, None, "unreadable")
        return sdk.Row(self._occurrences.numbered(key), line.raw, envelope)
