"""Any workbook through a declared mapping."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from connectors import objects, workbooks
from connectors.generic.guess import guess, texts
from connectors.generic.mapping import Mapping, MappingSettings
from connectors.members import Members
from hub import sdk


class WorkbookSettings(MappingSettings, workbooks.WorkbookSettings):
    """Settings of ``generic.xlsx``."""


class Rows(sdk.PullStream):
    """The rows of the sheet."""

    name = "rows"
    nature = sdk.Nature.STATES

    def __init__(self, settings: WorkbookSettings) -> None:
        self._settings = settings
        self._mapping = Mapping(settings)

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Rows of the files that changed since ``cursor``."""
        return workbooks.pages(self._settings, cursor, self._row)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the mapping makes of the row."""
        return self._mapping.mapped(Members(objects.said(row), self._settings))

    def _row(self, content: objects.Object) -> sdk.Row | None:
        return self._mapping.row(Members(content, self._settings))


class Workbook(sdk.Connector):
    """Rows of a sheet of any workbook, as the settings map them."""

    name = "generic.xlsx"
    title = "Customers, deals, calls or anything else from Excel and LibreOffice sheets, through a declared mapping"
    Settings = WorkbookSettings
    files = workbooks.SUFFIXES
    settings: WorkbookSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Rows(self.settings)]

    def check(self) -> Iterator[str]:
        """Sentences about a missing file, sheet, column or library."""
        return workbooks.check(self.settings, list(self.settings.named().values()))

    @classmethod
    def guess(cls, path: Path, *, country: str, currency: str, time_zone: str) -> sdk.Guess | None:
        """What the first rows of the first sheet say."""
        with workbooks.sheet(path.name, path, None) as (_, rows):
            return guess(texts(rows), path, country=country, currency=currency, time_zone=time_zone)
