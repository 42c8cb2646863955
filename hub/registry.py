"""Entry points become connectors. A broken one stays in its room: it is listed with the reason, the others go on."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from hub.connector import Connector, Stream
from hub.errors import ConfigWrong, NotFound
from hub.settings import first_fault

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Registry:
    """The connectors that can be used, and why the others cannot, by entry point name."""

    connectors: Mapping[str, type[Connector]]
    broken: Mapping[str, str]

    def open(self, name: str, settings: Mapping[str, Any]) -> Connector:
        """A connector bound to settings. Raises ``NotFound`` or ``ConfigWrong`` with one clear sentence."""
        if name in self.broken:
            raise ConfigWrong(f"The connector {name} is broken: {self.broken[name]}")
        if name not in self.connectors:
            known = ", ".join(sorted(self.connectors))
            raise NotFound(f"There is no connector {name!r}. There are: {known}.", path="connector")
        kind = self.connectors[name]
        try:
            return kind(kind.Settings.model_validate(settings))
        except ValidationError as error:
            raise _settings_wrong(kind, error) from None


def _settings_wrong(kind: type[Connector], error: ValidationError) -> ConfigWrong:
    place, fault = first_fault(error)
    path = f"settings.{place}" if place else "settings"
    hint = None
    if error.errors()[0]["type"] == "extra_forbidden":
        fault = "there is no such setting"
        if place in error.errors()[0]["loc"]:  # at the top: there is little to choose from
            hint = f"There are: {', '.join(kind.Settings.model_fields)}."
    where = f" {place}:" if place else ""
    return ConfigWrong(f"Settings of {kind.name}:{where} {fault}.", path=path, hint=hint)


def stream_of(connector: Connector, name: str) -> Stream:
    """The stream of a connector. Raises ``NotFound``."""
    for stream in connector.streams():
        if stream.name == name:
            return stream
    known = ", ".join(stream.name for stream in connector.streams())
    raise NotFound(f"{connector.name} has no stream {name!r}. It has: {known}.", path="stream")


def load_registry() -> Registry:
    """All connectors that are installed."""
    connectors: dict[str, type[Connector]] = {}
    broken: dict[str, str] = {}
    for point in entry_points(group="hub.connectors"):
        try:
            loaded = point.load()
            if not (isinstance(loaded, type) and issubclass(loaded, Connector)):
                raise TypeError(f"{point.value} is not a Connector")  # noqa: TRY301 (it is kept as the reason, below)
            if loaded.name != point.name:
                raise TypeError(f"{point.value} calls itself {loaded.name!r}")  # noqa: TRY301 (likewise)
            connectors[point.name] = loaded
        except Exception as error:  # noqa: BLE001 (a partner's code may fail in any way; it must not stop the hub)
            broken[point.name] = f"{type(error).__name__}: {error}"
            _log.warning("connector %s is broken: %s", point.name, broken[point.name])
    return Registry(connectors, broken)
