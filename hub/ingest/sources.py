"""Configured sources with their connectors, as the write path sees them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from hub import logs
from hub.connector import Connector, PullStream, Stream
from hub.errors import ConfigWrong, HubError, NotFound
from hub.outside import Outside
from hub.registry import Registry, stream_of
from hub.sealing import Seal, place
from hub.secret_settings import discreet, put_back, taken_out, texts
from hub.store.session import Session
from hub.store.writing import credentials, sources
from hub.store.writing.credentials import Sealed
from hub.store.writing.sources import Configured

DESK = "hub.desk"
"""The connector of the built-in source of entries."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source bound to its connector; ``broken`` says why it cannot be used now.

    ``settings`` and ``secrets`` are for binding it and for keeping quiet, never for showing.
    """

    num: int
    id: str
    name: str
    connector_name: str
    connector: Connector | None
    book_of_record: bool
    broken: str | None = None
    every: int | None = None
    paused_at: int | None = None
    notify_url: str | None = None
    deletion_share: float = 0.2
    secrets_number: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)
    secrets: Sequence[str] = field(default=(), repr=False, compare=False)

    @property
    def pulled(self) -> bool:
        """Whether it can be asked; the others are told. A broken one counts as asked, so that its pull says why not."""
        return self.connector is None or any(isinstance(each, PullStream) for each in self.connector.streams())

    def stream(self, name: str) -> Stream:
        """One of its streams. Raises ``ConfigWrong`` when the connector is broken, ``NotFound`` for an unknown name."""
        if self.connector is None:
            raise ConfigWrong(f"The source {self.name} cannot be used: {self.broken}")
        return stream_of(self.connector, name)

    def discreet(self, text: str) -> str:
        """What may be said of it: the text without its secrets."""
        return discreet(text, self.secrets)


class Sources:
    """All sources, read again when one was added or changed. One thread refreshes, any may ask."""

    def __init__(self, registry: Registry, seal: Seal | None = None) -> None:
        self.registry = registry
        self.seal = seal or Seal()
        self._known: dict[int, Source] = {}
        self._read: dict[int, Configured] = {}
        self._seen = 0

    def refresh(self, session: Session) -> None:
        """Take in sources that were added or changed since."""
        # The last number again: if its transaction came to nothing, it is given to another change.
        read = {each.num: each for each in sources.changed_since(session, self._seen)}
        changed = [each for each in read.values() if self._read.get(each.num) != each]
        if not changed:
            return
        sealed = credentials.of_sources(session, [each.num for each in changed])
        fresh = {each.num: self._bind(each, sealed.get(each.num, [])) for each in changed}
        self._known = dict(sorted((self._known | fresh).items()))  # in one go: others are looking
        self._read |= read
        self._seen = max(each.changed_number for each in changed)

    def _bind(self, configured: Configured, sealed: Iterable[Sealed]) -> Source:
        source = Source(
            configured.num, configured.id, configured.name, configured.connector, None, configured.book_of_record, None,
            configured.every, configured.paused_at, configured.notify_url, configured.deletion_share,
            configured.secrets_number,
        )  # fmt: skip
        try:
            settings = self.settings(configured, sealed)
            secrets = taken_out(settings, self.registry.secret_places(source.connector_name, settings))[1]
            source = replace(source, settings=settings, secrets=texts(secrets))
            logs.hide(source.secrets)
            return replace(source, connector=self.registry.open(source.connector_name, settings))
        except HubError as error:
            return replace(source, broken=error.message)

    def settings(self, configured: Configured, sealed: Iterable[Sealed]) -> dict[str, Any]:
        """The settings of a source with their secrets. Raises ``ConfigWrong`` without their key."""
        opened = {
            each.name: orjson.loads(self.seal.open(each.sealed, place(configured.id, each.name)))
            for each in sealed
            if credentials.is_setting(each.name)
        }
        settings: dict[str, Any] = put_back(orjson.loads(configured.settings), opened)
        return settings

    def lent(self, source: Source, outside: Outside, secrets: Sequence[str]) -> Source:
        """A source whose connector uses the world as it is lent; ``secrets`` are all that it then has.

        Raises what ``Registry.open`` raises.
        """
        connector = self.registry.open(source.connector_name, source.settings, outside)
        return replace(source, connector=connector, secrets=secrets)

    def __getitem__(self, num: int) -> Source:
        return self._known[num]

    def all(self) -> list[Source]:
        """All sources in the order they were made."""
        return list(self._known.values())

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
