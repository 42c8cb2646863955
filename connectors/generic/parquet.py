"""Any Parquet file through a declared mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from connectors import tables
from connectors.generic.guess import guess, texts
from connectors.generic.mapping import MappingSettings
from connectors.generic.rows import Rows
from hub import sdk


class TableSettings(MappingSettings, tables.TableSettings):
    """Settings of ``generic.parquet``; a column inside a struct is named with a dot."""


class Table(sdk.Connector):
    """Rows of any Parquet file, as the settings map them."""

    name = "generic.parquet"
    title = "Customers, deals, calls or anything else from Parquet files, through a declared mapping"
    documentation = "docs/connectors/generic.parquet.md"
    Settings = TableSettings
    files = tables.SUFFIXES
    settings: TableSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Rows(self.settings, partial(tables.pages, self.settings))]

    def check(self) -> Iterator[str]:
        """Sentences about a missing file, column or library."""
        return tables.check(self.settings, list(self.settings.named().values()))

    @classmethod
    def guess(cls, path: Path, *, country: str, currency: str, time_zone: str) -> sdk.Guess | None:
        """What the first rows say."""
        file = next(iter(tables.files(path).values()))
        rows = texts(tables.head(path.name, file))
        return guess(rows, path, country=country, currency=currency, time_zone=time_zone)
