"""Any file of one JSON object a line through a declared mapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from connectors import objects
from connectors.generic.guess import guess, texts
from connectors.generic.mapping import MappingSettings
from connectors.generic.rows import Rows
from hub import sdk


class ObjectSettings(MappingSettings, objects.ObjectSettings):
    """Settings of ``generic.ndjson``; a column is a member, one inside another is named with a dot."""


class Lines(sdk.Connector):
    """Objects of any NDJSON file, as the settings map them."""

    name = "generic.ndjson"
    title = "Customers, deals, calls or anything else from JSON lines, through a declared mapping"
    documentation = "docs/connectors/generic.ndjson.md"
    Settings = ObjectSettings
    files = objects.SUFFIXES
    settings: ObjectSettings

    def streams(self) -> Sequence[sdk.Stream]:
        """One stream."""
        return [Rows(self.settings, partial(objects.pages, self.settings))]

    def check(self) -> Iterator[str]:
        """Sentences about a missing file or member."""
        return objects.check(self.settings, list(self.settings.named().values()))

    @classmethod
    def guess(cls, path: Path, *, country: str, currency: str, time_zone: str) -> sdk.Guess | None:
        """What the first rows say."""
        file = next(iter(objects.files(path).values()))
        rows = texts(objects.head(path.name, file, "auto", []))
        return guess(rows, path, country=country, currency=currency, time_zone=time_zone)
