"""The documents of a folder, and what of them is new: one row for each, named by who wrote it, its kind and its number.

The place to resume from stays small however many files there are. Files are spread over 256 shelves by their names; a
shelf is read again when its listing (names, sizes, times) changed, which changes no row that says the same.
"""

from __future__ import annotations

import hashlib
import io
import logging
import lzma
import struct
import zipfile
import zlib
from collections.abc import Collection, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Self

from connectors.accounting.documents import syntax
from connectors.reading import Pile, files_named, meaning
from hub import sdk

logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong with a file is told as its problem

SUFFIXES = (".xml", ".pdf", ".zip")
FILE = "file/"
"""What the keys of files begin with that name no document."""
_FAULTY = 1000
"""So many of them are remembered, so that their problems end with them."""
_KEPT = 1024
"""Bytes of a file that are kept where no document was found in it."""
_MISSING = "PDF is read by pypdf, which is not installed here: pip install 'journey-hub[documents]'"
_BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, OSError, EOFError, ValueError, RuntimeError)
_INVOICES = ("factur-x.xml", "xrechnung.xml", "zugferd-invoice.xml")


@dataclass(slots=True)
class Place:
    """Where a pull resumes: the shelves that were read, and the files in which no document was found."""

    meaning: str
    shelves: dict[str, str] = field(default_factory=dict)
    faulty: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, cursor: sdk.Cursor | None, settings: sdk.Settings) -> Self:
        """The place a stored cursor stands for; with other settings everything is read again."""
        now, cursor = meaning(settings), cursor or {}
        shelves = cursor.get("shelves", {}) if cursor.get("meaning") == now else {}
        return cls(now, dict(shelves), list(cursor.get("faulty", ())))

    @property
    def cursor(self) -> dict[str, Any]:
        """The place as it is stored."""
        return {"meaning": self.meaning, "shelves": dict(self.shelves), "faulty": list(self.faulty)}


def pages(path: Path, settings: sdk.Settings, cursor: sdk.Cursor | None, limit: int) -> Generator[sdk.Page, None, None]:
    """Pages of the shelves that changed since ``cursor``. Documents of more than ``limit`` bytes are not read."""
    found, place = files_named(path, SUFFIXES), Place.of(cursor, settings)
    pile, done = Pile(), 0
    for name in [name for name in place.faulty if not _lies_in(found, name)]:
        place.faulty.remove(name)
        pile.add(_sound(name))
    for shelf, names in _shelves(found).items():
        mark = _mark(found, names)
        if place.shelves.get(shelf) != mark:
            for row in _rows(((name, found[name]) for name in names), limit, place.faulty):
                if pile.add(row):
                    yield sdk.Page(pile.taken(), place.cursor, done=done / len(found))
            place.shelves[shelf] = mark
        done += len(names)
    yield sdk.Page(pile.taken(), place.cursor, done=1.0)


def documents(name: str, path: Path, limit: int) -> Iterator[tuple[str, bytes, str]]:
    """The documents in a file: the name of each, its XML, and why there is none."""
    try:
        with path.open("rb") as file:
            if file.read(4) == b"PK\x03\x04":
                yield from _unpacked(name, file, limit)
            else:
                file.seek(0)
                yield name, *_document(file.read(limit + 1), limit)
    except OSError as error:
        raise sdk.SourceFailed(f"{name} cannot be read: {error.strerror}") from None


def _shelves(found: Iterable[str]) -> dict[str, list[str]]:
    shelves: dict[str, list[str]] = {}
    for name in found:
        shelf = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:2]
        shelves.setdefault(shelf, []).append(name)
    return dict(sorted(shelves.items()))


def _mark(found: dict[str, Path], names: list[str]) -> str:
    listing = hashlib.sha256()
    for name in names:
        try:
            about = found[name].stat()
        except OSError as error:  # taken away since the folder was listed
            raise sdk.SourceFailed(f"{name} cannot be read: {error.strerror}") from None
        listing.update(f"{name}\0{about.st_size}\0{about.st_mtime_ns}\n".encode("utf-8", "replace"))
    return listing.hexdigest()[:16]


def _rows(files: Iterable[tuple[str, Path]], limit: int, faulty: list[str]) -> Iterator[sdk.Row]:
    """A row for each document. A file that was half written at first, and is whole now, is no fault any more."""
    for file, path in files:
        for name, xml, fault in documents(file, path, limit):
            key = "" if fault else syntax.key(xml)
            if not key and name not in faulty and len(faulty) < _FAULTY:
                faulty.append(name)
            if key and name in faulty:
                faulty.remove(name)
                yield _sound(name)
            envelope = {"file": name} | ({"fault": fault} if fault else {})
            yield sdk.Row(key or FILE + name, xml, envelope)


def _sound(name: str) -> sdk.Row:
    """That a file is no problem any more."""
    return sdk.Row(FILE + name, b"", deleted=True)


def _lies_in(found: Collection[str], name: str) -> bool:
    """Whether a file is still there, or the archive that it is in."""
    return name in found or any(str(parent) in found for parent in PurePosixPath(name).parents)


def _unpacked(name: str, file: io.BufferedReader, limit: int) -> Iterator[tuple[str, bytes, str]]:
    try:
        with zipfile.ZipFile(file) as archive:
            for each in sorted(archive.infolist(), key=lambda each: each.filename):
                if each.filename.lower().endswith(SUFFIXES[:2]) and not each.is_dir():
                    with archive.open(each) as inner:
                        yield f"{name}/{each.filename}", *_document(inner.read(limit + 1), limit)
    except _BROKEN as error:
        file.seek(0)
        yield name, file.read(_KEPT), f"no whole ZIP archive, or one with a password: {error}"


def _document(content: bytes, limit: int) -> tuple[bytes, str]:
    """The XML of a document, and why there is none."""
    if len(content) > limit:
        return content[:_KEPT], f"larger than {limit:,} bytes: max_bytes allows more"
    if content.startswith(b"%PDF-"):
        return _attached(content, limit)
    return content, ""


def _attached(content: bytes, limit: int) -> tuple[bytes, str]:
    """The invoice that a PDF carries; of several files the one that is called as Factur-X and its like say."""
    try:
        import pypdf
    except ImportError:
        raise sdk.ConfigWrong(_MISSING) from None
    try:
        attached = pypdf.PdfReader(io.BytesIO(content)).attachments
        names = sorted(attached, key=lambda name: (name.lower() not in _INVOICES, name))
        xml = next((bytes(attached[name][0]) for name in names if name.lower().endswith(".xml")), None)
    except Exception as error:  # noqa: BLE001 (whatever a broken file does to the parser, the other files are read)
        reason = str(error).partition("\n")[0].rstrip(".")
        return content[:_KEPT], f"the PDF cannot be read: {reason or type(error).__name__}"
    if xml is None:
        return content[:_KEPT], "a PDF that carries no XML"
    if len(xml) > limit:
        return xml[:_KEPT], f"larger than {limit:,} bytes: max_bytes allows more"
    return xml, ""
