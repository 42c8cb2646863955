"""An HTTP client for one provider: patient with what passes, clear about what does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx

from hub.asking.patience import ATTEMPTS, PATIENCE, backoff, told, transient
from hub.errors import HubError, RetryLater, SignInAgain, SourceFailed

_ONLY_ASKING = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
_UNREAD = frozenset({425, 429, 503})
"""Statuses after which nothing was done with a request, so that even a POST may be sent again."""
_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LARGEST = 32_000_000
_LONGEST = 120.0
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)


@dataclass(frozen=True, slots=True)
class _Fault:
    """What went wrong: whether it may pass, whether the request was surely not acted on, what the answer asks for."""

    error: HubError
    passing: bool = False
    unread: bool = False
    wait: float | None = None


class Http(httpx.AsyncClient):
    """httpx's client, which asks again after resets, time-outs, 429 and 5xx, and raises the hub's errors.

    An answer that comes back is a success, or has a status the caller wants to see: ``extensions={"expect": {410}}``.
    ``RetryLater``: the provider asks for more patience than one request has. ``SignInAgain``: 401 or 403.
    ``SourceFailed``: everything else. A POST is sent again only where the provider cannot have acted on it, unless it
    says ``extensions={"again": True}``: it only asks.
    Redirects are not followed unless asked, and with a ``base_url`` no request of the caller goes to another server;
    where a redirect goes there, our headers stay behind.
    An answer is read whole within 120 seconds and up to 32 MB, unpacked; ``stream`` has no such bounds.
    """

    def __init__(
        self,
        base_url: str,
        *,
        transport: httpx.AsyncBaseTransport,
        now: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]],
        headers: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
        reset: str = "",
    ) -> None:
        super().__init__(
            base_url=base_url,
            headers=headers,
            transport=transport,
            auth=auth,
            timeout=_TIMEOUT,
            trust_env=False,
            event_hooks={"request": [self._undress]},
        )
        self._own = tuple(headers or ())
        self._now = now
        self._sleep = sleep
        self._reset = reset

    async def send(
        self,
        request: httpx.Request,
        *,
        stream: bool = False,
        auth: Any = httpx.USE_CLIENT_DEFAULT,
        follow_redirects: Any = httpx.USE_CLIENT_DEFAULT,
    ) -> httpx.Response:
        """Raises ``RetryLater``, ``SignInAgain``, ``SourceFailed``, and ``ConfigWrong`` for an address out of reach."""
        self._stay_with_the_provider(request)
        waited = 0.0
        for attempt in range(1, ATTEMPTS + 1):
            answer: httpx.Response | _Fault
            try:
                async with asyncio.timeout(None if stream else _LONGEST):
                    answer = await super().send(request, stream=True, auth=auth, follow_redirects=follow_redirects)
                    answer = await self._judged(answer, stream=stream)
            except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
                answer = _lost(request, error)
            except (httpx.InvalidURL, httpx.TooManyRedirects):
                raise SourceFailed(f"{_host(request)} sent us round in circles.") from None
            if isinstance(answer, httpx.Response):
                return answer
            fault = answer
            if not fault.passing or not (fault.unread or _only_asks(request)):
                raise fault.error
            pause = fault.wait + backoff(1) if fault.wait else backoff(attempt)
            if waited + pause > PATIENCE:
                raise RetryLater(fault.error.message, after=pause)
            if attempt == ATTEMPTS:
                break
            waited += pause
            await self._sleep(pause)
        raise fault.error

    def _stay_with_the_provider(self, request: httpx.Request) -> None:
        """A link in an answer may name another server; our headers, credentials among them, must not go there."""
        if self.base_url.host and _origin(request.url) != _origin(self.base_url):
            raise SourceFailed(f"{self.base_url.host} names a page of another server, {_host(request)}.")

    async def _undress(self, request: httpx.Request) -> None:
        """Where a redirect that the caller follows leads to another server, only httpx's own headers go along."""
        if self.base_url.host and _origin(request.url) != _origin(self.base_url):
            for name in self._own:
                request.headers.pop(name, None)

    async def _judged(self, answer: httpx.Response, *, stream: bool) -> httpx.Response | _Fault:
        """The answer, read unless it is a stream, or what is wrong with it."""
        status, host = answer.status_code, _host(answer.request)
        if answer.is_success or status == 304 or status in answer.request.extensions.get("expect", ()):
            if not stream:
                return await _read(answer)
            answer.stream = _Told(answer, answer.stream)
            return answer
        await answer.aclose()
        wait = told(answer, self._now(), self._reset)
        if status in (401, 403):
            return _Fault(SignInAgain(f"{host} does not take our credentials ({_phrase(status)})."))
        if answer.is_redirect:
            return _Fault(SourceFailed(f"{host} sends us to another address ({_phrase(status)})."))
        if status == 429:
            return _Fault(RetryLater(f"{host} asks for patience.", after=wait or PATIENCE), True, True, wait)
        error = SourceFailed(f"{host} answered {_phrase(status)}.")
        return _Fault(error, transient(status), status in _UNREAD, wait)


class _Told(httpx.AsyncByteStream):
    """A stream whose faults are the hub's errors: the caller knows no others."""

    def __init__(self, answer: httpx.Response, inner: httpx.SyncByteStream | httpx.AsyncByteStream) -> None:
        self._request = answer.request
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._inner, httpx.AsyncByteStream)  # noqa: S101 (an asynchronous client has no other)
        try:
            async for piece in self._inner:
                yield piece
        except httpx.TransportError as error:
            raise _lost(self._request, error).error from None

    async def aclose(self) -> None:
        if isinstance(self._inner, httpx.AsyncByteStream):
            await self._inner.aclose()


async def _read(answer: httpx.Response) -> httpx.Response:
    """The answer with its body, unpacked. Raises ``SourceFailed`` when it is larger than an answer may be."""
    body = bytearray()
    try:
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _LARGEST:
                host = _host(answer.request)
                raise SourceFailed(f"{host} answered with more than {_LARGEST // 1_000_000} MB.")
    finally:
        await answer.aclose()
    headers = [
        (name, value)
        for name, value in answer.headers.raw
        if name.lower() not in (b"content-encoding", b"content-length", b"transfer-encoding")
    ]
    read = httpx.Response(
        answer.status_code,
        headers=headers,
        content=bytes(body),
        request=answer.request,
        extensions=answer.extensions,
        history=answer.history,
    )
    read.next_request = answer.next_request
    return read


def _lost(request: httpx.Request, error: Exception) -> _Fault:
    """No whole answer came."""
    host = _host(request)
    if isinstance(error, httpx.UnsupportedProtocol):
        return _Fault(SourceFailed(f"{host or 'The address'} is not an http or https address."))
    if isinstance(error, _UNSENT):
        return _Fault(SourceFailed(f"{host} cannot be reached."), passing=True, unread=True)
    late = isinstance(error, TimeoutError | httpx.TimeoutException)
    message = f"{host} did not answer in time." if late else f"{host} broke off its answer."
    return _Fault(SourceFailed(message), passing=True)


def _only_asks(request: httpx.Request) -> bool:
    return request.method in _ONLY_ASKING or bool(request.extensions.get("again"))


def _host(request: httpx.Request) -> str:
    """All that an error says of an address: paths and queries carry secrets."""
    return request.url.host


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _phrase(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
