"""The file by which a command finds the process that serves a folder."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hub.client import ALL_SCOPES
from hub.errors import NotFound

if TYPE_CHECKING:
    from hub.ingest.hub import Hub

FILE = "serve.json"


@dataclass(frozen=True, slots=True)
class Served:
    """Who serves a folder, and how to ask it: ``secret`` is a token that ends with the process."""

    url: str
    pid: int
    token: str
    secret: str


def served(folder: Path) -> Served | None:
    """The process that serves the hub in a folder; None when there is none, or it has died."""
    said = _left(folder)
    return said if said and _alive(said.pid) else None


def _left(folder: Path) -> Served | None:
    try:
        return Served(**json.loads((folder / FILE).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@asynccontextmanager
async def announced(folder: Path, url: str, hub: Hub) -> AsyncIterator[None]:
    """Tell commands that this process serves the folder. The token in the file is for the folder's owner alone."""
    if left := _left(folder):  # of a process that was killed
        await _revoke(hub, left.token)
    token, secret = await hub.create_token("command line", ALL_SCOPES)
    path = folder / FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(Served(url, os.getpid(), token, secret)), file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
        await _revoke(hub, token)


async def _revoke(hub: Hub, token: str) -> None:
    with suppress(NotFound):
        await hub.revoke_token(token)
