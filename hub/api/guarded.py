"""The sockets of a served hub: what is slow, idle or too large at the head of a request is given up.

The server's own parser does the work; it knows neither how long a head may take nor how large one may be.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from weakref import proxy

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.exceptions import InvalidState

from hub.api.answering import DIRECT

MOST_HEAD = 16_384
"""Bytes of all headers of a request."""
LONGEST_ADDRESS = 8_192
"""Bytes of path and query: what browsers and proxies carry too."""
GOING_AWAY = 1001
"""How a WebSocket is closed when the hub stops: clients come again, where 1012 is not known everywhere."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a connection may take, in seconds. ``head``: for the head of a request, from its first byte or, of the
    first one, from the beginning. ``idle``: between requests, and to read what is sent."""

    head: float = 10.0
    idle: float = 30.0


class GuardedConfig(uvicorn.Config):
    """A server's configuration whose connections are guarded."""

    def __init__(self, app: Any, patience: Patience, **options: Any) -> None:
        # The server's type wants whole seconds, its timer takes any.
        idle: Any = patience.idle
        super().__init__(
            app, http=GuardedHttp, ws=GuardedSocket, timeout_keep_alive=idle,
            # Messages with secrets share a compressor with what others chose; and each socket would keep its own.
            ws_per_message_deflate=False, **options,
        )  # fmt: skip
        self.patience = patience
        logging.getLogger("uvicorn.error").addFilter(_is_news)


def _is_news(record: logging.LogRecord) -> bool:
    """Whatever strangers send must not fill the log: they are told, nobody else."""
    return record.msg not in {"Invalid HTTP request received.", "Unsupported upgrade request."}


class _Refused(Exception):
    """The head of a request is not taken: status, code, sentence."""


class GuardedHttp(HttpToolsProtocol):
    """One connection."""

    config: GuardedConfig

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._patience = self.config.patience
        self._heading = False
        """Whether the head of a request is to come."""
        self._head: asyncio.TimerHandle | None = None
        """Runs while one is late, from the end of what has come of it."""
        self._reader: asyncio.TimerHandle | None = None
        self._unparsed = 0
        self._begun = False
        self._why: tuple[int, str, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._heading = True
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        self._is_read()
        super().connection_lost(exc)

    # The head of a request ------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._heading:
            # A header that never ends is not told by the parser.
            self._unparsed += len(data)
        elif self.cycle is not None and self.cycle.response_complete:
            # Whatever it is (empty lines, the rest of a body that nobody wants), a request must come of it soon.
            self._heading = True
        super().data_received(data)
        if self._heading:
            # Most heads come whole: a timer for each would take longer than reading it.
            self._await_head()
            if self._unparsed > MOST_HEAD:
                self._refuse(*_LARGE_HEAD)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._begun = self._heading = True

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > LONGEST_ADDRESS:
            self._why = _LONG_ADDRESS
            raise _Refused

    def on_headers_complete(self) -> None:
        if sum([len(name) + len(value) for name, value in self.headers]) > MOST_HEAD:
            self._why = _LARGE_HEAD
            raise _Refused
        self._stop_waiting()
        self._unparsed, self._begun = 0, False
        super().on_headers_complete()
        if self.cycle is not None and self.cycle.scope is self.scope:
            self.scope["extensions"] = {DIRECT: _Whole(self.cycle)}  # type: ignore[dict-item]

    def _await_head(self) -> None:
        if self._head is None and not self.transport.is_closing():
            self._head = self.loop.call_later(self._patience.head, self._late)

    def _stop_waiting(self) -> None:
        self._heading = False
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _late(self) -> None:
        self._head = None
        if self._begun:
            self._refuse(408, "TOO_SLOW", f"The head did not arrive within {self._patience.head:g} seconds.")
        elif not self.transport.is_closing():
            self._close()

    def send_400_response(self, msg: str) -> None:
        """What is said to bytes that the parser, or this class, does not take."""
        self._refuse(*(self._why or (400, "BAD_REQUEST", "This is not HTTP.")))

    def _refuse(self, status: int, code: str, sentence: str) -> None:
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            content = orjson.dumps({"errors": [{"message": sentence, "extensions": {"code": code}}]})
            head = b"content-type: application/json; charset=utf-8\r\ncache-control: no-store\r\nconnection: close\r\n"
            length = b"content-length: %d\r\n\r\n" % len(content)
            self.transport.write(STATUS_LINE[status] + head + length + content)
        # Else an answer to an earlier request is on its way, and nothing may stand in the middle of it.
        self._close()

    # What is sent ---------------------------------------------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._reader is None:
            self._reader = self.loop.call_later(self._patience.idle, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_read()

    def _is_read(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            self._reader = None

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing():
            self._close()

    def timeout_keep_alive_handler(self) -> None:
        if not self.transport.is_closing():
            self._close()

    def _close(self) -> None:
        """Close once everything is sent, or when nobody reads it."""
        self._stop_waiting()
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self.loop.call_later(self._patience.idle, self.transport.abort)


class _Whole:
    """A request and its answer each as a whole (``Direct``): what is sent leaves at once, and is put together once."""

    __slots__ = ("_cycle",)

    def __init__(self, cycle: RequestResponseCycle) -> None:
        # The request knows it: would it hold the request too, both were kept until memory is next looked through.
        self._cycle: RequestResponseCycle = proxy(cycle)

    def body(self) -> bytes | None:
        """The body, if all of it is there."""
        return None if self._cycle.more_body else bytes(self._cycle.body)

    async def answer(self, head: bytes, body: bytes) -> None:
        """Send an answer; a reader who is slow is waited for, as with others."""
        cycle = self._cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if cycle.disconnected:
            return
        cycle.response_started = cycle.response_complete = True
        own = [b"%b: %b\r\n" % pair for pair in cycle.default_headers]
        close = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
        cycle.transport.writelines([b"".join([STATUS_LINE[200], *own, head, close]), body])
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()


class GuardedSocket(WebSocketsSansIOProtocol):
    """One WebSocket."""

    def shutdown(self) -> None:
        """Tell the client that the hub goes away."""
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
            return
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": GOING_AWAY})
        with contextlib.suppress(InvalidState):
            self.conn.send_close(GOING_AWAY)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()


class GuardedServer(uvicorn.Server):
    """A server that says first that it is to stop, goes on for ``drain`` seconds, and then lets answers under way end.

    Proxies look whether a hub is ready every few seconds: what they send meanwhile is still answered.
    """

    def __init__(self, config: GuardedConfig, drain: float, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain
        self._say_stopping = stopping

    async def shutdown(self, sockets: list[Any] | None = None) -> None:
        """Stop. A second Ctrl+C stops at once."""
        self._say_stopping()
        until = asyncio.get_running_loop().time() + self._drain
        while not self.force_exit and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 (set by a signal)
            await asyncio.sleep(0.05)
        await super().shutdown(sockets)


_LARGE_HEAD = 431, "HEADERS_TOO_LARGE", f"The headers are larger than {MOST_HEAD:,} bytes."
_LONG_ADDRESS = 414, "ADDRESS_TOO_LONG", f"The address is longer than {LONGEST_ADDRESS:,} bytes."
