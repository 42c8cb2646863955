"""Answers in fewer bytes: zstd, or gzip for clients that do not know it."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

import anyio.to_thread
import zstandard
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SMALLEST = 1_000
"""Bytes below which it is not worth it: they fit one packet as they are."""
IN_THREAD = 65_536
"""Bytes from which on others should not wait for it."""
_TYPES = (
    *("application/json", "application/graphql-response+json", "application/x-ndjson", "application/javascript"),
    *("text/html", "text/css", "text/csv", "text/javascript", "text/plain", "image/svg+xml"),
)


class _Compressor(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes: ...


def _gzip() -> _Compressor:
    # A level higher takes twice the time for a tenth less.
    return zlib.compressobj(3, wbits=31)


def _zstd() -> _Compressor:
    return zstandard.ZstdCompressor(3).compressobj()


_ENCODINGS: dict[str, Callable[[], _Compressor]] = {"zstd": _zstd, "gzip": _gzip}
"""The best first."""


class _Own(threading.local):
    """Of each thread with an event loop: making a compressor takes four times as long as compressing a small answer."""

    def __init__(self) -> None:
        self.zstd = zstandard.ZstdCompressor(3)


_own = _Own()


class Compressed:
    """Compresses answers of texts, for clients that take it.

    What says ``no-transform`` stays as it is: a secret beside text that an attacker chose would be told by the size.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and its answer through a compressor."""
        if scope["type"] == "http":
            send = _Answer(send, encoding(Headers(scope=scope).get("accept-encoding", ""))).send
        await self._app(scope, receive, send)


@lru_cache(256)
def encoding(accepted: str) -> str | None:
    """The encoding for an Accept-Encoding header; None when it takes none of ours."""
    if not accepted:
        return None
    refused: set[str] = set()
    named: set[str] = set()
    for part in accepted.lower().split(","):
        name, _, quality = part.partition(";")
        worthless = quality.replace(" ", "") in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
        (refused if worthless else named).add(name.strip())
    return next((each for each in _ENCODINGS if each not in refused and (each in named or "*" in named)), None)


class _Answer:
    """One answer on its way out. Its start is held back until its first part says whether it is worth it."""

    def __init__(self, send: Send, coding: str | None) -> None:
        self._send = send
        self._coding = coding
        self._start: Message | None = None
        self._compressor: _Compressor | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _compressible(message):
            self._start = message
        elif message["type"] != "http.response.body":
            await self._send(message)
        elif self._start is not None:
            start, self._start = self._start, None
            await self._begin(start, message)
        elif self._compressor is not None:
            await self._go_on(message, self._compressor)
        else:
            await self._send(message)

    async def _begin(self, start: Message, first: Message) -> None:
        headers = MutableHeaders(scope=start)
        headers.add_vary_header("Accept-Encoding")
        whole = not first.get("more_body", False)
        if self._coding is None or (whole and len(first.get("body", b"")) < SMALLEST):
            await self._send(start)
            await self._send(first)
            return
        headers["Content-Encoding"] = self._coding
        if (tag := headers.get("etag", "")).startswith('"'):
            headers["ETag"] = f"W/{tag}"
        if whole:
            body = await compressed(first.get("body", b""), self._coding)
            headers["Content-Length"] = str(len(body))
        else:
            self._compressor = _ENCODINGS[self._coding]()
            body = await _squeezed(self._compressor, first)
            del headers["Content-Length"]
        await self._send(start)
        await self._send({**first, "body": body})

    async def _go_on(self, message: Message, compressor: _Compressor) -> None:
        await self._send({**message, "body": await _squeezed(compressor, message)})


def _compressible(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return (
        headers.get("content-type", "").partition(";")[0] in _TYPES
        and start["status"] not in (204, 206, 304)
        and "content-encoding" not in headers
        and "no-transform" not in headers.get("cache-control", "")
    )


async def compressed(body: bytes, coding: str) -> bytes:
    """A whole body by an encoding that ``encoding`` gave."""
    if coding == "zstd" and len(body) < IN_THREAD:
        return _own.zstd.compress(body)
    return await _squeezed(_ENCODINGS[coding](), {"body": body})


async def _squeezed(compressor: _Compressor, message: Mapping[str, Any]) -> bytes:
    body: bytes = message.get("body", b"")
    last = not message.get("more_body", False)

    def squeeze() -> bytes:
        squeezed = compressor.compress(body)
        return squeezed + compressor.flush() if last else squeezed

    return await anyio.to_thread.run_sync(squeeze) if len(body) >= IN_THREAD else squeeze()
