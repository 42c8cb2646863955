"""A tap's configuration: written for it alone, and read back, because taps store rotated tokens in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from connectors.objects import Object
from hub import sdk

CREDENTIAL = "config"
_HIDDEN = "********"
_SHORTEST = 4
"""Characters from which on a secret is looked for in a log; a shorter one would black out words."""


@dataclass(slots=True)
class Configuration:
    """The file of a run. ``of`` says which settings it was made from: a kept one is good for the same only."""

    path: Path
    outside: sdk.Outside
    of: str
    given: Object = field(repr=False)
    secrets: list[str] = field(repr=False)
    _known: bytes = field(repr=False)

    @classmethod
    def written(
        cls, folder: Path, plain: Object, secrets: Mapping[str, sdk.Secret], outside: sdk.Outside
    ) -> Configuration:
        """Write it into a folder: what the tap left behind last time, or the settings. Raises ``ConfigWrong``."""
        given = deepcopy(plain)
        for name, secret in secrets.items():
            _put(given, name, secret.get_secret_value())
        of = hashlib.sha256(orjson.dumps(given, option=orjson.OPT_SORT_KEYS)).hexdigest()
        kept = _kept((outside.credentials or {}).get(CREDENTIAL, ""), of)
        content = orjson.dumps(given if kept is None else kept)
        path = folder / "config.json"
        path.touch(mode=0o600)
        path.write_bytes(content)
        hidden = [secret.get_secret_value() for secret in secrets.values()]
        made = cls(path, outside, of, given, hidden, content)
        made._hide(kept)
        return made

    async def keep(self) -> None:
        """Store what the tap changed, if it did; what cannot be read is left: it may be half written."""
        try:
            content = self.path.read_bytes()
            said = None if content == self._known else orjson.loads(content)
        except (OSError, orjson.JSONDecodeError):
            return
        if not isinstance(said, dict):
            return
        self._known = content
        self._hide(said)
        await self.outside.keep(CREDENTIAL, orjson.dumps({"of": self.of, "config": said}).decode())

    def discreet(self, text: str) -> str:
        """A text without the secrets that stand in it, also as they stand in addresses."""
        for secret in sorted(self.secrets, key=len, reverse=True):
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, _HIDDEN).replace(quote(secret, safe=""), _HIDDEN)
        return text

    def _hide(self, said: Object | None) -> None:
        """What the tap wrote into it that was not there is as secret as what was."""
        before = set(_leaves(self.given))
        self.secrets += [leaf for leaf in _leaves(said or {}) if leaf not in before]


def _put(given: Object, name: str, value: str) -> None:
    *above, last = name.split(".")
    held = given
    for step in above:
        inner = held.setdefault(step, {})
        if not isinstance(inner, dict):
            raise sdk.ConfigWrong(f"{step} is no object, so that it has no {name}", path=f"settings.secrets.{name}")
        held = inner
    held[last] = value


def _kept(text: str, of: str) -> Object | None:
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return said.get("config") if isinstance(said, dict) and said.get("of") == of else None


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    elif isinstance(value, str):
        yield value
