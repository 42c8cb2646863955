"""Entry points become connectors. A broken one stays in its room: it is listed with the reason, the others go on."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from hub.connector import Connector, Stream
from hub.errors import ConfigWrong, HubError, NotFound
from hub.outside import Outside
from hub.secret_settings import discreet, places, taken_out, texts
from hub.settings import first_fault, foremost, names_beside

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Registry:
    """The connectors that can be used, and why the others cannot, by entry point name."""

    connectors: Mapping[str, type[Connector]]
    broken: Mapping[str, str]

    def kind(self, name: str) -> type[Connector]:
        """A connector that can be used. Raises ``NotFound`` or ``ConfigWrong``."""
        if name in self.broken:
            raise ConfigWrong(f"The connector {name} is broken: {self.broken[name]}")
        if name not in self.connectors:
            known = sorted(self.connectors)
            meant = "".join(f"Is {near} meant? " for near in get_close_matches(name, known, n=1))
            raise NotFound(f"There is no connector {name!r}. {meant}There are: {', '.join(known)}.", path="connector")
        return self.connectors[name]

    def open(self, name: str, settings: Mapping[str, Any], outside: Outside | None = None) -> Connector:
        """A connector bound to settings, and to what it may use of the world (by default all, with nothing kept).

        Raises ``NotFound`` or ``ConfigWrong`` with one clear sentence, in which no secret stands.
        """
        kind = self.kind(name)
        try:
            return _bound(kind, kind.Settings.model_validate(settings), outside)
        except ValidationError as error:
            raise _settings_wrong(kind, settings, error) from None
        except HubError as error:
            error.message = _discreet(kind, settings, error.message)
            error.args = (error.message,)
            raise
        except Exception:  # noqa: BLE001 (a partner's code may fail in any way)
            _log.error("connector %s: %s", name, _discreet(kind, settings, traceback.format_exc()))
            raise ConfigWrong(
                f"The connector {name} failed on these settings; the log has the reason.", path="settings"
            ) from None

    def secret_places(self, name: str, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Where the settings have secrets, as JSON pointers. Raises ``NotFound`` or ``ConfigWrong``."""
        return places(self.kind(name).Settings, settings)


def _bound(kind: type[Connector], settings: Any, outside: Outside | None) -> Connector:
    if outside is None:
        return kind(settings)
    if len(inspect.signature(kind).parameters) > 1:
        return kind(settings, outside)
    connector = kind(settings)  # one with a constructor of its own, which needs nothing of the world
    connector.outside = outside
    return connector


def _discreet(kind: type[Connector], settings: Mapping[str, Any], text: str) -> str:
    return discreet(text, texts(taken_out(settings, places(kind.Settings, settings))[1]))


def _settings_wrong(kind: type[Connector], settings: Mapping[str, Any], error: ValidationError) -> ConfigWrong:
    place, fault = first_fault(error)
    fault = _discreet(kind, settings, fault)
    path = f"settings.{place}" if place else "settings"
    hint = None
    first = foremost(error)
    if first["type"] == "extra_forbidden":
        fault = "there is no such setting"
        hint = f"There are: {', '.join(names_beside(kind.Settings, first['loc']))}."
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
