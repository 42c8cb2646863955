"""Reading CSV files record by record: each keeps its own bytes, and memory does not grow with the file.

``Sheet`` reads a file; ``cells`` reads a stored row again, by its envelope alone. ``connectors.folders`` pulls.
"""

from __future__ import annotations

import csv
import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import Field

from connectors.compressed import faults_told, on_disk, opened
from connectors.encodings import encoding_of
from connectors.lines import LIMIT, lines, located, without_line_end
from hub import sdk

csv.field_size_limit(LIMIT)


class SheetSettings(sdk.Settings):
    """Settings that every connector of CSV files has."""

    path: Path = Field(description="A CSV file, or a folder of them (.csv, .tsv, .txt, also with .gz).")
    encoding: str = Field("auto", description="auto, or a name such as utf-8, utf-16, windows-1252.")
    delimiter: str = Field("auto", description="auto, or the character between two cells.")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: its bytes without the line end, and its cells by column, None when unreadable."""

    payload: bytes
    cells: Mapping[str, str] | None
    envelope: Mapping[str, str]

    def digest(self) -> str:
        """16 hex digits that depend on what the cells say, not on the order of columns, quotes or encoding."""
        if self.cells is None:
            return hashlib.sha256(self.payload).hexdigest()[:16]
        said = sorted(f"{column}\x1f{value}" for column, value in self.cells.items() if value)
        return hashlib.sha256("\x1e".join(said).encode()).hexdigest()[:16]


def cells(row: sdk.Row) -> dict[str, str]:
    """The cells of a stored row by column, without surrounding blanks. Raises ``RowUnreadable``, with the line."""
    try:
        return _cells(row.payload, row.envelope)
    except sdk.RowUnreadable as problem:
        raise located(problem, row.envelope) from None


def _cells(payload: bytes, envelope: Mapping[str, str]) -> dict[str, str]:
    if "fault" in envelope:
        raise sdk.RowUnreadable(envelope["fault"])
    try:
        header, delimiter, encoding = envelope["header"], envelope["delimiter"], envelope["encoding"]
        text = payload.decode(encoding)
    except KeyError as missing:
        raise sdk.RowUnreadable(f"the envelope has no {missing.args[0]}, without which a row cannot be read") from None
    except UnicodeDecodeError as error:
        raise sdk.RowUnreadable(
            f"byte {error.start + 1} of the row is not {encoding}", hint="set encoding to auto or windows-1252"
        ) from None
    try:
        values = next(csv.reader([text], delimiter=delimiter, strict=True), [])
    except csv.Error as error:
        said = "a quote is not closed" if str(error) == "unexpected end of data" else error
        raise sdk.RowUnreadable(f"the row is not CSV: {said}") from None
    return _named(columns_of(header, delimiter), values)


class Sheet:
    """One open CSV file. Its header is checked when it is opened."""

    def __init__(self, path: Path, settings: SheetSettings, columns: Mapping[str, str]) -> None:
        self.path = path
        with faults_told(path):
            self.encoding, mark = encoding_of(path, settings.encoding)
            self._file = opened(path)
        self._file.seek(mark)
        self._lines = lines(self._file, self.encoding)
        self._again: deque[bytes] = deque()
        self._number = 0
        try:
            self._open(settings.delimiter, columns)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def position(self) -> int:
        """How many bytes of the file on disk were read."""
        return on_disk(self._file)

    def records(self) -> Iterator[Record]:
        """All records after the header but empty ones, as the bytes they have in the file."""
        while True:
            pending: list[bytes] = []
            reader = csv.reader(self._decoded(pending), delimiter=self.envelope["delimiter"], strict=True)
            try:
                for values in reader:
                    record = self._record(pending, values)
                    pending.clear()
                    if record:
                        yield record
            except csv.Error:
                yield from self._broken(pending)
            else:
                return

    def _open(self, delimiter: str, columns: Mapping[str, str]) -> None:
        line = self._next()
        if line.startswith(b"PK\x03\x04"):
            raise sdk.ConfigWrong(f"{self.path.name} is a workbook or an archive, not CSV", hint="save it as CSV")
        header = self._header(line)
        if delimiter == "auto" and header[:4].lower() == "sep=":  # Excel's own way to tell the delimiter
            delimiter, header = header[4:5], self._header(self._next())
        while header.count('"') % 2 and (more := self._next()):
            header += "\n" + self._header(more)
        if not header.strip():
            raise sdk.ConfigWrong(f"{self.path.name} has no header line")
        delimiter = _delimiter(header) if delimiter == "auto" else delimiter
        self.columns = columns_of(header, delimiter)
        for field, column in columns.items():
            if column not in self.columns:
                there = ", ".join(self.columns)
                raise sdk.ConfigWrong(
                    f"{self.path.name} has no column {column!r}; it has: {there}", path=f"columns.{field}"
                )
        self.envelope = {"header": header, "delimiter": delimiter, "encoding": self.encoding}

    def _header(self, line: bytes) -> str:
        try:
            return line.decode(self.encoding).rstrip("\r\n")
        except UnicodeDecodeError:
            raise sdk.ConfigWrong(
                f"the header of {self.path.name} is not {self.encoding}", path="encoding", hint="set encoding to auto"
            ) from None

    def _decoded(self, pending: list[bytes]) -> Iterator[str]:
        """Lines as text for the CSV reader, which takes as many as one record needs; ``pending`` keeps their bytes.
        Bytes that are no text are replaced here, so that the reader finds the end of the record all the same."""
        size = 0
        while line := self._next():
            size = len(line) if not pending else size + len(line)
            pending.append(line)
            if size >= LIMIT:
                raise csv.Error("too long")
            yield line.decode(self.encoding, "replace")

    def _next(self) -> bytes:
        line = self._again.popleft() if self._again else next(self._lines, b"")
        if line:
            self._number += 1
        return line

    def _record(self, pending: list[bytes], values: list[str]) -> Record | None:
        if not any(values):
            return None
        payload = without_line_end(b"".join(pending), self.encoding)
        try:
            payload.decode(self.encoding)
            return Record(payload, _named(self.columns, values), self.envelope)
        except (UnicodeDecodeError, sdk.RowUnreadable):
            return Record(payload, None, self._place(self._number - len(pending) + 1))

    def _place(self, number: int) -> dict[str, str]:
        """The envelope of what is unreadable: with the line that it begins in, for whoever looks for it."""
        return {**self.envelope, "file": self.path.name, "line": str(number)}

    def _broken(self, pending: list[bytes]) -> Iterator[Record]:
        """A quote goes wrong: the line it is in is kept as unreadable, the lines after it are read again."""
        line = pending[0]
        self._again.extendleft(reversed(pending[1:]))
        self._number = number = self._number - len(pending) + 1
        if len(line) < LIMIT:
            yield Record(without_line_end(line, self.encoding), None, self._place(number))
            return
        envelope = {**self._place(number), "fault": f"the line is longer than {LIMIT:,} bytes"}
        while line:
            yield Record(line, None, envelope)
            line = b"" if without_line_end(line, self.encoding) != line else self._next()
        self._number = number  # however many pieces the line came in


@lru_cache(maxsize=64)
def columns_of(header: str, delimiter: str) -> tuple[str, ...]:
    """The names of the columns. A name that repeats is numbered: ``Note``, ``Note (2)``."""
    try:
        values = next(csv.reader([header], delimiter=delimiter), [])
    except (csv.Error, TypeError) as error:
        raise sdk.ConfigWrong(f"the header cannot be read: {error}", path="delimiter") from None
    return named(values)


def named(values: list[str]) -> tuple[str, ...]:
    """Names of columns, told apart: one that repeats is numbered."""
    names: list[str] = []
    for value in values:
        name, again = value.strip(), 1
        while name in names:
            again += 1
            name = f"{value.strip()} ({again})"
        names.append(name)
    return tuple(names)


def _named(columns: tuple[str, ...], values: list[str]) -> dict[str, str]:
    if len(values) > len(columns) and any(values[len(columns) :]):
        raise sdk.RowUnreadable(f"the row has {len(values)} cells, the header {len(columns)}")
    # A zero character is no text, and PostgreSQL takes none.
    return {column: value.strip().replace("\x00", "") for column, value in zip(columns, values, strict=False) if column}


def _delimiter(header: str) -> str:
    """The character that cuts the header into the most cells; a comma when none does."""
    return max(",;\t|", key=lambda character: len(next(csv.reader([header], delimiter=character), [])))
