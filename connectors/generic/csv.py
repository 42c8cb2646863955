"""Any sheet through a declared mapping: customers, deals, calls, birthdays."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from connectors import folders, sheets
from connectors.cells import Cells
from connectors.generic.guess import guess
from connectors.generic.mapping import Mapping, MappingSettings
from connectors.occurrences import Occurrences
from hub import sdk


class SheetSettings(MappingSettings, sheets.SheetSettings):
    """Settings of ``generic.csv``."""


class Rows(sdk.PullStream):
    """The rows of a sheet."""

    name = "rows"
    nature = sdk.Nature.STATES

    def __init__(self, settings: SheetSettings) -> None:
        self._settings = settings
        self._mapping = Mapping(settings)

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Rows of the files that changed since ``cursor``."""
        return folders.pages(self._settings, cursor, self._mapping.named, self._row)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the mapping makes of the row."""
        return self._mapping.mapped(Cells(sheets.cells(row), self._settings))

    def _row(self, record: sheets.Record, occurrences: Occurrences) -> sdk.Row | None:
        row = self._mapping.row(Cells(record.cells or {}, self._settings))
        if row is None:
            return None
        key = row.key or occurrences.numbered(f"row/{record.digest()}")
        return replace(row, key=key, payload=record.payload, envelope=record.envelope)


class Sheet(sdk.Connector):
    """Rows of any CSV sheet, as the settings map them."""

    name = "generic.csv"
    title = "Customers, deals, calls or birthdays from any CSV sheet, through a declared mapping"
    documentation = "docs/connectors/generic.csv.md"
    Settings = SheetSettings
    files = folders.SUFFIXES
    settings: SheetSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Rows(self.settings)]

    def check(self) -> Iterator[str]:
        """Sentences about a missing file or column, or another encoding than declared."""
        return folders.check(self.settings, self.settings.named())

    @classmethod
    def guess(cls, path: Path, *, country: str, currency: str, time_zone: str) -> sdk.Guess | None:
        """What the first rows say."""
        settings = sheets.SheetSettings(path=path)
        with sheets.Sheet(folders.files(path)[0], settings, {}) as sheet:
            rows = (record.cells for record in sheet.records() if record.cells)
            return guess(rows, path, country=country, currency=currency, time_zone=time_zone)
