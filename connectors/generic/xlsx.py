"""Any workbook through a declared mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from connectors import workbooks
from connectors.generic.guess import guess, texts
from connectors.generic.mapping import MappingSettings
from connectors.generic.rows import Rows
from hub import sdk


class WorkbookSettings(MappingSettings, workbooks.WorkbookSettings):
    """Settings of ``generic.xlsx``."""


class Workbook(sdk.Connector):
    """Rows of a sheet of any workbook, as the settings map them."""

    name = "generic.xlsx"
    title = "Customers, deals, calls or anything else from Excel and LibreOffice sheets, through a declared mapping"
    documentation = "docs/connectors/generic.xlsx.md"
    Settings = WorkbookSettings
    files = workbooks.SUFFIXES
    settings: WorkbookSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Rows(self.settings, partial(workbooks.pages, self.settings))]

    def check(self) -> Iterator[str]:
        """Sentences about a missing file, sheet, column or library."""
        return workbooks.check(self.settings, list(self.settings.named().values()))

    @classmethod
    def guess(cls, path: Path, *, country: str, currency: str, time_zone: str) -> sdk.Guess | None:
        """What the first rows of the first sheet say."""
        with workbooks.sheet(path.name, path, None) as (_, rows):
            return guess(texts(rows), path, country=country, currency=currency, time_zone=time_zone)
