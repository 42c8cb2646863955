"""A secret stays where it was given for: whoever changes where secrets are sent gives them again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, SecretStr

from hub.connector import Connector
from hub.errors import ConfigWrong
from hub.secret_settings import dotted


def refuse_elsewhere(changed: Sequence[str], kept: Sequence[str]) -> None:
    """Raise ``ConfigWrong`` when secrets that nobody gave anew would go to another destination.

    ``changed``: the settings that say so (``moved``); ``kept``: where the secrets are that were not given anew, as JSON
    pointers.
    """
    if not kept or not changed:
        return
    secrets = list(dict.fromkeys(re.sub(r"\.\d+$", "", dotted(pointer)) for pointer in kept))
    raise ConfigWrong(
        f"To change {', '.join(changed)}, give {', '.join(secrets)} again: "
        "a secret goes to no other destination than it was given for.",
        path=f"settings.{secrets[0]}",
        hint=f"In the same change. On the command line --secret {secrets[0]} asks for it.",
    )


def moved(before: Connector | None, after: Connector) -> list[str]:
    """The settings that differ and may say where secrets are sent. ``before``: bound to the settings there were, None
    where those fit it no more."""
    held, given = _open(before.settings) if before else {}, _open(after.settings)
    names = after.destinations if after.destinations is not None else sorted({*held, *given})
    return [name for name in names if held.get(name) != given.get(name)]


def _open(value: Any) -> Any:
    """Settings without what is secret or not set: a secret that differs leads nowhere else."""
    if isinstance(value, BaseModel):
        return _open(dict(value))
    if isinstance(value, dict):
        return {name: _open(inner) for name, inner in value.items() if _told(inner)}
    if isinstance(value, list | tuple):
        return [_open(inner) for inner in value if _told(inner)]
    return value


def _told(value: Any) -> bool:
    return value is not None and not isinstance(value, SecretStr)
