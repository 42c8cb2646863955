"""Any Parquet file through a declared mapping."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from connectors import objects, tables
from connectors.generic.guess import guess, texts
from connectors.generic.mapping import Mapping, MappingSettings
from connectors.members import Members
from hub import sdk


class TableSettings(MappingSettings, tables.TableSettings):
    """Settings of ``generic.parquet``; a column inside a struct is named with a dot."""


class Rows(sdk.PullStream):
    """The rows of the files."""

    name = "rows"
    nature = sdk.Nature.STATES

    def __init__(self, settings: TableSettings) -> None:
        self._settings = settings
        self._mapping = Mapping(settings)

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """Rows of the files that changed since ``cursor``."""
        return tables.pages(self._settings, cursor, self._row)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the mapping makes of the row."""
        return self._mapping.mapped(Members(objects.said(row), self._settings))

    def _row(self, content: objects.Object) -> sdk.Row | None:
        return self._mapping.row(Members(content, self._settings))


class Table(sdk.Connector):
    """Rows of any Parquet file, as the settings map them."""

    name = "generic.parquet"
    title = "Customers, deals, calls or anything else from Parquet files, through a declared mapping"
    Settings = TableSettings
    files = tables.SUFFIXES
    settings: TableSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Rows(self.settings)]

    def check(self) -> Iterator[str]:
        """Sentences about a missing file, column or library."""
        return tables.check(self.settings, list(self.settings.named().values()))

    @classmethod
    def guess(cls, path: Path, *, country: str, currency: str, time_zone: str) -> sdk.Guess | None:
        """What the first rows say."""
        file = next(iter(tables.files(path).values()))
        rows = texts(tables.head(path.name, file))
        return guess(rows, path, country=country, currency=currency, time_zone=time_zone)
