"""Serving: the socket, the server, and the file by which a command finds the process that serves a folder."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import uvicorn

from hub.app import create_app
from hub.client import ALL_SCOPES
from hub.errors import ConfigWrong, NotFound
from hub.ingest.hub import Hub
from hub.settings import Settings

T = TypeVar("T")

Listening = socket.socket
FILE = "serve.json"
GRACE = 5
"""Seconds that answers under way get at shutdown."""


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


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises ``ConfigWrong`` when the port is taken or the host is not of this machine."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        # Two sockets may be bound to one port as long as neither listens.
        listening.listen()
    except OSError as error:
        listening.close()
        raise _unheard(host, port, error) from None
    except OverflowError:
        listening.close()
        raise ConfigWrong(f"{port} is no port: give a number from 0 to 65535.") from None
    return listening


class PortTaken(ConfigWrong):
    """Another program listens at the port."""


def _unheard(host: str, port: int, error: OSError) -> ConfigWrong:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(
            f"Another program listens at port {port} of {host} already.",
            hint="Stop it, or give another port with --port.",
        )
    if error.errno == errno.EACCES:
        return ConfigWrong(f"You may not listen at port {port}.", hint="Ports from 1024 up are open to everybody.")
    return ConfigWrong(f"{host} is not an address of this machine.", hint="127.0.0.1 is; 0.0.0.0 means all of them.")


def address(listening: socket.socket) -> str:
    """Where a browser of this machine finds what listens."""
    host, port = listening.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 (all addresses of this machine, one of which is enough)
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def serve(
    settings: Settings,
    hub: Hub,
    listening: socket.socket,
    *,
    ready: Callable[[str], None],
    examples: Mapping[str, str] | None = None,
) -> None:
    """Answer until this process is told to stop. ``ready`` hears the address once it is answered there."""
    app = create_app(settings, hub, examples)
    config = uvicorn.Config(
        app, ws="websockets-sansio", log_level="warning", access_log=False, server_header=False,
        timeout_graceful_shutdown=GRACE,
    )  # fmt: skip
    url = address(listening)
    server = uvicorn.Server(config)
    _take_signals()
    if settings.database_url:
        await _answer(server, listening, lambda: ready(url))
        return
    async with announced(settings.data, url, hub):
        await _answer(server, listening, lambda: ready(url))


async def _answer(server: uvicorn.Server, listening: socket.socket, ready: Callable[[], None]) -> None:
    answering = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not answering.done():
        await asyncio.sleep(0.01)  # noqa: ASYNC110 (the server says it by this flag alone)
    if server.started:
        ready()
    await answering


def _take_signals() -> None:
    """The server stops at a signal and then raises it again, when the hub is still open: let it end in order."""
    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: None)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop where it is installed."""
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        return runner.run(main)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
