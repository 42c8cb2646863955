"""Rows that are JSON objects, whatever file they stood in, through a declared mapping."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

from connectors import objects
from connectors.generic.mapping import Mapping, MappingSettings
from connectors.members import Members
from hub import sdk

Pages = Callable[[sdk.Cursor | None, objects.Name], AsyncIterator[sdk.Page]]
"""Reads the pages of what is new since a cursor."""


class Rows(sdk.PullStream):
    """The rows of a source's files."""

    name = "rows"
    nature = sdk.Nature.STATES

    def __init__(self, settings: MappingSettings, pages: Pages) -> None:
        self._settings = settings
        self._mapping = Mapping(settings)
        self._pages = pages

    def pages(self, cursor: sdk.Cursor | None) -> AsyncIterator[sdk.Page]:
        """What is new in the files since ``cursor``."""
        return self._pages(cursor, self._row)

    def touchpoints(self, row: sdk.Row) -> Iterator[sdk.Mapped]:
        """What the mapping makes of the row."""
        return self._mapping.mapped(Members(objects.said(row), self._settings))

    def _row(self, content: objects.Object) -> sdk.Row | None:
        return self._mapping.row(Members(content, self._settings))
