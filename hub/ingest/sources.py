"""Configured sources with their connectors, as the write path sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from hub.connector import Connector, PullStream, Stream
from hub.errors import ConfigWrong, HubError, NotFound
from hub.registry import Registry, stream_of
from hub.store.session import Session
from hub.store.writing import sources

DESK = "hub.desk"
"""The connector of the built-in source of entries."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source bound to its connector; ``broken`` says why it cannot be used now."""

    num: int
    id: str
    name: str
    connector_name: str
    connector: Connector | None
    book_of_record: bool
    broken: str | None = None

    @property
    def pulled(self) -> bool:
        """Whether it can be asked; the others are told. A broken one counts as asked, so that its pull says why not."""
        return self.connector is None or any(isinstance(each, PullStream) for each in self.connector.streams())

    def stream(self, name: str) -> Stream:
        """One of its streams. Raises ``ConfigWrong`` when the connector is broken, ``NotFound`` for an unknown name."""
        if self.connector is None:
            raise ConfigWrong(f"The source {self.name} cannot be used: {self.broken}")
        return stream_of(self.connector, name)


@dataclass(slots=True)
class Sources:
    """All sources, read again when one was added."""

    registry: Registry
    _known: dict[int, Source]

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._known = {}

    def refresh(self, session: Session) -> None:
        """Take in sources that were added since."""
        for num, id_, name, connector, settings, book in sources.made_after(session, max(self._known, default=0)):
            self._known[num] = self._bind(num, id_, name, connector, orjson.loads(settings), book)

    def _bind(
        self, num: int, id_: str, name: str, connector: str, settings: Mapping[str, object], book: bool
    ) -> Source:
        try:
            return Source(num, id_, name, connector, self.registry.open(connector, settings), book)
        except HubError as error:
            return Source(num, id_, name, connector, None, book, error.message)

    def __getitem__(self, num: int) -> Source:
        return self._known[num]

    def all(self) -> list[Source]:
        """All sources in the order they were made."""
        return [self._known[num] for num in sorted(self._known)]

    def by_id(self, id_: str) -> Source:
        """A source by its id. Raises ``NotFound``."""
        for source in self._known.values():
            if source.id == id_:
                return source
        raise NotFound(f"There is no source {id_[:60]!r}.", path="source")

    def desk(self) -> Source:
        """The built-in source of entries."""
        return next(source for source in self._known.values() if source.connector_name == DESK)

    def books(self) -> frozenset[int]:
        """Sources that are books of record."""
        return frozenset(num for num, source in self._known.items() if source.book_of_record)
