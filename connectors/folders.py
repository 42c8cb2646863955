"""Pulling rows from the CSV files of a folder: what changed since the last pull, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from connectors.compressed import faults_told
from connectors.encodings import detected
from connectors.occurrences import Occurrences
from connectors.reading import Pile, ahead, meaning, missing
from connectors.sheets import Record, Sheet, SheetSettings
from hub import sdk

SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")

Name = Callable[[Record, Occurrences], sdk.Row | None]
"""Makes the row of a readable record, or None when the record is none of this source's."""


def pages(
    settings: SheetSettings, cursor: sdk.Cursor | None, columns: Mapping[str, str], name: Name
) -> AsyncIterator[sdk.Page]:
    """Pages of all files that changed since ``cursor``. ``columns`` (field to column) must be in each header.

    A pull that was cut off resumes within the file it was in. Files are read in a thread.
    """
    return ahead(_pages(settings, cursor or {}, columns, name))


def check(settings: SheetSettings, columns: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the files, in sentences."""
    try:
        for path in files(settings.path):
            with faults_told(path), Sheet(path, settings, columns) as sheet:
                if settings.encoding != "auto" and sheet.encoding == "utf-8" and detected(path) != "utf-8":
                    yield f"{path.name} is declared as utf-8 but is not; set encoding to auto or windows-1252"
    except (sdk.ConfigWrong, sdk.SourceFailed) as problem:
        yield problem.message


def files(path: Path) -> list[Path]:
    """The CSV files that ``path`` means, in the order of their names."""
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.name.lower().endswith(SUFFIXES) and file.is_file())
        if not found:
            raise sdk.ConfigWrong(f"{path} holds no file that ends in {', '.join(SUFFIXES[:3])}", path="path")
        return found
    if not path.is_file():
        raise missing(path)
    return [path]


def _pages(
    settings: SheetSettings, cursor: Mapping[str, Any], columns: Mapping[str, str], name: Name
) -> Generator[sdk.Page, None, None]:
    paths = files(settings.path)
    whole = max(1, sum(path.stat().st_size for path in paths))
    finished, partial = dict(cursor.get("files", {})), cursor.get("partial", {})
    pile, before = Pile(), 0
    for path in paths:
        mark = _mark(path, settings)
        if finished.get(path.name) != mark:
            known = partial.get("rows", 0) if partial.get("mark") == mark and partial.get("file") == path.name else 0
            with faults_told(path), Sheet(path, settings, columns) as sheet, Occurrences() as occurrences:
                for number, row in enumerate(_rows(sheet.records(), occurrences, name), 1):
                    if number <= known:  # stored by an earlier pull; read again for the occurrence numbers only
                        continue
                    if pile.add(row):
                        at = {"file": path.name, "mark": mark, "rows": number}
                        place = {"files": dict(finished), "partial": at}
                        yield sdk.Page(pile.taken(), cursor=place, done=(before + sheet.position) / whole)
            finished[path.name] = mark
            yield sdk.Page(pile.taken(), cursor={"files": dict(finished)}, done=(before + path.stat().st_size) / whole)
        before += path.stat().st_size


def _rows(records: Iterable[Record], occurrences: Occurrences, name: Name) -> Iterator[sdk.Row]:
    for record in records:
        if record.cells is None:
            key = occurrences.numbered(f"unreadable/{record.digest()}")
            yield sdk.Row(key, record.payload, record.envelope)
        elif row := name(record, occurrences):
            yield row


def _mark(path: Path, settings: SheetSettings) -> str:
    """Changes when the file or what the settings make of it changes, so that a corrected setting reads it again."""
    state = path.stat()
    return f"{state.st_size}-{state.st_mtime_ns}-{meaning(settings)}"
