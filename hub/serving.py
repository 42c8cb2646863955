"""Serving: the socket and the server."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, TypeVar

import uvicorn

from hub import logs, traces
from hub.api.answering import STOPPING
from hub.api.guarded import GuardedConfig, GuardedServer, Patience
from hub.app import create_app
from hub.cycles import look_seldom
from hub.errors import ConfigWrong
from hub.ingest.hub import Hub
from hub.served import announced
from hub.settings import Settings

T = TypeVar("T")

Listening = socket.socket


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
    _favour_answers()
    logs.speak(settings.log_format, settings.log_level, access=settings.access_log)
    traces.begin()
    app = create_app(settings, hub, examples)
    config = GuardedConfig(
        app, Patience(settings.header_seconds, settings.idle_seconds), log_level="warning", log_config=None,
        access_log=False, server_header=False, timeout_graceful_shutdown=settings.grace_seconds,
        ws_max_size=settings.max_body_bytes,
    )  # fmt: skip
    url = address(listening)
    server = GuardedServer(config, settings.drain_seconds, lambda: setattr(app.state, STOPPING, True))
    _take_signals()
    if settings.database_url:
        await _answer(server, listening, lambda: ready(url))
        return
    async with announced(settings.data, url, hub):
        await _answer(server, listening, lambda: ready(url))


async def _answer(server: uvicorn.Server, listening: socket.socket, ready: Callable[[], None]) -> None:
    answering = asyncio.create_task(server.serve(sockets=[listening]))
    while not server.started and not answering.done():  # noqa: ASYNC110 (it says so by this flag alone)
        await asyncio.sleep(0.01)
    if server.started:
        ready()
    await answering


def _favour_answers() -> None:
    """Keep answers quick beside the processor, whose thread computes for seconds on end.

    A thread hands over after a tenth of a millisecond instead of five: storing a row takes the interpreter a dozen
    times, and beside the processor waits for it each time. Everybody waits while memory is collected: what is there at
    the start is looked through no more, what is new in portions of 10,000 objects (a few ms), the rest rarely.
    """
    sys.setswitchinterval(0.0001)
    gc.collect()
    gc.freeze()
    gc.set_threshold(2_000, 4, 1_250)


def _take_signals() -> None:
    """The server stops at a signal and then raises it again, when the hub is still open: let it end in order."""
    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: None)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run on uvloop where it is installed."""
    look_seldom()
    with asyncio.Runner(loop_factory=_fast_loop()) as runner:
        return runner.run(main)


def _fast_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
