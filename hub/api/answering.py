"""Answers over HTTP: bodies up to a limit, errors as JSON with one clear sentence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response

from hub.api.auth import NotSignedIn
from hub.api.errors import unexpected
from hub.api.execute import Answer, refused
from hub.errors import HubError, InputWrong, NotAllowed, NotFound, RetryLater, SignatureWrong, TooLarge

_JSON_TYPE = "application/json; charset=utf-8"
_GRAPHQL_TYPE = "application/graphql-response+json; charset=utf-8"


class UnsupportedMediaType(InputWrong):
    """The body is not of a type the hub reads."""

    code = "UNSUPPORTED_MEDIA_TYPE"


class NotARequest(InputWrong):
    """The JSON is not a GraphQL request."""


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
    (NotARequest, 422),
    (UnsupportedMediaType, 415),
    (HeadersTooLarge, 431),
    (TooSlow, 408),
    (InputWrong, 400),
)


async def body(http: HttpRequest, limit: int) -> bytes:
    """The body of a request. Raises ``TooLarge`` before more than ``limit`` bytes are kept."""
    sentence = f"This request is larger than {limit:,} bytes."
    announced = http.headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and (len(announced) > 15 or int(announced) > limit):
        raise TooLarge(sentence)
    parts, size = [], 0
    async for part in http.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(sentence)
        parts.append(part)
    return b"".join(parts)


def answered(http: HttpRequest, answer: Answer) -> Response:
    """An answer of GraphQL, in the type that the client prefers."""
    headers = {"Allow": "POST"} if answer.status == 405 else {}
    if answer.retry_after is not None:
        headers["Retry-After"] = str(max(1, round(answer.retry_after)))
    return json_answer(answer.content, answer.status, _media_type(http), headers)


def _media_type(http: HttpRequest) -> str:
    accepted = http.headers.get("accept", "")
    return _GRAPHQL_TYPE if "application/graphql-response+json" in accepted else _JSON_TYPE


def json_answer(
    content: Any, status: int = 200, media_type: str = _JSON_TYPE, headers: Mapping[str, str] | None = None
) -> Response:
    """JSON."""
    return Response(orjson.dumps(content), status, {"Content-Type": media_type, **(headers or {})})


async def clean(http: HttpRequest, run: Callable[[HttpRequest], Awaitable[Response]]) -> Response:
    """Errors as JSON with one clear sentence, whatever happens."""
    try:
        return await run(http)
    except ClientDisconnect:
        return Response(status_code=400)  # nobody hears it; nothing went wrong here
    except HubError as error:
        return _refusal(http, error)
    except Exception as error:  # noqa: BLE001 (the last line of defence: nothing of the inside may leave)
        content = {"errors": [{"message": unexpected(error), "extensions": {"code": "INTERNAL"}}]}
        return json_answer(content, 500)


def _refusal(http: HttpRequest, error: HubError) -> Response:
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 502)
    answer = answered(http, refused(error, status))
    if status == 401:
        # Some senders show their password only when they are asked for one.
        signed = isinstance(error, SignatureWrong)
        challenge = 'Signature realm="hub", Basic realm="hub"' if signed else 'Bearer realm="hub"'
        answer.headers["WWW-Authenticate"] = challenge
    return answer
