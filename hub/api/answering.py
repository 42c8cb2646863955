"""Answers over HTTP: bodies up to a limit, errors as JSON with one clear sentence."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

import orjson
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Scope

from hub.api.auth import NotSignedIn
from hub.api.errors import internal
from hub.api.execute import Answer, refused
from hub.errors import HubError, InputWrong, NotAllowed, NotFound, RetryLater, SignatureWrong, TooLarge

SLOWEST = 30.0
"""Seconds that a body may take to arrive, unless a setting says otherwise."""
STOPPING = "stopping"
"""What the application's state is told when the hub is to stop: answers under way are finished, nothing new begins."""
DIRECT = "hub.direct"
"""The extension by which a server gives a request, and takes its answer, as a whole (``Direct``)."""
_JSON_TYPE = "application/json; charset=utf-8"


class Direct(Protocol):
    """A request and its answer without messages."""

    def body(self) -> bytes | None:
        """The body, before any of it is received, which it may be all the same; None unless all of it is there."""

    async def answer(self, head: bytes, body: bytes) -> None:
        """Send an answer with the status 200, ``head`` being lines of headers."""


def direct(scope: Scope) -> Direct | None:
    """A request as a whole, where its server gives it so."""
    given: Direct | None = scope.get("extensions", {}).get(DIRECT)
    return given


def lines(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Headers as they are sent."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


class UnsupportedMediaType(InputWrong):
    """The body is not of a type the hub reads."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class NotARequest(InputWrong):
    """The JSON is not a GraphQL request."""


class UnsupportedMethod(InputWrong):
    """The address does not know the method. ``allowed`` are those that it knows."""

    code = "METHOD_NOT_ALLOWED"

    def __init__(self, *allowed: str) -> None:
        super().__init__(f"Send {' or '.join(allowed)}.")
        self.allowed = allowed


class NotAcceptable(InputWrong):
    """The client takes no type in which the hub answers."""

    code = "NOT_ACCEPTABLE"


class HeadersTooLarge(InputWrong):
    """The headers are larger than the hub takes."""

    code = "HEADERS_TOO_LARGE"


class TooSlow(InputWrong):
    """The body did not arrive in time."""

    code = "TOO_SLOW"


_STATUS: tuple[tuple[type[HubError], int], ...] = (
    (NotSignedIn, 401),
    (SignatureWrong, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (TooLarge, 413),
    (RetryLater, 503),
    (UnsupportedMethod, 405),
    (NotAcceptable, 406),
    (NotARequest, 422),
    (UnsupportedMediaType, 415),
    (HeadersTooLarge, 431),
    (TooSlow, 408),
    (InputWrong, 400),
)


Say = Callable[[Answer], Response]


async def body(http: HttpRequest, limit: int, slowest: float) -> bytes:
    """The body of a request, within ``slowest`` seconds. Raises ``TooLarge`` before more than ``limit`` bytes are kept,
    and ``TooSlow``."""
    sentence = f"This request is larger than {limit:,} bytes."
    announced = http.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > 15 or int(announced) > limit):
        raise TooLarge(sentence)
    parts, size = [], 0
    try:
        async with asyncio.timeout(slowest):
            async for part in http.stream():
                size += len(part)
                if size > limit:
                    raise TooLarge(sentence)
                parts.append(part)
    except TimeoutError:
        raise TooSlow(f"The body did not arrive within {slowest:g} seconds.") from None
    return b"".join(parts)


async def steadily(http: HttpRequest, slowest: float) -> AsyncIterator[bytes]:
    """The body of a request part by part, however long it is. Raises ``TooSlow`` when nothing comes for so long."""
    stream = http.stream()
    while True:
        try:
            async with asyncio.timeout(slowest):
                part = await anext(stream, None)
        except TimeoutError:
            raise TooSlow(f"Nothing arrived for {slowest:g} seconds.") from None
        if part is None:
            return
        yield part


def json_answer(
    content: Any, status: int = 200, media_type: str = _JSON_TYPE, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON."""
    return Response(orjson.dumps(content), status, {"Content-Type": media_type, **(headers or {})})


def plainly(answer: Answer) -> Response:
    """An answer as it is, as JSON."""
    return json_answer(answer.content, answer.status, headers=headers(answer))


def headers(answer: Answer) -> dict[str, str]:
    """The headers that say more of an answer's status."""
    after = answer.retry_after
    return {**answer.headers, **({} if after is None else {"Retry-After": str(max(1, round(after)))})}


async def clean(http: HttpRequest, run: Callable[[HttpRequest], Awaitable[Response]], say: Say = plainly) -> Response:
    """Errors as JSON with one clear sentence, whatever happens. ``say`` writes them."""
    try:
        return await run(http)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it; nothing went wrong here
    except HubError as error:
        return _refusal(error, say)
    except asyncio.CancelledError:
        if not getattr(http.app.state, STOPPING, False):
            raise
        return stopping(say)
    except Exception as error:  # noqa: BLE001 (the last line of defence: nothing of the inside may leave)
        return say(Answer({"errors": [internal(error)]}, 500))


def stopping(say: Say = plainly) -> Response:
    """What is said to who waits for an answer that is given up because the hub stops."""
    return _refusal(RetryLater("The hub is stopping. Ask again.", after=1), say)


def _refusal(error: HubError, say: Say) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 502)
    response = say(refused(error, status))
    if isinstance(error, TooSlow):
        response.headers["Connection"] = "close"  # or the rest of the body would be waited for
    if isinstance(error, UnsupportedMethod):
        response.headers["Allow"] = ", ".join(error.allowed)
    if status == 401:
        # Some senders show their password only when they are asked for one.
        signed = isinstance(error, SignatureWrong)
        challenge = 'Signature realm="hub", Basic realm="hub"' if signed else 'Bearer realm="hub"'
        response.headers["WWW-Authenticate"] = challenge
    return response
