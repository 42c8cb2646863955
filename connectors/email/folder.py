"""What lies at a path: one mbox, one mail, a Maildir, or a folder of any of them, and what in it is new.

The place to resume from stays small however many mails there are. An mbox above a megabyte is resumed at an
offset. All other files are spread over 256 shelves by their names; a shelf is read again when its listing
(names, sizes, times) changed, and an unchanged one costs a listing.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from connectors.email.mbox import Gatherer, Letter, letters, line_above
from connectors.reading import missing
from hub import sdk

_LARGE = 1_000_000
_EDGE = 1024
_MAIL = re.compile(rb"(?:From |[!-9;-~]+[ \t]*:)")
_FLAGS = re.compile(r"[:;!]2,[A-Za-z,]*$")
_DRAFT = re.compile(r"[:;!]2,[A-Za-z,]*D[A-Za-z,]*$")


@dataclass(frozen=True, slots=True)
class Found:
    """One file that may hold mail. ``name`` is its stable name: relative, without Maildir flags and without
    ``new`` or ``cur``, between which a mail moves when it is read."""

    path: Path
    name: str
    size: int
    changed: int
    maildir: bool = False

    @property
    def is_one_mail(self) -> bool:
        """Whether the file is one mail whatever stands in it."""
        return self.maildir or self.path.suffix.lower() == ".eml"


@dataclass(slots=True)
class Place:
    """Where a pull resumes: large mbox files by offset, all other files by shelf."""

    mboxes: dict[str, dict[str, Any]] = field(default_factory=dict)
    shelves: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, cursor: sdk.Cursor | None) -> Place:
        """The place a stored cursor stands for."""
        cursor = cursor or {}
        return cls(dict(cursor.get("mboxes", {})), dict(cursor.get("shelves", {})))

    def cursor(self) -> Mapping[str, Any]:
        """The place as it is stored."""
        return {"mboxes": dict(self.mboxes), "shelves": dict(self.shelves)}


@dataclass(frozen=True, slots=True)
class Step:
    """One mail that was read, or the end of a file (no letter). After it a pull may resume at ``place``.

    ``advance``: bytes of the survey this step brought the pull forward.
    """

    letter: Letter | None
    advance: int


def survey(path: Path) -> list[Found]:
    """Every file at the path that may hold mail, sorted by name. Raises ``ConfigWrong``, ``SourceFailed``."""
    if not path.exists():
        raise missing(path)
    try:
        if path.is_file():
            return [_found(path, path.name)]
        found = [one for folder, names in _folders(path) for one in _files(path, folder, names)]
    except OSError as error:
        raise sdk.SourceFailed(f"{error.filename or path} cannot be read: {error.strerror}") from None
    if not found and not is_maildir(path):
        raise sdk.ConfigWrong(f"the folder {str(path)!r} holds no file", path="path", hint="give an mbox or a Maildir")
    return sorted(found, key=lambda one: one.name)


def is_mailbox(path: Path, found: list[Found]) -> bool:
    """Whether any of the files is mail. An empty file is an empty mbox; a Maildir may be empty too."""
    return is_maildir(path) or any(one.is_one_mail or one.size == 0 or _MAIL.match(_start(one)) for one in found)


def read(found: list[Found], place: Place, limit: int) -> Iterator[Step]:
    """The mails that are not yet covered by ``place``, which moves along with them."""
    rest: dict[str, list[Found]] = {}
    for one in found:
        if _is_large_mbox(one):
            yield from _read_mbox(one, place, limit)
        else:
            rest.setdefault(hashlib.sha256(one.name.encode("utf-8", "surrogateescape")).hexdigest()[:2], []).append(one)
    for shelf, files in sorted(rest.items()):
        listing = hashlib.sha256()
        for one in files:
            listing.update(f"{one.name}\0{one.size}\0{0 if one.maildir else one.changed}\n".encode("utf-8", "replace"))
        mark = listing.hexdigest()[:16]
        known = place.shelves.get(shelf) == mark
        for one in files:
            if not known:
                yield from _read_file(one, limit)
            yield Step(None, one.size)
        place.shelves[shelf] = mark


def _folders(path: Path) -> Iterator[tuple[Path, list[str]]]:
    for name, inner, names in os.walk(path, onerror=_refuse):
        folder = Path(name)
        # a hidden folder is looked at only where it is a folder of a Maildir (".Sent", ".Archive.2025")
        inner[:] = sorted(one for one in inner if one[0] != "." or is_maildir(folder / one))
        if is_maildir(folder) and "tmp" in inner:
            inner.remove("tmp")  # mails that are being written
        yield folder, names


def _refuse(error: OSError) -> None:
    raise error


def _files(root: Path, folder: Path, names: list[str]) -> Iterator[Found]:
    maildir = folder.name in ("cur", "new") and is_maildir(folder.parent)
    if not maildir and is_maildir(folder):
        return  # the index files a server keeps beside the mails
    for name in names:
        path = folder / name
        if name[0] == "." or not path.is_file():
            continue
        if maildir and _DRAFT.search(name):
            continue
        if maildir:
            stable = (folder.parent.relative_to(root) / _FLAGS.sub("", name)).as_posix()
        else:
            stable = path.relative_to(root).as_posix()
        yield _found(path, stable, maildir=maildir)


def _found(path: Path, name: str, *, maildir: bool = False) -> Found:
    about = path.stat()
    return Found(path, name, about.st_size, about.st_mtime_ns, maildir)


def is_maildir(folder: Path) -> bool:
    """Whether a folder is laid out as a Maildir, be it empty."""
    return (folder / "cur").is_dir() and (folder / "new").is_dir()


def _start(one: Found) -> bytes:
    with one.path.open("rb") as file:
        return file.read(_EDGE)


def _is_large_mbox(one: Found) -> bool:
    return one.size > _LARGE and not one.is_one_mail and _start(one).startswith(b"From ")


def _read_mbox(one: Found, place: Place, limit: int) -> Iterator[Step]:
    """Resume where the last mail began: it may have been half written, and reading it twice changes nothing."""
    known = place.mboxes.get(one.name, {})
    if (known.get("size"), known.get("changed")) == (one.size, one.changed):
        yield Step(None, one.size)
        return
    with one.path.open("rb") as file:
        at = int(known.get("offset", 0))
        if known.get("mark") != _mark(one.path, at) or at > one.size:
            at = 0
        file.seek(at)
        yield Step(None, at)
        last = at
        for letter in letters(file, limit):
            place.mboxes[one.name] = {"offset": letter.start, "mark": _mark(one.path, letter.start)}
            yield Step(letter, letter.start - last)
            last = letter.start
    place.mboxes[one.name] = {**place.mboxes.get(one.name, {}), "size": one.size, "changed": one.changed}
    yield Step(None, one.size - last)


def _mark(path: Path, offset: int) -> str:
    """A digest of the first and of the last kilobyte before an offset: it differs when the file was rewritten."""
    with path.open("rb") as file:
        start = file.read(min(offset, _EDGE))
        file.seek(max(0, offset - _EDGE))
        return hashlib.sha256(start + file.read(min(offset, _EDGE))).hexdigest()[:16]


def _read_file(one: Found, limit: int) -> Iterator[Step]:
    """The mails of a small mbox, or the one mail that the file is. What is no mail gives none."""
    path = _where_now(one)
    if path is None:
        return
    with path.open("rb") as file:
        start = file.read(_EDGE)
        if not one.is_one_mail and not _MAIL.match(start):
            return
        if start.startswith(b"From ") and not one.is_one_mail:
            file.seek(0)
            yield from (Step(letter, 0) for letter in letters(file, limit))
            return
        line = line_above(start)
        file.seek(len(line))
        mail = Gatherer(limit, line.strip())
        while piece := file.read(1 << 20):
            mail.add(piece)
        yield Step(mail.letter(), 0)


def _where_now(one: Found) -> Path | None:
    """A mail of a Maildir is renamed when it is read or flagged, also while we look; None when it is gone."""
    if one.path.exists():
        return one.path
    if one.maildir:
        base = _FLAGS.sub("", one.path.name)
        for place in ("cur", "new"):
            for path in (one.path.parent.parent / place).iterdir():
                if _FLAGS.sub("", path.name) == base:
                    return path
    return None
